"""Say what each document of the pipeline holds."""

import inspect
import json
import re
from importlib import import_module
from pathlib import Path

import click

from champion.core import documents
from champion.core.documents.document import Document
from champion.core.errors import PipelineError


def schemas() -> dict[str, type[Document]]:
    """Return every document, by its name in lower case with hyphens."""
    modules = [import_module(f"{documents.__name__}.{name}") for name in _modules()]
    classes = [kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass)]
    kinds = {kind for kind in classes if issubclass(kind, Document) and kind is not Document}
    return {re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower(): kind for kind in sorted(kinds, key=str)}


def _modules() -> list[str]:
    return sorted(path.stem for path in Path(documents.__path__[0]).glob("*.py") if path.stem != "__init__")


def schema(name: str) -> str:
    """Return the JSON schema of a document.

    Raises:
        PipelineError: if there is none of this name.
    """
    known = schemas()
    if name not in known:
        raise PipelineError(f"{name!r} is no document; there are {', '.join(sorted(known))}.")
    return json.dumps(known[name].model_json_schema(), indent=2)


def listing() -> str:
    """Return a line per document: its name, what it is, and where it lies."""
    known = schemas()
    return "\n".join(f"{name:18} {known[name].WHERE}: {inspect.getdoc(known[name])}" for name in sorted(known))


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the documents that the parts of the pipeline exchange, or print the JSON schema of NAME."""
    click.echo(schema(name) if name else listing())
