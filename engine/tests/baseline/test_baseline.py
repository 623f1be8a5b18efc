"""What the registry says of the champion."""

import shutil

import pytest
from conftest import World


@pytest.mark.slow
def test_a_champion_whose_file_changed_means_hold(world: World):
    """The bytes that were promoted, or none."""
    stored = next((world.path / "mlartifacts").rglob("artifacts/model.skops"))
    stored.write_bytes(stored.read_bytes() + b"!")
    world.set(train__max_iter=150)

    output = world.repro("evaluate")

    assert "evaluate: cannot be judged" in output
    assert "model.skops of champion v1 is not the one that was promoted: its digest differs" in output


@pytest.mark.slow
def test_a_champion_whose_file_is_gone_means_hold(world: World):
    """A registry that lost its files says so, and nobody is promoted over it."""
    next((world.path / "mlartifacts").rglob("artifacts/model.skops")).unlink()
    world.set(train__max_iter=150)

    output = world.repro()

    assert "evaluate: cannot be judged" in output
    assert "model.skops of champion v1 is gone: there is no model.skops in file:" in output
    assert world.registered()["versions"] == [(1,)]


def test_a_server_out_of_reach_stops_the_run_with_one_message(world: World):
    """Said with its address, without its password."""
    done = world.run(
        "dvc", "repro", check=False, MLFLOW_TRACKING_URI="http://ada:secret@127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"
    )  # fmt: skip

    assert done.returncode != 0
    assert "baseline: the MLflow registry at http://127.0.0.1:9 refused" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_shallow_clone_says_what_to_do(world: World, tmp_path):
    """Versions are numbered by the history, so all of it is needed."""
    world.run("git", "clone", "--quiet", "--depth", "1", f"file://{world.path}", str(tmp_path / "shallow"))
    shallow = World(tmp_path / "shallow")
    shutil.copytree(world.path / ".dvc/cache", shallow.path / ".dvc/cache")

    done = shallow.run("dvc", "repro", check=False)

    assert done.returncode != 0
    assert "fetch-depth: 0" in done.stderr


@pytest.mark.slow
def test_a_champion_without_recorded_code_does_not_get_that_of_another(world: World):
    """Records of before have none; which recipe it had cannot be told then, so every candidate has to be proven better."""
    for recorded in (world.path / "mlartifacts").rglob("code.tar.gz"):
        recorded.unlink()
    left = world.path / "data/5-baseline/champion/code.tar.gz"
    left.write_bytes(b"another's")
    world.set(train__max_iter=150)

    output = world.repro("evaluate")

    assert not left.exists()
    assert "asked: is it proven better? pipelines, params.yaml differ from the champion's" in output
