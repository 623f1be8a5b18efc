"""Parts are worked on by a cluster of Spark, whose machines run the same functions on the same files.

A row of Spark's table is a task: paths. So the project's folder has to be on a disk that all machines share.
"""

import hashlib
import os
import pickle
import re
import socket
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

import champion
from champion.core.engines.task import Task
from champion.core.engines.worker import packages
from champion.core.errors import PipelineError, to_install

MASTER, REMOTE = "SPARK_MASTER", "SPARK_REMOTE"  # of the environment; REMOTE is Spark's own name, of Spark Connect
COLUMNS = "number int, result binary, mistake string"
Result = TypeVar("Result")


def mapped(function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """Yield the results in the order of the tasks, from the cluster that SPARK_REMOTE or SPARK_MASTER names.

    Raises:
        PipelineError: if there is no Spark, it fails, its workers have other packages or another disk, or the problem's code
            fails.
    """
    check()
    numbers = pa.array(range(len(tasks)), pa.int32())
    rows = pa.table({"number": numbers, "task": [pickle.dumps(task) for task in tasks]})
    work = _on_worker(Path.cwd(), _folders(), _code(), packages(), pickle.dumps(function))
    with _session() as session:
        # From one partition to as many as there are tasks: a task for whichever core is free.
        table = session.createDataFrame(rows).coalesce(1).repartition(len(tasks))
        answers = sorted(tuple(row) for row in table.mapInArrow(work, COLUMNS).collect())
    for _, result, mistake in answers:
        if mistake:
            raise PipelineError(mistake)
        yield pickle.loads(result)  # noqa: S301  # from our own code


def check() -> None:
    """Find out whether Spark is installed, and whether somebody listens at its address: it would try again for minutes.

    Raises:
        PipelineError: if not.
    """
    if find_spec("pyspark") is None:
        raise PipelineError(f"PIPELINE_ENGINE=spark needs the package pyspark: {to_install('spark')}.")
    refused = []
    for host, port in re.findall(r"([\w.-]+):(\d+)", _where()):
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError as error:
            refused.append(f"{host}:{port}: {error.strerror or error}")
        else:
            return  # one of several masters is enough
    if refused:
        raise PipelineError(
            f"Spark ({_where()}) does not answer: {'; '.join(refused)}. Is it up, and {REMOTE} or {MASTER} right?"
        )


def _where() -> str:
    address = os.environ.get(REMOTE) or os.environ.get(MASTER) or "on this machine"
    return address.partition("/;")[0]  # what follows may be a token


@contextmanager
def _session() -> Iterator[Any]:
    """Yield a session with the cluster; what Spark says when it fails becomes a sentence."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  # an extra

    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")  # only Arrow goes to and fro
    remote, master = os.environ.get(REMOTE), os.environ.get(MASTER)
    builder = SparkSession.builder.appName("pipeline")
    session = None
    try:
        session = (builder if remote or not master else builder.master(master)).getOrCreate()
        yield session
    except Exception as error:  # Spark's, Java's and gRPC's have no class in common
        if os.environ.get("PIPELINE_TRACEBACK"):
            raise
        raise PipelineError(
            f"Spark ({_where()}) failed: {_said(str(error))}\n"
            "  PIPELINE_TRACEBACK=1 shows all that it said; PIPELINE_ENGINE=local does without it."
        ) from None
    finally:
        if session is not None:
            with suppress(Exception):  # its Java process may be gone
                session.stop()


def _said(error: str) -> str:
    """Return the line that says what happened: in Python, else first of all, else on top."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    in_python = [line for line in lines if re.match(r"\w+(Error|Exception): ", line)]
    causes = [line for line in lines if line.startswith(("Caused by: ", ": "))]
    return (in_python[-1:] or causes or lines or ["nothing"])[0].removeprefix("Caused by: ").removeprefix(": ")


def _code() -> str:
    """Return a text that is another one when the project or its code is."""
    modules = [file for folder in _folders() for file in sorted(folder.rglob("*.py"))]
    return f"{Path.cwd()} {hashlib.sha256(b''.join(path.read_bytes() for path in modules)).hexdigest()}"


def _folders() -> list[Path]:
    """Return where the code lies that the machines run: the project's, and the engine's."""
    return [Path("pipelines").resolve(), *map(Path, champion.__path__)]


def _on_worker(
    project: Path, folders: list[Path], code: str, needed: dict[str, str], function: bytes
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what Spark runs on its machines. It can name none of our modules before it has found the project."""

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        import os  # noqa: PLC0415
        import platform  # noqa: PLC0415
        import sys  # noqa: PLC0415

        import pyarrow as pa  # noqa: PLC0415

        if getattr(sys, "pipeline_code", None) != code:  # Spark keeps its processes, for tasks of other code as well
            for name in [name for name in sys.modules if name.partition(".")[0] in ("pipelines", "champion")]:
                del sys.modules[name]
            sys.path[:0] = [str(folder.parent) for folder in folders]
            sys.pipeline_code = code  # type: ignore[attr-defined]
        for row in (row for batch in batches for row in batch.to_pylist()):
            result, mistake, machine = None, None, f"Spark's machine {platform.node()}"
            try:
                os.chdir(project)
                from champion.core.engines.worker import run_task  # noqa: PLC0415
            except OSError:
                mistake = f"{machine} does not have {project}: the project has to be on a disk that all machines share."
            except ImportError as error:
                mistake = f"{machine}: {error}. Give it the packages of requirements.lock."
            else:
                result, mistake = run_task(function, row["task"], needed)
            yield pa.record_batch(
                [
                    pa.array([row["number"]], pa.int32()),
                    pa.array([result], pa.binary()),
                    pa.array([mistake], pa.string()),
                ],
                ["number", "result", "mistake"],
            )

    return work
