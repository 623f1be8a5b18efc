"""The flow: the stages of dvc.yaml in their order, what each takes and gives, and where that lies.

dvc.yaml alone knows folders and order; what a stage takes and gives is read from its function in pipelines/, without
importing it. A stage takes of each type what the nearest stage above gives.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from champion.core.errors import PipelineError

SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SOURCE = Path("data/0-source")  # the delivery, which no stage makes
COMMAND = re.compile(r"python -m pipelines\.(\w+)")
# What each stage writes into its folder. An empty name is the folder itself.
FILES = {
    ("ingest", "ingested"): "",
    ("validate", "validation"): "",
    ("features", "training"): "training.parquet",
    ("features", "holdout"): "holdout.parquet",
    ("features", "split"): "split.json",
    ("train", "model"): "model.skops",
    ("train", "card"): "card.json",
    ("train", "refit"): "refit",
    ("baseline", "stand-in"): "stand-in",
    ("baseline", "champion"): "champion",
    ("baseline", "state"): "registry.json",
    ("evaluate", "evaluation"): "",
    ("promote", "decision"): "decision.json",
}


@dataclass(frozen=True)
class Stage:
    """A stage whose function is in pipelines/, called like the stage."""

    name: str
    folder: Path  # where its results go
    takes: Mapping[str, str]  # parameter: name of its type
    gives: str  # name of the type that it returns


def names(project: Path = Path()) -> list[str]:
    """Return the names of all stages, in the order of dvc.yaml."""
    return list(declared(project))


def between(first: str, last: str, project: Path = Path()) -> list[str]:
    """Return the stages from one to another, both included.

    Raises:
        PipelineError: if there is no such stage.
    """
    known = names(project)
    if missing := [name for name in (first, last) if name not in known]:
        raise PipelineError(
            f"{project / 'dvc.yaml'} has no stage {missing[0]}, only {', '.join(known)}. "
            "`git diff dvc.yaml` shows what changed."
        )
    return known[known.index(first) : known.index(last) + 1]


def stages(project: Path = Path()) -> tuple[Stage, ...]:
    """Return the stages whose function is in pipelines/, in the order of dvc.yaml.

    Raises:
        PipelineError: if a function is missing, or does not say what it takes and gives.
    """
    return tuple(
        _stage(name, found[1], project)
        for name, settings in declared(project).items()
        if (found := COMMAND.fullmatch(str(settings.get("cmd", ""))))
    )


def stage(name: str, project: Path = Path()) -> Stage:
    """Return one stage.

    Raises:
        PipelineError: if dvc.yaml has no such stage.
    """
    for each in stages(project):
        if each.name == name:
            return each
    raise PipelineError(
        f"{project / 'dvc.yaml'} has no stage {name} that runs `python -m pipelines.{name}`. `git diff dvc.yaml` shows what changed."
    )


def giver(kind: str, to: str, project: Path = Path()) -> Stage | None:
    """Return the stage that gives results of a type to another: the nearest above, or if there is none that stage itself."""
    known = stages(project)
    above = list(known[: 1 + max((n for n, each in enumerate(known) if each.name == to), default=-1)])
    return next((each for each in (*reversed(above[:-1]), *above[-1:]) if each.gives == kind), None)


def folder(name: str, project: Path = Path()) -> Path:
    """Return where a stage keeps its results, as dvc.yaml says in its outs, metrics or plots, or else in its meta.

    Raises:
        PipelineError: if it does not say.
    """
    settings = declared(project).get(name, {})
    listed = [path for kind in ("outs", "metrics", "plots") for path in _paths(settings.get(kind))]
    meta = settings.get("meta")
    for path in [*listed, *([str(meta.get("folder", ""))] if isinstance(meta, dict) else []), *_words(settings)]:
        for place in (Path(path), *Path(path).parents):
            if re.fullmatch(rf"(?:\d+\w*-)?{re.escape(name)}", place.name) and place.parent != Path():
                return project / place
    raise PipelineError(
        f"{project / 'dvc.yaml'}: the stage {name} says in no out where its results are; a folder like data/4-{name} is "
        "expected, or `meta: {folder: …}`."
    )


def path(name: str, file: str, project: Path = Path()) -> Path:
    """Return where a stage keeps one of the FILES.

    What a stage between features and train makes of the divided rows takes their place.

    Raises:
        PipelineError: if dvc.yaml does not say.
    """
    giving = name
    if name == "features" and (last := giver("Divided", "train", project)):
        giving = last.name
    return folder(giving, project) / FILES[name, file]


def declared(project: Path) -> Mapping[str, Mapping[str, object]]:
    """Return what dvc.yaml says of each stage.

    Raises:
        PipelineError: if it cannot be read.
    """
    file = project / "dvc.yaml"
    try:
        found: Mapping[str, Mapping[str, object]] = yaml.load(file.read_text(encoding="utf-8"), SafeLoader)["stages"]  # noqa: S506  # in C
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise PipelineError(f"{file} cannot be read: {error}. `git checkout dvc.yaml` restores it.") from None
    return found


def _paths(listed: object) -> list[str]:
    entries = listed if isinstance(listed, list) else []
    return [str(next(iter(each))) if isinstance(each, dict) else str(each) for each in entries]


def _words(settings: Mapping[str, object]) -> list[str]:
    """Return what a command is handed: in projects of before 1.0 the paths of a stage stand there."""
    return [word for word in str(settings.get("cmd", "")).split() if "/" in word]


def _stage(name: str, module: str, project: Path) -> Stage:
    file = Path("pipelines") / f"{module}.py"
    if name != module:
        raise PipelineError(f"dvc.yaml: the stage {name} runs {file}; a stage is called like its file.")
    try:
        tree = ast.parse((project / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{file} does not exist; dvc.yaml runs it as the stage {name}.") from None
    except (SyntaxError, UnicodeDecodeError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise PipelineError(
            f"{file}{where} is not Python: {error.msg if isinstance(error, SyntaxError) else error}."
        ) from None
    function = next((each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == module), None)
    if function is None:
        raise PipelineError(f"{file} has no function {module}; the stage {name} is expected there.")
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    if untyped := [each.arg for each in arguments if each.annotation is None]:
        raise PipelineError(
            f"{file}: {module}() does not say of which type {untyped[0]} is; what it takes hangs on that."
        )
    if function.returns is None:
        raise PipelineError(f"{file}: {module}() does not say what it returns: `-> Divided`, for example.")
    takes = {each.arg: _name(each.annotation) for each in arguments if each.annotation is not None}
    return Stage(name, folder(name, project), takes, _name(function.returns))


def _name(annotation: ast.expr) -> str:
    return ast.unparse(annotation).strip("'\"").rpartition(".")[2]
