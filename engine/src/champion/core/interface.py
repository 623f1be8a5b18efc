"""What pipelines/problem has to provide, and a check of it that runs before anything else does."""

import ast
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args

from champion.core.errors import PipelineError

PROBLEM = Path("pipelines/problem")
ENGINE = Path(__file__).resolve().parents[1]
Kind = Literal["number", "integer", "decimal", "boolean", "text", "category", "time", "date"]
NUMBERS = ("number", "integer", "decimal")


@dataclass(frozen=True)
class Column:
    """A column of the delivery, and what it is called and holds in the canonical table.

    number: float64. integer: int64, exact to 64 bits. decimal: float64 that reads back as the very decimal.
    boolean: true or false, yes or no, 1 or 0. text: as it is. category: one of `values`. time: ISO 8601; local as it
    is, with UTC offset turned into UTC. date: a day.
    """

    upstream: str  # its name in the delivery
    name: str  # our name
    kind: Kind
    optional: bool = False  # whether it may be empty
    possible: tuple[float, float] | None = None  # lowest and highest value that can be true; others are quarantined
    values: tuple[str, ...] = ()  # of a category: all that it can be; others are quarantined
    unit: str = ""  # for people

    @property
    def called(self) -> str:
        """Return its name, and upstream's for those who deliver it."""
        return self.name if self.name == self.upstream else f"{self.name} ({self.upstream})"

    def __post_init__(self) -> None:
        """Refuse what a typing mistake makes of a declaration."""
        kinds = get_args(Kind)
        where = f"{PROBLEM}/source.py: the column {self.upstream!r}"
        if self.kind not in kinds:
            near = get_close_matches(str(self.kind), kinds, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise PipelineError(f"{where} has the kind {self.kind!r}; one of {', '.join(kinds)} is expected.{hint}")
        if (self.kind == "category") != bool(self.values):
            raise PipelineError(
                f"{where} is a {self.kind}; a category has `values`, all that it can be, and no other has."
            )
        if self.possible is not None and self.kind not in NUMBERS:
            raise PipelineError(f"{where} is a {self.kind}; only numbers have a `possible` range. Remove it.")
        if self.possible is not None and not self.possible[0] <= self.possible[1]:
            raise PipelineError(f"{where} has possible={self.possible}; (lowest, highest) is expected.")


@dataclass(frozen=True)
class Finding:
    """What a rule of your own found against a candidate."""

    effect: Literal["reject", "hold"]  # hold: a person has to look
    text: str  # what was found, and the limit


# Module: name: what is expected of it. For a function, its parameters.
NEEDED: Mapping[str, Mapping[str, str]] = {
    "names": {
        "NAME": "a text: the MLflow experiment and the registered model",
        "DESCRIPTION": "a text for the page of the experiment",
        "KEY": "a list of column names that make a row the same row",
        "TIME": "the column that orders rows, or None",
        "GROUP": "the column whose rows belong together, or None",
        "TARGET": "the column to predict",
    },
    "params": {"Validate": "a class of numbers for the contract", "Train": "a class of hyperparameters"},
    "source": {
        "FILE": "a text: what messages call the delivery",
        "COLUMNS": "a list of Column",
        "CONFLICTS": '"quarantine" or "merge": what happens to rows that share a key but not a target',
        "read": "(folder)",
        "merge": "(reports)",
    },
    "contract": {"views": "(table)", "expectations": "(params)"},
    "features": {"HORIZON": "a pandas Timedelta, or None", "features": "(table)", "slices": "(rows)"},
    "model": {"TRUSTED_TYPES": "a list of type names", "build": "(params)", "naive": "()"},
    "loss": {"loss": "(rows, predicted)", "weights": "(rows)"},
    "rules": {"rules": "(rows, candidate, champion)"},
}
MAY_HAVE: Mapping[str, Mapping[str, str]] = {
    "names": {"PART": "the column that divides rows which never need each other, or None"},
    "source": {"records": "(folder)", "state": "(params)", "SOURCE": "a system that keeps versions, as Delta(…)"},
}
INSTEAD = {"SOURCE": ("FILE", "read", "records", "state")}  # what a name takes the place of


def check_problem(folder: Path) -> None:
    """Read the modules of the problem, without importing them, and compare them with what is needed.

    Raises:
        PipelineError: with a line for every module, name or parameter that is missing or of another kind.
    """
    if mistakes := _all_mistakes(folder):
        raise PipelineError(mistakes)


def blamed(error: Exception) -> str:
    """Say where the code in pipelines/ failed, and how; empty if it was not that code.

    That of libraries which it calls counts as its own. What fails in the engine is not the fault of the stage that
    called it.
    """
    package = sys.modules.get("pipelines")
    folder = Path(package.__path__[0] if package else "pipelines").resolve()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _within(frame.filename, folder, ENGINE)]
    inside = [frame for frame in frames if _within(frame.filename, folder / "problem")]
    if frames and _within(frames[-1].filename, folder):
        inside = frames[-1:]
    if isinstance(error, SyntaxError | ImportError) and (mistakes := _all_mistakes(folder / "problem")):
        return mistakes  # it did not come to run
    if not inside:
        return ""
    last, said = inside[-1], "".join(traceback.format_exception_only(error)).strip()
    file = Path("pipelines") / Path(last.filename).resolve().relative_to(folder)
    return (
        f"{file}, line {last.lineno}, in {last.name}: {said}. Repair it, then `dvc repro`; "
        "PIPELINE_TRACEBACK=1 shows all that led there."
    )


def _within(file: str, *folders: Path) -> bool:
    return any(Path(file).resolve().is_relative_to(folder) for folder in folders)


def explained(error: Exception) -> str:
    """Say what `blamed` says; nothing if PIPELINE_TRACEBACK in the environment asks for all of it."""
    return "" if os.environ.get("PIPELINE_TRACEBACK") else blamed(error)


def _all_mistakes(folder: Path) -> str:
    mistakes = [mistake for module in NEEDED for mistake in _mistakes(folder, f"{module}.py", NEEDED[module])]
    return "\n".join([*mistakes, "docs/adapt.md says what each file has to provide."]) if mistakes else ""


def _mistakes(folder: Path, module: str, needed: Mapping[str, str]) -> Iterator[str]:
    path = PROBLEM / module
    try:
        found = bound(ast.parse((folder / module).read_text(encoding="utf-8")))
    except FileNotFoundError:
        yield f"{path} does not exist; it has to provide {', '.join(needed)}."
        return
    except (SyntaxError, UnicodeDecodeError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        yield f"{path}{where} is not Python: {error.msg if isinstance(error, SyntaxError) else error}."
        return
    replaced = [name for instead, names in INSTEAD.items() if instead in found for name in names]
    if twice := [name for name in replaced if name in found]:
        yield f"{path} has SOURCE, which takes the place of {', '.join(replaced)}, and {', '.join(twice)} as well. Delete one."
    for name, expected in needed.items():
        if name not in found and name not in replaced:
            near = get_close_matches(name, found, n=1)
            hint = f" It has {near[0]}: is that meant?" if near else ""
            yield f"{path} has no {name}; {name}{'' if expected.startswith('(') else ' = '}{expected} is expected.{hint}"
    for name, expected in {**needed, **MAY_HAVE.get(path.stem, {})}.items():
        if name in found and (mistake := _mistake(name, found[name], expected)):
            yield f"{path}: {mistake}"


def bound(module: ast.Module) -> dict[str, ast.AST]:
    """Return every name that a module binds at its top level, with what binds it."""
    names: dict[str, ast.AST] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0]: node for alias in node.names}
        elif isinstance(node, ast.Assign):
            targets = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            names |= dict.fromkeys(targets, node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            names[node.target.id] = node.value
    return names


def _mistake(name: str, node: ast.AST, expected: str) -> str:
    """Say what is wrong with a name that is there; empty if nothing can be seen to be."""
    if expected.startswith("("):
        wanted = [part for part in expected.strip("()").split(", ") if part]
        if isinstance(node, ast.FunctionDef) and not _takes(node.args, len(wanted)):
            return f"{name} takes {_shown(node.args)}; {name}{expected} is expected."
        return f"{name} is a value; a function {name}{expected} is expected." if isinstance(node, ast.Constant) else ""
    if isinstance(node, ast.FunctionDef):
        return f"{name} is a function; {expected} is expected."
    try:
        value = ast.literal_eval(node)
    except ValueError:  # it is computed, or a class
        return ""
    return "" if _fits(name, value) else f"{name} is {value!r}; {expected} is expected."


def _fits(name: str, value: object) -> bool:
    if name in ("KEY", "TRUSTED_TYPES"):
        return (
            isinstance(value, list) and all(isinstance(item, str) for item in value) and (name != "KEY" or value != [])
        )
    if name in ("TIME", "GROUP", "PART", "HORIZON"):
        return value is None or (name != "HORIZON" and isinstance(value, str))
    if name == "CONFLICTS":
        return value in ("quarantine", "merge")
    if name == "SOURCE":
        return False  # a literal keeps no versions
    return name == "COLUMNS" or (isinstance(value, str) and bool(value))


def _takes(arguments: ast.arguments, count: int) -> bool:
    """Tell whether a function can be called with this many positional arguments."""
    most = len(arguments.posonlyargs) + len(arguments.args)
    return most - len(arguments.defaults) <= count and (arguments.vararg is not None or count <= most)


def _shown(arguments: ast.arguments) -> str:
    return f"({', '.join(argument.arg for argument in [*arguments.posonlyargs, *arguments.args])})"
