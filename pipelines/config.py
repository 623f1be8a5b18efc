"""Read params.yaml: the engine's numbers and the problem's, checked before anything runs."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import yaml
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from pipelines.errors import PipelineError
from pipelines.params import Evaluate, Features, Ingest, Section
from pipelines.problem.params import Train, Validate


class Params(Section):
    """The whole of params.yaml, one section per stage that has params."""

    ingest: Ingest
    contract: Validate = Field(alias="validate")  # pydantic has a method of that name
    features: Features
    train: Train
    evaluate: Evaluate

    def section(self, stage: str) -> Section | None:
        """Return the stage's params, None if it has none."""
        name = {"validate": "contract", "source": "ingest"}.get(stage, stage)
        section: Section | None = getattr(self, name, None)
        return section


def load_params(path: Path = Path("params.yaml")) -> Params:
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
        sections = ", ".join(_allowed(()))
        raise PipelineError(
            f"{path} holds {content!r}; sections are expected: {sections}. `git diff {path}` shows more."
        )
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise PipelineError("\n".join(_explain(path, error.errors()))) from None


def _explain(path: Path, problems: Sequence[ErrorDetails]) -> Iterator[str]:
    """Return a line per problem: the key, the value found, what is allowed."""
    renamed = set()
    for problem in problems:
        if problem["type"] == "extra_forbidden":
            place, name = problem["loc"][:-1], str(problem["loc"][-1])
            allowed = _allowed(place)
            near = get_close_matches(name, allowed, n=1)
            renamed |= {(*place, each) for each in near}
            hint = f" Did you mean {near[0]}?" if near else ""
            key = ".".join(map(str, problem["loc"]))
            yield f"{path}: {key} is unknown (its value is {problem['input']!r}).{hint} Allowed here: {', '.join(allowed)}."
    for problem in problems:
        key, value = ".".join(map(str, problem["loc"])), problem["input"]
        if problem["type"] == "missing" and problem["loc"] not in renamed:
            yield f"{path}: {key} is missing. Add it; `git diff {path}` shows what was there."
        elif problem["type"] in ("model_type", "dict_type"):
            yield f"{path}: {key} is {value!r}; keys are expected: {', '.join(_allowed(problem['loc']))}."
        elif problem["type"] not in ("missing", "extra_forbidden"):
            yield f"{path}: {key} is {value!r}; {problem['msg'].removeprefix('Value error, ')}."


def _allowed(location: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = Params
    for part in location:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        annotation = fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return [field.alias or name for name, field in model.model_fields.items()]
