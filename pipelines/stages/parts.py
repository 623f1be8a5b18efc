"""Parts: rows that belong together and never need those of another part, such as a store's. Stages map over them.

So memory is bound by the largest part, and parts are worked on side by side. What comes out depends on neither.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import quote

import pandas as pd

from pipelines import interface
from pipelines.errors import PipelineError
from pipelines.problem import names
from pipelines.record import tables

PART: str | None = getattr(names, "PART", None)
WORKERS = "PIPELINE_WORKERS"  # of the environment: it changes no byte of what comes out, so it is no param
Task = TypeVar("Task")
Result = TypeVar("Result")


def check(key: Sequence[str]) -> None:
    """Refuse a PART that could have one row in two parts.

    Raises:
        PipelineError: if PART is not in KEY.
    """
    if PART is not None and PART not in key:
        raise PipelineError(
            f"pipelines/problem/names.py: PART is {PART!r}; one of KEY ({', '.join(key)}) is expected, or None: rows with one "
            "key have to be in one part."
        )


def file_name(value: str) -> str:
    """Return what the file of a part is called: legible, stable, and not that of another, capitals or not.

    >>> file_name("007"), file_name("a/b") == file_name("A/b")
    ('part-007-95dd6d0b.parquet', False)
    """
    return f"part-{quote(value, safe='')[:80]}-{blake2b(value.encode(), digest_size=4).hexdigest()}.parquet"


def spool(chunks: Iterable[tuple[pd.DataFrame, pd.Series]], folder: Path) -> list[Path]:
    """Write rows by part, as they come; return a folder for each part, sorted by name.

    A chunk is some rows, and the part of each as text.
    """
    for number, (rows, part) in enumerate(chunks):
        for value, group in rows.groupby(part.to_numpy(), sort=False):
            tables.write(group, folder / file_name(str(value)) / f"{number:09}.parquet")
    return sorted(folder.iterdir()) if folder.exists() else []


def mapped(function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Return the results in the order of the tasks, from as many processes as PIPELINE_WORKERS says, or as there are cores.

    Raises:
        PipelineError: if the problem's code fails, or a process is killed.
    """
    workers = min(len(tasks), _workers())
    if workers < 2:  # one: this process
        return [function(task) for task in tasks]
    try:
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_begin) as pool:
            return list(pool.map(_Blamed(function), tasks))
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
class _Blamed(Generic[Task, Result]):
    """Says in the process where it happens what the problem's code did wrong: its traceback does not reach another one."""

    function: Callable[[Task], Result]

    def __call__(self, task: Task) -> Result:
        try:
            return self.function(task)
        except Exception as error:
            if os.environ.get("PIPELINE_TRACEBACK") or not (message := interface.blamed(error)):
                raise
            raise PipelineError(message) from None


def _workers() -> int:
    told = os.environ.get(WORKERS) or str(os.cpu_count() or 1)
    if not told.isdecimal() or told == "0":
        raise PipelineError(f"{WORKERS} is {told!r} in the environment; a number of processes is expected.")
    return int(told)


def harmonize(files: Sequence[Path], kinds: Sequence[pd.DataFrame]) -> None:
    """Give all parts of a table the types that it would have as a whole; `kinds` are tables without rows.

    A part without a gap has whole numbers where another has none.
    """
    whole = pd.concat(list(kinds)).dtypes
    for file, kind in zip(files, kinds, strict=True):
        if not kind.dtypes.equals(whole):
            tables.write(tables.read(file).astype(whole.to_dict()), file)
