"""Read params.yaml: the engine's numbers and the problem's, checked before anything runs."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, Field, PrivateAttr, ValidationError, create_model
from pydantic_core import ErrorDetails

from champion.core import flow
from champion.core.errors import PipelineError
from champion.core.params import Evaluate, Features, Ingest, Section, Train, Validate
from champion.core.problem import PACKAGE

CONFIG = Path("params.yaml")
AnySection = TypeVar("AnySection", bound=Section)


class Params(Section):
    """The whole of params.yaml, one section per stage that has params.

    A stage of your own has one, too: it is checked when that stage runs, by the type that its function takes.
    """

    ingest: Ingest
    contract: Validate = Field(alias="validate")  # pydantic has a method of that name
    features: Features
    train: Train
    evaluate: Evaluate
    _own: dict[str, object] = PrivateAttr(default_factory=dict)

    def __reduce__(self) -> tuple[Callable[..., "Params"], tuple[dict[str, object], dict[str, object]]]:
        """Let another process make its own: its class hangs on the problem."""
        return _restored, (self.model_dump(mode="json", by_alias=True), self._own)

    @property
    def own(self) -> dict[str, object]:
        """Return the sections of the project's own stages, as they are."""
        return self._own

    def section(self, stage: str, kind: type[AnySection]) -> AnySection:
        """Return the params of a stage, of the type that its function takes.

        Raises:
            PipelineError: with a line for every key that is missing, unknown or has a value that is not allowed.
        """
        name = {"validate": "contract", "source": "ingest"}.get(stage, stage)
        if name in Params.model_fields:
            section: AnySection = getattr(self, name)
            return section
        content = self._own.get(stage)
        if not isinstance(content, dict):
            raise PipelineError(f"{CONFIG}: {stage} is {content!r}; keys are expected: {', '.join(kind.model_fields)}.")
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            raise PipelineError("\n".join(_explain(CONFIG, error.errors(), kind, (stage,)))) from None


def _restored(content: dict[str, object], own: dict[str, object]) -> Params:
    params = _kind().model_validate(content)
    params._own.update(own)  # noqa: SLF001  # pydantic takes no private attributes
    return params


def _kind() -> type[Params]:
    """Return Params with the sections that the problem types: those of its contract and its model."""
    own = import_module(f"{PACKAGE}.params")
    contract = (own.Validate, Field(alias="validate"))
    return create_model("Params", __base__=Params, contract=contract, train=(own.Train, ...))


def load_params(path: Path = CONFIG) -> Params:
    """Read and check every section, so that a typing mistake stops the run before anything runs.

    Raises:
        PipelineError: with a line for every key that is missing, unknown or has a value that is not allowed.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PipelineError(
            f"{path}{where} is not YAML: {error.problem}. `git diff {path}` shows what changed."
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PipelineError(f"{path} cannot be read: {error}. `git checkout {path}` restores it.") from None
    if not isinstance(content, dict):
        sections = ", ".join(_allowed(Params, ()))
        raise PipelineError(
            f"{path} holds {content!r}; sections are expected: {sections}. `git diff {path}` shows more."
        )
    kind, stages = _kind(), flow.names() if Path("dvc.yaml").exists() else []
    own = {name: content.pop(name) for name in stages if name in content and name not in _allowed(kind, ())}
    try:
        return _restored(content, own)
    except ValidationError as error:
        raise PipelineError("\n".join(_explain(path, error.errors(), kind))) from None


def _explain(
    path: Path, problems: Sequence[ErrorDetails], kind: type[BaseModel], within: tuple[str, ...] = ()
) -> Iterator[str]:
    """Return a line per problem: the key, the value found, what is allowed; `kind` is what was expected `within` a section."""
    renamed = set()
    for problem in problems:
        if problem["type"] == "extra_forbidden":
            place, name = problem["loc"][:-1], str(problem["loc"][-1])
            allowed = _allowed(kind, place)
            near = get_close_matches(name, allowed, n=1)
            renamed |= {(*place, each) for each in near}
            hint = f" Did you mean {near[0]}?" if near else ""
            key = ".".join(map(str, (*within, *problem["loc"])))
            yield f"{path}: {key} is unknown (its value is {problem['input']!r}).{hint} Allowed here: {', '.join(allowed)}."
    for problem in problems:
        key, value = ".".join(map(str, (*within, *problem["loc"]))), problem["input"]
        if problem["type"] == "missing" and problem["loc"] not in renamed:
            yield f"{path}: {key} is missing. Add it; `git diff {path}` shows what was there."
        elif problem["type"] in ("model_type", "dict_type"):
            yield f"{path}: {key} is {value!r}; keys are expected: {', '.join(_allowed(kind, problem['loc']))}."
        elif problem["type"] not in ("missing", "extra_forbidden"):
            yield f"{path}: {key} is {value!r}; {problem['msg'].removeprefix('Value error, ')}."


def _allowed(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    for part in location:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        annotation = fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return [field.alias or name for name, field in model.model_fields.items()]
