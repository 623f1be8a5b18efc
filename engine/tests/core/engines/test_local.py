"""Processes of this machine: one that ends is told, and none is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import environment_of

from champion.core.engines.engine import mapped
from champion.core.engines.task import Task
from champion.core.errors import PipelineError

TASKS = [Task((Path(name),), ()) for name in ("0", "1", "2")]


def killed(task: Task) -> None:
    """End the process that works on the second task."""
    if task == TASKS[1]:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_was_killed_is_told(monkeypatch):
    """Most often there was not enough memory."""
    monkeypatch.setenv("PIPELINE_WORKERS", "2")

    with pytest.raises(PipelineError, match=r"one of 2 processes was killed.*PIPELINE_WORKERS=1"):
        list(mapped(killed, TASKS))


def test_no_process_outlives_a_killed_stage(tmp_path):
    """Nobody would end it."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os, time\nfrom pathlib import Path\nfrom champion.core.engines.engine import mapped\nfrom champion.core.engines.task import Task\n\n\ndef slow(task):\n"
        "    task.reads[0].write_text(str(os.getpid()))\n    time.sleep(600)\n\n\n"
        "if __name__ == '__main__':\n    list(mapped(slow, [Task((Path(name),), ()) for name in '12']))\n"
    )
    environment = environment_of() | {"PIPELINE_WORKERS": "2"}
    stage = subprocess.Popen([sys.executable, script], cwd=tmp_path, env=environment)
    pids = [int(until(lambda place=tmp_path / name: place.exists() and place.read_text())) for name in ("1", "2")]
    stage.kill()
    stage.wait()

    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def until(asked: Callable[[], object]) -> object:
    """Return the first answer that says yes."""
    end = time.monotonic() + 60
    while not (answer := asked()) and time.monotonic() < end:
        time.sleep(0.1)
    return answer


def test_a_number_of_workers_is_a_number(monkeypatch):
    """Named with what was found."""
    monkeypatch.setenv("PIPELINE_WORKERS", "all")

    with pytest.raises(
        PipelineError, match="PIPELINE_WORKERS is 'all' in the environment; a number of processes is expected"
    ):
        list(mapped(str, TASKS))


def test_an_engine_is_one_that_there_is(monkeypatch):
    """A typing mistake would be one machine instead of a cluster."""
    monkeypatch.setenv("PIPELINE_ENGINE", "sparc")

    with pytest.raises(
        PipelineError, match="PIPELINE_ENGINE is 'sparc' in the environment; local or spark is expected"
    ):
        mapped(str, TASKS)
