"""Where parts are worked on: by processes of this machine, or by a cluster of Spark. What comes out is the same."""

import os
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from champion.core.engines import local
from champion.core.engines.task import ENGINE, Task
from champion.core.errors import PipelineError

ENGINES = ("local", "spark")
Result = TypeVar("Result")


def check() -> None:
    """Find out whether the engine is there, before anything is read for it.

    Raises:
        PipelineError: if there is no such engine, or it does not answer.
    """
    if _chosen() == "spark":
        _spark().check()


def _spark() -> ModuleType:
    """Load the extension, which only those who ask for it have the package of."""
    return import_module("champion.ext.spark.spark")


def _chosen() -> str:
    engine = os.environ.get(ENGINE) or "local"
    if engine not in ENGINES:
        raise PipelineError(f"{ENGINE} is {engine!r} in the environment; {' or '.join(ENGINES)} is expected.")
    return engine


def mapped(function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """Yield what a function returns for each task, in their order; it can be pickled, and so can what it returns.

    Raises:
        PipelineError: if the problem's code fails, or who works on it.
    """
    if _chosen() == "spark" and len(tasks) > 1:
        spread: Iterator[Result] = _spark().mapped(function, tasks)
        return spread
    return local.mapped(function, tasks)
