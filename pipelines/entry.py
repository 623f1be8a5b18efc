"""Start a stage: check params.yaml, hand over paths and the stage's own section, explain failures."""

import gc
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError

from pipelines.dials import Evaluate, Features, Ingest, Section
from pipelines.errors import PipelineError
from pipelines.problem.params import Train, Validate
from pipelines.record import files


class Params(Section):
    """The whole of params.yaml, one section per stage that has dials."""

    ingest: Ingest
    contract: Validate = Field(alias="validate")  # pydantic has a method of that name
    features: Features
    train: Train
    evaluate: Evaluate

    def section(self, stage: str) -> Section | None:
        """Return the stage's dials, None if it has none."""
        section: Section | None = getattr(self, "contract" if stage == "validate" else stage, None)
        return section


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check every section, so that a typo stops the run before anything runs."""
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


def main() -> None:
    """Run the stage that the command line names: `python -m pipelines.entry train path…`.

    A stage mostly imports, and lives for seconds: to search all that for garbage, while it runs and once more at its
    end, would take a quarter of its time.
    """
    gc.disable()
    name = sys.argv.pop(1)
    try:
        run_stage(getattr(import_module(f"pipelines.stages.{name}"), name))
    finally:
        gc.freeze()


def run_stage(stage: Callable[..., None]) -> None:
    """Call `stage(path, …, params)` with the paths of the command line, as dvc.yaml lists them.

    A message that stops it is kept in reports/ until the next stage runs, for `pipeline report`.
    """
    try:
        files.STOPPED.unlink(missing_ok=True)
        section = load_params().section(stage.__name__)
        names = [name for name in inspect.signature(stage).parameters if name != "params"]
        if len(sys.argv) - 1 != len(names):
            sys.exit(f"usage: python -m pipelines.entry {stage.__name__} {' '.join(names)}")
        paths = [Path(argument) for argument in sys.argv[1:]]
        stage(*paths, *([section] if section else []))
    except PipelineError as error:
        with suppress(OSError):
            files.write_json(files.STOPPED, {"stage": stage.__name__, "message": str(error)})
        sys.exit(f"{stage.__name__}: {error}")
    except OSError as error:
        if os.environ.get("PIPELINE_TRACEBACK"):
            raise
        where = f" {error.filename}" if error.filename else ""
        sys.exit(
            f"{stage.__name__}: the system refused{where}: {error.strerror or error}. Mend it (disk space, "
            "permissions, a missing file) and run `dvc repro` again: finished stages are kept."
        )


def _explain(path: Path, problems: Sequence[Any]) -> Iterator[str]:
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


if __name__ == "__main__":
    main()
