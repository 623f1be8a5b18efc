"""Where parts are worked on: by processes of this machine, or by a cluster of Spark. What comes out is the same."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pipelines.engines.task import ENGINE, Task
from pipelines.errors import PipelineError

ENGINES = ("local", "spark")
Result = TypeVar("Result")


def check() -> None:
    """Find out whether the engine is there, before anything is read for it.

    Raises:
        PipelineError: if there is no such engine, or it does not answer.
    """
    if _chosen() == "spark":
        from pipelines.engines import spark  # noqa: PLC0415  # each loads only what it needs

        spark.check()


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
        from pipelines.engines import spark as chosen  # noqa: PLC0415  # as above
    else:
        from pipelines.engines import local as chosen  # type: ignore[no-redef]  # noqa: PLC0415
    return chosen.mapped(function, tasks)
