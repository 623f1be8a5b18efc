"""What nothing needs is freed, and never what a version needs."""

import pytest
from conftest import World

pytestmark = pytest.mark.slow
IN_MLFLOW = "from mlflow import MlflowClient; client = MlflowClient('sqlite:///mlflow.db'); "


def runs(world: World, stage: str) -> set[str]:
    return {run for (run,) in world.query(f"select run_uuid from runs where lifecycle_stage = '{stage}'")}


def judge(world: World, day: str, trees: int) -> str:
    """Judge a bad candidate on the holdout that ends with a day; return its run."""
    world.set(ingest__as_of=day, train__max_iter=trees)
    world.commit(f"{trees} trees until {day}")
    world.repro()
    world.commit("What came of it")
    return world.decision["run_url"].rpartition("/")[2]


def test_what_no_version_needs_is_freed_and_what_one_needs_is_not(world: World):
    """First it is said, then done; the version whose commit and data no branch has any more is rebuilt all the same."""
    old, protected = judge(world, "2018-08-31", 3), judge(world, "2018-07-31", 4)
    world.run("python", "-c", f"{IN_MLFLOW} client.set_tag('{protected}', 'protected', 'for the auditors')")
    newest = judge(world, "2018-09-29", 5)
    before = runs(world, "active")

    said = world.pipeline("clean", "--older-than", "0")

    assert said.returncode == 0, said.stderr
    assert "runs          1 of 4 are refused or experiments, older than 0 days" in said.stdout
    assert "Nothing was freed yet" in said.stdout
    assert (runs(world, "active"), runs(world, "deleted")) == (before, set())
    young = world.pipeline("clean", "--yes").stdout
    assert "runs          0 of 4" in young
    done = world.pipeline("clean", "--older-than", "0", "--yes").stdout
    assert "`mlflow runs restore` brings one back" in done
    assert runs(world, "deleted") == {old}
    assert {protected, newest} <= runs(world, "active")
    again = world.pipeline("clean", "--older-than", "0").stdout
    assert ("runs          0 of 3" in again, "data          nothing" in again) == (True, True)
    for run in ("1", protected):
        assert "was reproduced exactly" in world.pipeline("reproduce", run).stdout
