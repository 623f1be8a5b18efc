"""Where things stand is told also when the registry cannot be asked."""

import pytest
from conftest import World


def test_a_database_that_is_gone_is_told_and_not_made(world: World):
    """Looking changes nothing."""
    (world.path / "mlflow.db").unlink()

    done = world.pipeline("status")

    assert done.returncode == 0
    said = f"champion   v1 when `dvc repro` last looked; {world.path}/mlflow.db is gone. Restore it from a backup"
    assert said in done.stdout
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


def test_a_stage_that_stopped_is_named_with_its_message_and_who_is_in_charge(world: World):
    """Whatever it was: there is no evaluation any more, and that is not the news."""
    world.edit("pipelines/problem/features.py", '"month": time.dt.month,', '"month": time.dt.month, "vehicles": 1,')
    world.repro(check=False)

    status = world.pipeline("status")

    assert status.returncode == 0
    assert "stopped    features: feature vehicles in pipelines/problem/features.py is called like" in status.stdout
    assert "champion   v1" in status.stdout
    assert "does not exist yet" not in status.stdout + status.stderr


def test_an_alias_that_was_moved_by_hand_is_told(world: World):
    """Consumers get another model than the history says."""
    world.run("python", "-c", "from mlflow import MlflowClient; c = MlflowClient('sqlite:///mlflow.db'); "
              "c.delete_registered_model_alias('traffic-demand', 'champion')")  # fmt: skip

    status = world.pipeline("status").stdout

    assert "champion   v1: v1 is champion" in status
    assert "but models:/traffic-demand@champion gives nothing: somebody moved the alias by hand" in status


def test_a_merge_that_is_not_finished_is_said_by_every_command(world: World):
    """And nothing advises what fails in a merge."""
    (world.path / "dvc.lock").write_text("<<<<<<< HEAD\n=======\n>>>>>>> other\n")

    for verb in ("status", "gate", "lineage"):
        answer = world.pipeline(verb)
        assert answer.returncode == 65
        assert "dvc.lock has conflicts of a merge" in answer.stderr


def test_params_that_are_gone_are_told(world: World):
    """With the way back."""
    (world.path / "params.yaml").unlink()

    done = world.pipeline("status")

    assert (done.returncode, done.stderr) == (
        65,
        "pipeline: params.yaml does not exist. `git checkout params.yaml` restores it.\n",
    )


@pytest.mark.slow
def test_numbers_are_those_of_today(world: World):
    """What was not committed when it was judged may be by now: lineage and status say the same."""
    world.edit("pipelines/problem/model.py", "max_leaf_nodes=params", "max_leaf_nodes=2 * params")
    world.repro()
    assert "using Code v1+dirty" in world.pipeline("status").stdout

    world.commit("Twice the leaves")

    assert "using Code v2, with Config v1" in world.pipeline("status").stdout


@pytest.mark.slow
def test_a_verdict_without_its_decision_is_no_decision(world: World):
    """`dvc exp apply` brings the files of another candidate, up to its verdict."""
    said = world.pipeline("run", "--set", "train.max_leaf_nodes=63").stdout
    name = next(word for word in world.run("dvc", "exp", "list", "--name-only").stdout.split())
    world.run("dvc", "exp", "apply", name)

    status = world.pipeline("status").stdout

    assert "not decided on yet: `dvc repro` does" in status, said
    assert "champion   v1: as decided before" in status
