"""Kill -9 at any moment: the next `dvc repro` finishes the job."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import World, copy_of_project, environment_of, weekly_but

pytestmark = pytest.mark.slow
DELAYS = weekly_but([2.0, 2.8, 3.6], [1.0, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0])
STAGES = ["ingest", "validate", "features", "train", "baseline", "evaluate", "promote"]


def start_and_kill(world: World, stage: str, delay: float) -> None:
    """Run the pipeline and kill it, with all its children, some time after a stage started."""
    process = subprocess.Popen(
        ["dvc", "repro"], cwd=world.path, env=environment_of(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith(f"> python -m champion.core.entry {stage} "):
            break
    time.sleep(delay)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.wait()


def finish(world: World) -> None:
    """Run again, as docs/operate.md says: dvc.lock is deleted first if it is the file that DVC was writing."""
    done = world.run("dvc", "repro", check=False)
    if "'./dvc.lock'" in done.stderr:  # validation failed, or its structure is corrupted
        (world.path / "dvc.lock").unlink()
        done = world.run("dvc", "repro", check=False)
    assert done.returncode == 0, done.stderr


def healthy(world: World) -> None:
    """One champion, recorded once, and nothing left to do."""
    assert world.registered()["versions"] == [(1,)]
    assert world.registered()["alias"] == [("champion", 1)]
    assert len(world.registered()["moves"]) == 1
    assert world.query("select count(*) from runs where status != 'FINISHED' and lifecycle_stage = 'active'") == [(0,)]
    assert world.query("select count(*) from logged_models where lifecycle_stage = 'active' and status != 2") == [(0,)]
    assert "nothing to do; v1 is champion" in world.repro()


@pytest.mark.parametrize("stage", weekly_but(["train", "promote"], STAGES))
def test_a_kill_in_any_stage_is_finished_by_the_next_run(stage: str, tmp_path: Path):
    """Half written files, locks and runs are no obstacle."""
    world = copy_of_project(tmp_path / "world")
    start_and_kill(world, stage, delay=0.7)

    finish(world)

    healthy(world)


@pytest.mark.parametrize("delay", DELAYS)
def test_a_kill_at_any_moment_of_the_promotion_is_finished_by_the_next_run(world: World, delay: float):
    """Run, model, version, ledger and alias are five writes; a kill between any two leaves work, not damage."""
    for name in ("mlflow.db", "data/7-promote/decision.json", "data/5-baseline/registry.json"):
        (world.path / name).unlink()
    start_and_kill(world, "promote", delay)

    finish(world)

    healthy(world)


@pytest.mark.parametrize("until", weekly_but(["      md5"], ["", "      md5", "  validate:\n    cmd:"]))
def test_a_kill_while_dvc_writes_its_lock_is_told_with_the_remedy(world: World, until: str):
    """DVC writes dvc.lock in place, and refuses some of what is left. What lies in its cache is not computed again."""
    lock = world.path / "dvc.lock"
    whole = lock.read_text()
    lock.write_text(whole[: whole.index(until)])

    refused = "'./dvc.lock'" in world.repro("--dry", check=False)
    told = world.pipeline("status")

    assert refused or until
    assert "Traceback" not in told.stderr
    if refused:
        assert (told.returncode, f"delete {lock.name} first" in told.stderr) == (65, True)
    finish(world)
    assert lock.read_text() == whole
    healthy(world)
