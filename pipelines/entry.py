"""Start a stage: check the problem and params.yaml, hand over paths and the stage's own section, explain failures."""

import gc
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from pipelines import files, interface, problem
from pipelines.documents.data import Stopped
from pipelines.errors import ContractBroken, PipelineError


def main() -> None:
    """Run the stage that the command line names: `python -m pipelines.entry train --model PATH …`.

    A stage mostly imports, and lives for seconds: to search all that for garbage, while it runs and once more at its
    end, would take a quarter of its time.
    """
    gc.disable()
    try:
        run_stage(sys.argv[1], sys.argv[2:])
    finally:
        gc.freeze()


def run_stage(name: str, arguments: list[str]) -> None:
    """Call the stage with the paths that dvc.yaml names, and with its section of params.yaml.

    A message that stops it is kept in reports/ until the next stage runs, for `pipeline report`.
    """
    try:
        files.STOPPED.unlink(missing_ok=True)
        interface.check_problem(Path(problem.__path__[0]))
        from pipelines.config import load_params  # noqa: PLC0415  # it imports the problem, which was checked just now

        section = load_params().section(name)
        stage = getattr(import_module(f"pipelines.stages.{name}"), name)
        stage(**_paths(stage, arguments), **({"params": section} if section else {}))
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


def _stop(name: str, message: str, *, contract_broken: bool = False) -> NoReturn:
    with suppress(OSError):
        Stopped(stage=name, message=message, contract_broken=contract_broken).write(files.STOPPED)
    sys.exit(f"{name}: {message}")


def _paths(stage: Callable[..., None], arguments: list[str]) -> dict[str, Path]:
    """Return the paths by name: `--model PATH` is the parameter `model` of the stage."""
    named = {
        name.removeprefix("--").replace("-", "_"): Path(path)
        for name, path in zip(arguments[::2], arguments[1::2], strict=False)
    }
    needed = [name for name in inspect.signature(stage).parameters if name != "params"]
    if (
        len(arguments) % 2
        or sorted(named) != sorted(needed)
        or not all(each.startswith("--") for each in arguments[::2])
    ):
        usage = " ".join(f"--{name.replace('_', '-')} PATH" for name in needed)
        raise PipelineError(
            f"dvc.yaml calls this stage with {' '.join(arguments) or 'nothing'}; {usage} is expected. "
            "`git diff dvc.yaml` shows what changed."
        )
    return named


if __name__ == "__main__":
    main()
