"""What made a model, but for its data: the code and the params of the stages that lead to it."""

import ast
import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.record import dvc, identity

STAGES = ("ingest", "features", "train")
PARAMS = ("features", "train")  # those of ingest say what data is taken


def changes(packed: Path) -> list[str]:
    """Return the modules and params by which the recipe here differs from that of a model, whose code is `packed`.

    Comments and docstrings do not count, nor does code that only judges or reports. A model whose code is not on record
    differs in all.
    """
    if not packed.exists():
        return [identity.CODE, identity.CONFIG]
    with tarfile.open(packed) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        theirs = {name: file.read() for name, file in files.items() if file}
    modules = [name for name in dvc.code(*STAGES) if _meaning(_here(name)) != _meaning(theirs.get(name, b""))]
    return [
        *modules,
        *_params(identity.mapping(_here(identity.CONFIG)), identity.mapping(theirs.get(identity.CONFIG, b""))),
    ]


def digest() -> str:
    """Return the digest of the recipe here: of what `changes` compares."""
    modules = {name: _meaning(_here(name)) for name in dvc.code(*STAGES)}
    config = identity.mapping(_here(identity.CONFIG))
    content = json.dumps([modules, {section: config.get(section) for section in PARAMS}], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def as_of() -> str:
    """Return the day up to which data is taken here; empty where rows have no time."""
    told = identity.mapping(_here(identity.CONFIG)).get("ingest")
    return str(told.get("as_of") or "") if isinstance(told, dict) else ""


def _here(name: str) -> bytes:
    path = Path(name)
    return path.read_bytes() if path.exists() else b""


def _meaning(source: bytes) -> str:
    """Return what is left of a module without comments, docstrings and layout; one that is no Python is left as it is."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return source.decode(errors="replace")
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(module)


def _params(ours: Mapping[str, object], theirs: Mapping[str, object]) -> Iterator[str]:
    for section in PARAMS:
        here, there = (told if isinstance(told := side.get(section), dict) else {} for side in (ours, theirs))
        yield from (f"{section}.{key}" for key in [*here, *(there.keys() - here)] if here.get(key) != there.get(key))
