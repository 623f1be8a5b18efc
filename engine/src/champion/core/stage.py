"""Run a stage: hand its function what it takes, keep what it returns, and explain what goes wrong."""

import gc
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn, Protocol, Self, TypeVar, get_type_hints

from champion.core import files, flow, interface
from champion.core.config import Params, load_params
from champion.core.documents.data import Stopped
from champion.core.errors import ContractBroken, PipelineError
from champion.core.params import Section
from champion.core.problem import Problem, load
from champion.core.table import scratch

Kept = TypeVar("Kept", bound="Result")


class Result(Protocol):
    """What a stage returns: it knows how it is kept in a folder."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what was written into a folder.

        Raises:
            PipelineError: if it is not there, or spoilt.
        """

    def write(self, folder: Path) -> None:
        """Write it into a folder; what is there already is replaced."""


def run(function: Callable[..., Result]) -> None:
    """Run a stage as dvc.yaml calls it: `python -m pipelines.train`."""
    guarded(function.__name__, lambda: call(function, load(), load_params()))


def guarded(name: str, work: Callable[[], None]) -> None:
    """Do the work of a stage, and end this process with a message for people if a mistake stops it.

    The message is kept in reports/ until the next stage runs, for `pipeline report`.

    A stage mostly imports, and lives for seconds: to search all that for garbage, while it runs and once more at its
    end, would take a quarter of its time.
    """
    gc.disable()
    try:
        files.STOPPED.unlink(missing_ok=True)
        work()
    except PipelineError as error:
        _stop(name, str(error), contract_broken=isinstance(error, ContractBroken))
    except Exception as error:
        if os.environ.get("PIPELINE_TRACEBACK"):
            raise
        if message := interface.blamed(error):
            _stop(name, message)
        if not isinstance(error, OSError):
            raise
        _stop(name, f"{files.refused(error)} and run `dvc repro` again: finished stages are kept.")
    finally:
        gc.freeze()


def call(
    function: Callable[..., Result], problem: Problem, params: Params, folders: Mapping[str, Path] | None = None
) -> None:
    """Call a stage's function with what it takes, and keep what it returns in the stage's folder.

    `folders` has the folder of each stage, and of the delivery as `source`; by default those of dvc.yaml.

    Raises:
        PipelineError: if dvc.yaml has no such stage, or nothing above it gives what it takes.
        ContractBroken: after the report is written, if the data does not meet its contract.
    """
    stage = flow.stage(function.__name__)
    folder = _folder(stage, folders)
    folder.mkdir(parents=True, exist_ok=True)
    with scratch(folder):
        arguments = _arguments(stage, function, problem, params, lambda kind: _kept(stage, kind, folders))
        function(**arguments).write(folder)


def applied(name: str, problem: Problem, params: Params, given: Kept) -> Kept:
    """Return what a stage makes of results that are handed to it, and to no other, without a folder.

    Raises:
        PipelineError: if it takes anything else.
    """

    def handed(kind: type[Result]) -> Result:
        if isinstance(given, kind):
            return given
        raise PipelineError(
            f"pipelines/{name}.py takes {kind.__name__}, so rows that are to be predicted cannot pass it: only "
            f"{type(given).__name__}, the problem and its params can be had of them."
        )

    stage = flow.stage(name)
    function = _function(name)
    made = function(**_arguments(stage, function, problem, params, handed))
    if not isinstance(made, type(given)):
        raise PipelineError(f"pipelines/{name}.py returned {type(made).__name__}; {type(given).__name__} is expected.")
    return made


def run_between(first: str, last: str, problem: Problem, params: Params, folders: Mapping[str, Path]) -> None:
    """Run the stages from one to another in folders of the caller's, as `dvc repro` would run them.

    Raises:
        PipelineError: as `call`.
    """
    for name in flow.between(first, last):
        if name not in [each.name for each in flow.stages()]:
            raise PipelineError(
                f"dvc.yaml: the stage {name} is a command of its own, which cannot be run for another day or on other rows. Make it "
                f"a function in pipelines/{name}.py: docs/adapt.md."
            )
        call(_function(name), problem, params, folders)


def _function(name: str) -> Callable[..., Result]:
    function: Callable[..., Result] = getattr(import_module(f"pipelines.{name}"), name)
    return function


def _arguments(
    stage: flow.Stage,
    function: Callable[..., Result],
    problem: Problem,
    params: Params,
    results: Callable[[type[Result]], Result],
) -> dict[str, object]:
    """Return what the parameters of a stage are: the problem, its section of params.yaml, results of other stages."""
    arguments: dict[str, object] = {}
    for name, kind in get_type_hints(function).items():
        if name == "return":
            continue
        if kind is Problem:
            arguments[name] = problem
        elif isinstance(kind, type) and issubclass(kind, Section):
            arguments[name] = params.section(stage.name, kind)
        else:
            arguments[name] = results(kind)
    return arguments


def _kept(stage: flow.Stage, kind: type[Result], folders: Mapping[str, Path] | None) -> Result:
    """Read what the nearest stage above gives of a type."""
    if kind.__name__ == "Delivery":
        return kind.read(folders["source"] if folders else flow.SOURCE)
    giver = flow.giver(kind.__name__, stage.name)
    if giver is None:
        above = ", ".join(f"{each.name} gives {each.gives}" for each in flow.stages())
        raise PipelineError(f"pipelines/{stage.name}.py takes {kind.__name__}, which no stage above gives ({above}).")
    return kind.read(_folder(giver, folders))


def _folder(stage: flow.Stage, folders: Mapping[str, Path] | None) -> Path:
    return folders[stage.name] if folders else stage.folder


def _stop(name: str, message: str, *, contract_broken: bool = False) -> NoReturn:
    with suppress(OSError):
        Stopped(stage=name, message=message, contract_broken=contract_broken).write(files.STOPPED)
    sys.exit(f"{name}: {message}")


def main(name: str, source: Path) -> None:
    """Run a stage on another delivery than the project's: `python -m champion.core.stage ingest FOLDER`."""
    folders = {"source": source, **{each.name: each.folder for each in flow.stages()}}
    guarded(name, lambda: call(_function(name), load(), load_params(), folders))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
