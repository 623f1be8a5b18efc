"""The kinds of problem that people bring: each goes from clone to champion, to a second one, and back."""

import json

import pandas as pd
import pytest
from conftest import World, copy_of_project, weekly_but

pytestmark = pytest.mark.slow
BETTER = {"stores": {"train__max_iter": 60}, "tickets": {"train__max_iter": 15}, "visits": {"train__c": 1.0}}


@pytest.fixture(scope="module", params=weekly_but(["stores", "tickets"], BETTER))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def world(kind: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The project with another problem, and its first champion. Tests go on where the one before ended."""
    world = copy_of_project(tmp_path_factory.mktemp(kind) / "world", kind)
    assert "v1 is champion, it replaced nobody" in world.repro()
    world.commit("First champion")
    return world


def test_no_row_is_lost_or_altered(kind: str, world: World):
    """As the deliveries were made: keys, corrections, gaps and offsets are known."""
    counts, table = world.json("data/1-ingest/counts.json"), pd.read_parquet(world.path / "data/1-ingest/table.parquet")
    found = {name: counts[name] for name in ("source", "table", "merged", "quarantined", "unlabelled", "with_offset")}

    expected = {
        "stores": {"source": 4542, "table": 4518, "merged": 10, "unlabelled": 14, "with_offset": 0},
        "tickets": {"source": 667, "table": 667, "merged": 0, "unlabelled": 0, "with_offset": 667},
        "visits": {"source": 2442, "table": 2442, "merged": 0, "unlabelled": 0, "with_offset": 0},
    }[kind]
    assert found == {**expected, "quarantined": 0}
    if kind == "stores":
        assert set(table["store"]) == {"007", "012", "042", "058", "091", "105"}
        assert len(pd.read_csv(world.path / "data/0-source/stores.csv").drop_duplicates(["store", "day"])) == 4518 + 14
    if kind == "tickets":
        assert table["ticket"].tolist() == [1580000000000000000 + 7919 * place for place in range(667)]


def test_a_group_is_on_one_side_of_the_split(kind: str, world: World):
    """What a model remembers of a person is no forecast."""
    parts = [pd.read_parquet(world.path / f"data/3-features/{part}.parquet") for part in ("training", "holdout")]

    if kind == "visits":
        assert set(parts[0]["person"]).isdisjoint(parts[1]["person"])
        assert parts[1]["person"].duplicated().any()
    if kind == "tickets":
        assert (parts[0]["topic"] == "fraud").sum() == 0
        assert world.json("data/6-evaluate/evaluation.json")["unknown_classes"] == {"fraud": 1}
        assert world.json("data/3-features/split.json")["rare_classes"] == {"fraud": [0, 1]}


def test_each_row_is_named_with_truth_answer_and_loss(kind: str, world: World):
    """Whoever looks for the worst rows has to find them again."""
    rows = pd.read_csv(world.path / "data/6-evaluate/predictions.csv", dtype={"row": str})

    first, actual = {
        "stores": ("007 2017-05-06 00:00:00", 5125.6),
        "tickets": ("1580000000002621189 2022-03-03 00:42:04", "howto"),
        "visits": ("v00003 p0001", "no"),
    }[kind]
    assert rows["row"].is_unique
    assert (rows["row"][0], rows["actual"][0]) == (first, actual)
    assert set(rows) >= {"candidate", "naive", "candidate_loss", "naive_loss"}
    if kind != "stores":
        assert rows.filter(like="candidate: ").sum(axis=1).round(3).eq(1).all()


def test_a_better_one_is_promoted_watched_explained_rebuilt_and_left(kind: str, world: World):
    """All that works for the example works here."""
    world.set(**BETTER[kind])
    world.commit("A better one")
    assert "v2 is champion, it replaced v1" in world.repro()
    world.commit("Second champion")

    assert world.pipeline("report").returncode == 0
    assert json.loads(world.pipeline("monitor", "--json").stdout)["rows"] == 0
    assert "v1 was reproduced exactly" in world.pipeline("reproduce", "1").stdout
    assert "from config v1 → v2" in world.pipeline("why", "1", "2").stdout
    assert "champion is v1 again" in world.pipeline("rollback", "--yes").stdout
    assert "nothing to do" not in world.repro()  # the model that was left is refused
    assert "v2 → v1" in world.pipeline("history").stdout


def test_the_monitor_takes_the_rows_as_training_did(kind: str, world: World):
    """Text with missing values, and a class that nobody has seen."""
    if kind != "tickets":
        pytest.skip("it has no later rows")
    world.pipeline("as-of", "2022-12-31")
    world.repro("validate")

    watched = json.loads(world.pipeline("monitor", "--json").stdout)

    assert "unusable" not in watched["attention"]
    assert watched["rows"] == 1383
    assert watched["unknown_classes"] == {"fraud": 2}
