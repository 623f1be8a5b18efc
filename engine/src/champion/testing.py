"""For the tests of a project: run its stages on rows of a test's own, and compare dvc.yaml with what a stage uses. Public."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import numpy as np
import pandas as pd

from champion.core import flow, interface, models, stage, tables
from champion.core.config import Params
from champion.core.documents.evaluation import ChampionIdentity
from champion.core.errors import PipelineError
from champion.core.problem import PACKAGE, Problem
from champion.core.records import Ingested, Model, Opponent, Validated
from champion.ingest import upstream

# Modules of the problem are loaded by name: these by what each stage imports, the others once a Problem is asked for them.
BY_NAME = {"champion.core.problem": f"{PACKAGE}.names", "champion.core.config": f"{PACKAGE}.params"}
ASKED = {name: name for name in ("source", "contract", "features", "model", "loss", "rules")}
ASKED |= {"columns": "source", "system": "source"}
Kept = TypeVar("Kept", bound=stage.Result)
READERS = "champion.ext.sources."  # systems that hold rows: only the stage that takes the delivery reads any


def folders(root: Path) -> dict[str, Path]:
    """Return a folder in `root` for the results of each stage, and that of the delivery as `source`: what `run` takes."""
    return {"source": flow.SOURCE, **{each.name: root / each.name for each in flow.stages()}}


def run(
    problem: Problem, params: Params, places: Mapping[str, Path], *, since: str = "ingest", until: str = "promote"
) -> None:
    """Run the stages from one to the one before another, each in its folder. There is no champion: the registry is not asked.

    Raises:
        PipelineError: as the stages, ContractBroken among them.
    """
    wanted = flow.between(since, until)[:-1]
    for each in flow.stages():
        if each.name in wanted and each.gives == Opponent.__name__:
            ChampionIdentity().write(Opponent(places[each.name]).champion / "identity.json")
        elif each.name in wanted:
            stage.run_between(each.name, each.name, problem, params, places)


def taken(kind: type[Kept], name: str, places: Mapping[str, Path]) -> Kept:
    """Return what a stage that has run takes of a type: what the nearest one above it made.

    Raises:
        PipelineError: if none above makes such.
    """
    giver = flow.giver(kind.__name__, name)
    if giver is None:
        raise PipelineError(f"dvc.yaml has no stage above {name} that gives {kind.__name__}.")
    return kind.read(places[giver.name])


def delivery(problem: Problem) -> pd.DataFrame:
    """Return the rows as upstream delivers them: text, under upstream names.

    Raises:
        PipelineError: if there is no delivery, or its system does not answer.
    """
    return upstream.whole(upstream.chunks(problem, flow.SOURCE))


def delivering(problem: Problem, rows: pd.DataFrame) -> Problem:
    """Return the problem as it would be with these rows as its delivery."""
    kept = {name: value for name, value in vars(problem.source).items() if name not in ("SOURCE", "state")}
    read = {"FILE": "rows of a test", "read": lambda _: rows, "records": lambda _: len(rows)}
    changed = replace(problem)
    vars(changed)["source"] = SimpleNamespace(**kept | read)  # where `Problem.source` keeps what it loaded
    return changed


def keep_newest(problem: Problem, places: Mapping[str, Path], most: int) -> None:
    """Cut the table that features takes to about its newest rows, for speed. The contract holds for them as it did for all."""
    table = taken(Ingested, "features", places).table
    for file in table.files:
        rows = tables.read(file)
        newest = rows if problem.time is None else rows.sort_values(problem.time, kind="stable")
        tables.write(newest.tail(-(-most // len(table.files))).sort_index().reset_index(drop=True), file)
    validated = taken(Validated, "features", places)
    report = validated.report.model_copy(update={"table_sha256": table.sha256})
    report.write(validated.folder / "report.json")


def predicted(problem: Problem, model: Model, rows: pd.DataFrame) -> np.ndarray:
    """Return what a model of a stage predicts for rows with features, as rules.py gets it.

    Raises:
        PipelineError: if the model does not load.
    """
    fitted = model.load(problem.model.TRUSTED_TYPES)
    return models.predict(fitted, rows[[name for name, _ in model.card.features]])


def modules(project: Path = Path()) -> dict[str, Path]:
    """Return the file of each module, by its dotted name: the engine's, and those in the project's pipelines/."""
    found = [(interface.ENGINE.parent, interface.ENGINE), (project, project / "pipelines")]
    files = ((path, path.relative_to(top)) for top, folder in found for path in sorted(folder.rglob("*.py")))
    return {".".join(name.with_suffix("").parts): path for path, name in files if path.name != "__init__.py"}


@cache
def imports(path: Path, package: str) -> frozenset[str]:
    """Return every module named by an import statement that runs, wherever it stands, in a module of this package.

    What only a type checker imports is left out; a module of the problem counts that a Problem is asked for.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    problems = {"problem", *_of_type_problem(tree)}
    names, todo = set[str](), list[ast.AST]([tree])
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        names.update(_named(node, package, problems))
        todo += ast.iter_child_nodes(node)
    return frozenset(names)


def _named(node: ast.AST, package: str, problems: set[str]) -> Iterator[str]:
    """Yield the modules that one node of a module names; `problems` are names of variables that hold a Problem."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        module = ".".join([*above, *filter(None, [node.module])])
        yield from (module, *(f"{module}.{alias.name}" for alias in node.names))
    elif isinstance(node, ast.Attribute) and node.attr in ASKED and _last(node.value) in problems:
        yield f"{PACKAGE}.{ASKED[node.attr]}"


def _of_type_problem(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None and _last(node.annotation) == Problem.__name__:
            yield node.arg


def _last(expression: ast.expr) -> str:
    """Return the last name of an expression: `model` of `self.model`."""
    return ast.unparse(expression).strip("'\"").rpartition(".")[2]


def used(module: str, known: Mapping[str, Path]) -> set[str]:
    """Return the known modules that a module imports or asks a Problem for."""
    found = imports(known[module], module.rpartition(".")[0])
    return {name for name in (*found, BY_NAME.get(module, "")) if name in known}


def closure(module: str, known: Mapping[str, Path]) -> set[str]:
    """Return a module and all known ones that it uses, directly or not."""
    seen, todo = set[str](), {module}
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= used(name, known) - seen
    return seen


def unlisted(name: str, project: Path = Path()) -> list[str]:
    """Return what the deps of a stage in dvc.yaml lack: files that it imports, packages of the engine, results that it takes.

    A stage that always runs has to list none of them. Nor is the engine listed where it is a package of the lock.

    Raises:
        PipelineError: if dvc.yaml has no such stage.
    """
    stages, found = flow.declared(project), flow.stage(name, project)
    if stages[name].get("always_changed"):
        return []
    listed = [Path(dep) for dep in _deps(stages[name])]
    vendored = any(dep.startswith("engine/") for each in stages.values() for dep in _deps(each))
    needed = {
        _listed_as(each)
        for each in closure(f"pipelines.{name}", modules(project))
        if _counts(each, found, vendored=vendored)
    }
    missing = {path for path in needed if not any(path.is_relative_to(dep) for dep in listed)}
    givers = (flow.giver(kind, name, project) for kind in found.takes.values())
    taken = {giver.folder.relative_to(project) for giver in givers if giver and giver != found}
    missing |= {folder for folder in taken if not any(dep.is_relative_to(folder) for dep in listed)}
    return sorted(path.as_posix() for path in missing)


def _deps(settings: Mapping[str, object]) -> list[str]:
    deps = settings.get("deps")
    return [str(dep) for dep in deps] if isinstance(deps, list) else []


def _counts(module: str, found: flow.Stage, *, vendored: bool) -> bool:
    """Tell whether the results of a stage can hang on a module that it uses."""
    if module.startswith(READERS):
        return vendored and "Delivery" in found.takes.values()
    return vendored or not module.startswith("champion.")


def _listed_as(module: str) -> Path:
    """Return what dvc.yaml lists for a module: a file of the project, a folder of the engine.

    >>> str(_listed_as("champion.ext.sources.delta")), str(_listed_as("pipelines.problem.names"))
    ('engine/src/champion/ext/sources', 'pipelines/problem/names.py')
    """
    parts = module.split(".")
    if parts[0] != "champion":
        return Path(*parts).with_suffix(".py")
    return Path("engine/src", *parts[: 3 if parts[1] == "ext" else 2])
