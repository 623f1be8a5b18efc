"""On a laptop much may be missing; each finding has its remedy."""

from pathlib import Path

from conftest import World


def test_the_doctor_says_what_is_missing_and_what_to_do(world: World, tmp_path: Path):
    """On a laptop much may be missing; each finding has its remedy."""
    said = world.pipeline("doctor")

    assert said.returncode == 2
    assert "MISSING  DVC remote: data outlives this machine: `dvc remote add --default store URL`" in said.stdout
    assert "MISSING  MLflow server: the team has one champion: set MLFLOW_TRACKING_URI" in said.stdout
    assert "ok       everything is committed" in said.stdout
    world.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    world.commit("Add a remote")
    assert "MISSING  everything is pushed: `dvc push`" in world.pipeline("doctor").stdout
    world.run("dvc", "push")
    assert "ok       everything is pushed" in world.pipeline("doctor").stdout
