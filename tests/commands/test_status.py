"""Where things stand is told also when the registry cannot be asked."""

from conftest import World


def test_a_database_that_is_gone_is_told_and_not_made(world: World):
    """Looking changes nothing."""
    (world.path / "mlflow.db").unlink()

    done = world.pipeline("status")

    assert done.returncode == 0
    assert f"champion   nobody: {world.path}/mlflow.db is gone; `dvc repro` records the candidate anew" in done.stdout
    assert not (world.path / "mlflow.db").exists()


def test_a_server_that_is_down_costs_one_line(world: World):
    """All the rest stands in files."""
    done = world.pipeline("status", MLFLOW_TRACKING_URI="http://127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")

    assert done.returncode == 0, done.stderr
    assert (
        "champion   v1 when `dvc repro` last looked; the MLflow registry at http://127.0.0.1:9 refused" in done.stdout
    )
    assert "verdict    promote" in done.stdout
    assert "changed    the registry" not in done.stdout  # nobody could tell
