"""Parts are worked on side by side by processes of this machine."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Generic, TypeVar

from champion.core import interface
from champion.core.engines.task import WORKERS, Task
from champion.core.errors import PipelineError

Result = TypeVar("Result")


def mapped(function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """Yield the results in the order of the tasks, from as many processes as PIPELINE_WORKERS says, or as there are cores.

    Raises:
        PipelineError: if the problem's code fails, or a process is killed.
    """
    workers = min(len(tasks), _workers())
    if workers < 2:  # one: this process
        yield from map(function, tasks)
        return
    try:
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_begin) as pool:
            yield from pool.map(_Blamed(function), tasks)
    except BrokenProcessPool:
        raise PipelineError(
            f"one of {workers} processes was killed: was there not enough memory? {WORKERS}=1 in the environment needs less."
        ) from None


def _begin() -> None:
    """End as the process does that started this one: with it if it is killed, and without a word if somebody interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def wait() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@dataclass(frozen=True)
class _Blamed(Generic[Result]):
    """Says in the process where it happens what the problem's code did wrong: its traceback does not reach another one."""

    function: Callable[[Task], Result]

    def __call__(self, task: Task) -> Result:
        try:
            return self.function(task)
        except Exception as error:
            if message := interface.explained(error):
                raise PipelineError(message) from None
            raise


def _workers() -> int:
    told = os.environ.get(WORKERS) or str(os.cpu_count() or 1)
    if not told.isdecimal() or told == "0":
        raise PipelineError(f"{WORKERS} is {told!r} in the environment; a number of processes is expected.")
    return int(told)
