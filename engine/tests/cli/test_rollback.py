"""One line gives back a champion of before, if it still is what it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared
from conftest import Prepared, World

from champion.core.files import sha256

BY_HAND = "import sqlite3; d = sqlite3.connect('mlflow.db'); d.execute({!r}); d.commit()"


@pytest.fixture(scope="module")
def promoted(first_champion: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """A second champion replaced the first one. Shared."""
    world = first_champion.copy(tmp_path_factory.mktemp("second") / "world")
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    assert "v2 is champion, it replaced v1" in world.repro()
    with shared.read_only(world.path):
        yield Prepared(world.path)


@pytest.fixture
def world(promoted: Prepared, tmp_path: Path) -> World:
    """The same, to change at will."""
    return promoted.copy(tmp_path / "world")


def stored(world: World, version: int, name: str) -> Path:
    """Return where the registry keeps a file of a version."""
    tag = "mlflow.pipeline.card_sha256"
    digest = world.query(f"select value from model_version_tags where key = '{tag}' and version = {version}")[0][0]
    cards = (world.path / "mlartifacts").rglob("artifacts/card.json")
    return next(path for path in cards if sha256(path) == digest).parent / name


def test_a_rollback_says_what_consumers_get_and_how_to_lift_the_mark(world: World):
    """Digest, loading and predictions are checked before the alias moves."""
    done = world.pipeline("rollback", "--yes", "--reason", "queues at noon")

    assert done.returncode == 0
    first, second, third = done.stdout.splitlines()
    assert first == "champion is v1 again, v2 was left: queues at noon"
    assert second.startswith("models:/traffic-demand@champion now gives v1, data v")
    assert second.endswith("; its file is the one that was promoted, it loads and predicts as it did.")
    assert "`pipeline rollback 2` makes it champion again and lifts that" in third
    assert world.registered()["alias"] == [("champion", 1)]


@pytest.mark.slow
def test_a_report_does_not_claim_what_a_rollback_undid(world: World):
    """It tells what the last run found and did, and that something happened since."""
    world.repro()
    assert "v2 is champion, it replaced v1\n" in world.pipeline("report").stdout
    world.pipeline("rollback", "--yes", "--reason", "queues at noon")

    assert "it replaced v1; now v1: rollback by Ada on " in world.pipeline("report").stdout


@pytest.mark.slow
def test_the_mark_can_be_lifted(world: World):
    """Who goes forward again says so, and condemns nobody."""
    world.pipeline("rollback", "--yes")
    again = world.pipeline("rollback", "2", "--yes")

    assert "champion is v2 again, v1 was left" in again.stdout
    assert "will not be promoted again" not in again.stdout
    assert "nothing to do; v2 is champion" in world.repro()


def test_an_alias_moved_by_hand_is_no_reason_to_bring_the_champion_back(world: World):
    """Who asks for the one before gets it, whoever moved the alias there already."""
    world.run("python", "-c", BY_HAND.format("update registered_model_aliases set version = 1"))

    done = world.pipeline("rollback", "--yes")

    assert "champion is v1 again, v2 was left" in done.stdout
    assert world.registered()["alias"] == [("champion", 1)]
    assert len(world.registered()["moves"]) == 3


def test_a_shallow_clone_rolls_back_once(world: World, tmp_path: Path):
    """Versions cannot be numbered there; that must not fail after the alias has moved."""
    world.run("git", "clone", "--quiet", "--depth", "1", f"file://{world.path}", str(tmp_path / "shallow"))
    registry = {"MLFLOW_TRACKING_URI": f"sqlite:///{world.path}/mlflow.db"}

    done = World(tmp_path / "shallow").pipeline("rollback", "--yes", **registry)

    assert done.returncode == 0, done.stderr
    assert "champion is v1 again" in done.stdout


@pytest.mark.slow
def test_a_champion_that_was_deleted_can_be_left(world: World):
    """The registry forgot it; the one before is still there."""
    delete = "from mlflow import MlflowClient; MlflowClient('sqlite:///mlflow.db').delete_model_version('traffic-demand', '2')"
    world.run("python", "-c", delete)

    done = world.pipeline("rollback", "--yes")

    assert done.returncode == 0, done.stderr
    assert world.registered()["alias"] == [("champion", 1)]
    world.repro()


@pytest.mark.parametrize("name", ["model.skops", "card.json", "refit/model.skops", "refit/card.json"])
def test_files_that_are_not_those_that_were_promoted_are_refused(world: World, name: str):
    """Nobody rolls back to something unknown."""
    file = stored(world, 1, name)
    file.write_bytes(file.read_bytes() + b" ")

    done = world.pipeline("rollback", "--yes")

    assert done.returncode == 65
    assert f"v1 cannot be restored: {name} of champion v1 is not the one that was promoted" in done.stderr
    assert world.registered()["alias"] == [("champion", 2)]
    assert len(world.registered()["moves"]) == 2


def test_files_that_are_gone_are_refused(world: World):
    """And so are those nobody can fetch."""
    stored(world, 1, "model.skops").unlink()

    done = world.pipeline("rollback", "--yes")

    assert done.returncode == 65
    assert "v1 cannot be restored: model.skops of champion v1 is gone: " in done.stderr
    assert world.registered()["alias"] == [("champion", 2)]


def test_a_model_that_predicts_something_else_today_is_refused(world: World):
    """The file is the same, the library that reads it is not: example rows tell."""
    file, served = stored(world, 1, "card.json"), stored(world, 1, "refit/card.json")
    card = json.loads(served.read_text())
    card["answers"][0] += 1.0
    served.write_text(json.dumps(card))
    file.write_text(json.dumps({**json.loads(file.read_text()), "refit_sha256": sha256(served)}))
    digest = f"update model_version_tags set value = '{sha256(file)}' where key = 'mlflow.pipeline.card_sha256' and version = 1"
    world.run("python", "-c", BY_HAND.format(digest))

    done = world.pipeline("rollback", "--yes")

    assert done.returncode == 65
    assert "v1 cannot be restored: its model predicts something else than when it was trained" in done.stderr
    assert world.registered()["alias"] == [("champion", 2)]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("2", "v2 cannot be restored: past champions other than the present are v1."),
        ("7", "v7 cannot be restored: past champions other than the present are v1."),
        ("yesterday", "vyesterday cannot be restored"),
    ],
)
def test_only_past_champions_can_be_restored(world: World, wanted: str, said: str):
    """The answer is no, and says who could be."""
    done = world.pipeline("rollback", wanted, "--yes")

    assert done.returncode == 1
    assert said in done.stderr
    assert world.registered()["alias"] == [("champion", 2)]


def test_the_history_is_for_programs_too(world: World):
    """The same moves, whole."""
    moves = json.loads(world.pipeline("history", "--json").stdout)

    assert [(move["action"], move["before"], move["after"], move["who"]) for move in moves] == [
        ("promote", None, "1", "Ada"),
        ("promote", "1", "2", "Ada"),
    ]
