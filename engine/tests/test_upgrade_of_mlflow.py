"""The day the lock brings a newer MLflow: the registry of before goes on, and nobody migrates it by asking."""

import pytest
from conftest import World
from older import make_newer, make_older

from champion.core.files import sha256

pytestmark = pytest.mark.weekly
QUESTIONS = (["status"], ["history"], ["lineage"], ["monitor"], ["why"], ["reproduce", "1"], ["ui"])


def test_questions_change_nothing_and_the_next_run_brings_it_up_to_date(world: World):
    """`dvc repro` keeps the old file, says so, and has nothing else to do."""
    make_older(world.path / "mlflow.db")
    before = sha256(world.path / "mlflow.db")

    for question in QUESTIONS:
        done = world.pipeline(*question)
        assert "an older MLflow" in done.stdout + done.stderr, question
        assert "Traceback" not in done.stderr
    assert sha256(world.path / "mlflow.db") == before
    said = world.repro()

    assert "the old one is kept as mlflow.db." in said
    assert "v1 is champion" in said
    assert [sha256(path) for path in world.path.glob("mlflow.db.*")] == [before]
    assert "was trained on Data v1" in world.pipeline("lineage").stdout
    assert world.run("git", "status", "--porcelain").stdout == ""


def test_a_rollback_does_not_wait_for_a_run(world: World):
    """Minutes count then."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    make_older(world.path / "mlflow.db")

    done = world.pipeline("rollback", "--yes")

    assert "champion is v1 again" in done.stdout, done.stderr
    assert "the old one is kept as mlflow.db." in done.stdout


@pytest.mark.parametrize("command", ["status", "history", "rollback"])
def test_a_newer_one_is_left_to_the_newer_mlflow(world: World, command: str):
    """A colleague's, or that of another branch: the cure is the newer lock."""
    make_newer(world.path / "mlflow.db")
    before = sha256(world.path / "mlflow.db")

    done = world.pipeline(command, *(["--yes"] if command == "rollback" else []))

    assert "a newer MLflow" in done.stdout + done.stderr
    assert "make setup" in done.stdout + done.stderr
    assert sha256(world.path / "mlflow.db") == before
    assert "a newer MLflow" in world.repro(check=False)
