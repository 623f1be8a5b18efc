"""Which of our modules a stage imports, read from their source."""

import ast
from functools import cache
from pathlib import Path

import yaml

PROJECT = Path(__file__).parent.parent
PROBLEM = "pipelines.problem."


def modules(problem: Path) -> dict[str, Path]:
    """Return every module by its dotted name: the engine's, and those of a problem as if it were in pipelines/problem."""
    engine = {_name(path.relative_to(PROJECT)): path for path in sorted((PROJECT / "pipelines").rglob("*.py"))}
    yours = {PROBLEM + _name(path.relative_to(problem)): path for path in sorted(problem.rglob("*.py"))}
    kept = {name: path for name, path in engine.items() if not name.startswith(PROBLEM)}
    return {name: path for name, path in (kept | yours).items() if path.name != "__init__.py"}


@cache
def imports(path: Path, package: str) -> frozenset[str]:
    """Return every module named by an import statement that runs, wherever it stands, in a module of this package."""
    names = set()
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
        todo += ast.iter_child_nodes(node)
    return frozenset(names)


def ours(module: str, known: dict[str, Path]) -> set[str]:
    """Return the modules of ours that a module imports."""
    return imports(known[module], module.rpartition(".")[0]) & known.keys()


def closure(module: str, known: dict[str, Path]) -> set[str]:
    """Return the module and everything of ours that it imports, directly or not."""
    seen, todo = set(), {module}
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= ours(name, known) - seen
    return seen


def of_stage(stage: str, known: dict[str, Path]) -> set[str]:
    """Return the files of ours that a stage imports, as dvc.yaml names them."""
    names = closure("pipelines.entry", known) | closure(f"pipelines.stages.{stage}", known)
    if "pipelines.sources.source" in names:  # the problem may name any of the systems
        names |= {name for name in known if name.startswith("pipelines.sources.")}
    return {f"{name.replace('.', '/')}.py" for name in names}


def declared() -> dict[str, set[str]]:
    """Return the modules that dvc.yaml lists for each stage that runs ours; one that always runs needs to list none."""
    stages = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["stages"]
    return {
        name: {str(dep) for dep in stage.get("deps", []) if str(dep).endswith(".py")}
        for name, stage in stages.items()
        if str(stage.get("cmd", "")).startswith(f"python -m pipelines.entry {name} ")
        and not stage.get("always_changed")
    }


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)
