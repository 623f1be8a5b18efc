"""Call hooks where the champion moves: those of the project in pipelines/hooks.py, then those of extensions.

A hook of the project runs in a process of its own, with a time limit. A move that it was not told of, since it failed, was
stopped or was killed, is told by the next run: the registered model's tag `hooks_told` has the last move that it knows.
"""

import ast
import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from champion.core import interface
from champion.core.documents.registry import Move
from champion.core.errors import PipelineError
from champion.core.problem import Problem

if TYPE_CHECKING:
    from champion.registry.registry import Registry

HOOKS = Path("pipelines/hooks.py")
EXTENSIONS = Path(__file__).parents[1] / "ext"
TOLD, PENDING = "hooks_told", "hooks-pending"
BY_ACTION = {"promote": "on_promoted", "rollback": "on_rolled_back"}
SECONDS = 60


class HookFailed(Exception):
    """A hook did not come to its end."""


def objection() -> str:
    """Return why the project lets nothing be promoted now; empty if it does not object.

    A hook that fails or takes too long objects: nobody knows what it would have said.
    """
    if not _is_written("may_promote"):
        return ""
    try:
        said = _called("may_promote", datetime.now(UTC).astimezone().isoformat())
    except HookFailed as error:
        return str(error)
    return said if isinstance(said, str) else ""


def tell(problem: Problem, folder: Path, own: str = "") -> None:
    """Tell all hooks of the moves that they do not know yet, and print what came of it; nothing fails for it.

    `own` is the run that was just recorded, if one was. In `folder`, that of the decision, a file says that a hook of the
    project failed, so that the registry is asked only then.
    """
    pending = folder / PENDING
    if own or pending.exists():
        try:
            _catch_up(problem, pending)
        except (HookFailed, PipelineError) as error:
            print(f"hooks: {error}. The champion is as it was said; the next run calls them again")
    for file in sorted(EXTENSIONS.glob("*/hooks.py")):
        said = import_module(f"champion.ext.{file.parent.name}.hooks").tell(problem.name, own)
        if said:
            print(said)


def tell_moved(problem: Problem, folder: Path) -> None:
    """Tell all hooks of a move that was just made without a run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PENDING).touch()
    tell(problem, folder)


def _catch_up(problem: Problem, pending: Path) -> None:
    from champion.registry import registry, tracking  # noqa: PLC0415  # MLflow costs seconds

    pending.parent.mkdir(parents=True, exist_ok=True)
    pending.touch()
    with tracking.explained():
        _tell_project(registry.Registry(problem.name))
    pending.unlink(missing_ok=True)


def _tell_project(known: "Registry") -> None:
    moves, told = known.ledger().moves(), known.tag(TOLD)
    todo = [(number, move) for number, move in enumerate(moves, start=1) if told is None or number > int(told)]
    if told is None:  # hooks are new here: what is long past is nobody's news
        todo = todo[-1:]
    for number, move in todo:
        hook = BY_ACTION[move.action]
        if _is_written(hook):
            _called(hook, move.model_dump_json())
        known.set_tag(TOLD, str(number))


def _called(hook: str, argument: str) -> object:
    """Call a hook in a process of its own; return what it returned.

    Raises:
        HookFailed: if it raises, or takes too long.
    """
    limit, where = _seconds(), f"{hook}() in {HOOKS}"
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "champion.promote.hooks", hook, argument, str(answer)]
        path = os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=os.environ | {"PYTHONPATH": path}
        )
        try:
            _, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it started
            process.wait()
            raise HookFailed(f"{where} took longer than {limit:g} s and was stopped") from None
        if process.returncode:
            raise HookFailed(f"{where} failed: {said.strip().rpartition(chr(10))[2] or f'exit {process.returncode}'}")
        return json.loads(answer.read_text(encoding="utf-8"))


def _is_written(hook: str) -> bool:
    """Tell whether the project has a hook of this name that does something."""
    function = interface.bound(_parsed()).get(hook)
    return isinstance(function, ast.FunctionDef) and not all(_is_nothing(each) for each in function.body)


def _is_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and not statement.value.value)
    return isinstance(statement, ast.Pass)


def _seconds() -> float:
    bound = interface.bound(_parsed())
    value = ast.literal_eval(bound["SECONDS"]) if "SECONDS" in bound else SECONDS
    if not isinstance(value, int | float) or value <= 0:
        raise PipelineError(f"{HOOKS}: SECONDS is {value!r}; a number above 0 is expected.")
    return float(value)


def _parsed() -> ast.Module:
    try:
        return ast.parse(HOOKS.read_text(encoding="utf-8")) if HOOKS.exists() else ast.Module([], [])
    except SyntaxError as error:
        raise PipelineError(f"{HOOKS}, line {error.lineno} is not Python: {error.msg}. Repair it.") from None


def main(hook: str, argument: str, answer: Path) -> None:
    """Call a hook of the project, and write what it returned as JSON."""
    asked = datetime.fromisoformat(argument) if hook == "may_promote" else Move.model_validate_json(argument)
    said = getattr(import_module("pipelines.hooks"), hook)(asked)
    answer.write_text(json.dumps(said if isinstance(said, str) else None), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
