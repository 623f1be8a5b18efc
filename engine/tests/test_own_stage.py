"""A stage between features and train takes part in all that is made of a flow, without a line elsewhere."""

import json

import pytest
from conftest import World
from own_stage import insert_sample

SOURCE = "data/0-source/metro_interstate_traffic_volume.csv.gz"


@pytest.fixture
def sampled(world: World) -> World:
    """The project of the first champion, with a small model and a stage `sample`, committed and run."""
    world.set(train__max_iter=100, evaluate__mode="replace")
    insert_sample(world.path)
    world.commit("Sample")
    (world.path / "run.txt").write_text(world.repro())
    return world


@pytest.mark.slow
def test_a_stage_in_between_takes_part(sampled: World):
    """In the run, the recipe, the answers about rows, the replay and the retraining of mixtures."""
    said = (sampled.path / "run.txt").read_text()
    assert "train: Pipeline on 19,945 rows" in said
    assert "v2 is champion, it replaced v1" in said
    changes = sampled.json("data/5-baseline/champion/identity.json")["changes"]
    assert {"pipelines/sample.py", "sample.every"} <= {*changes}

    watched = sampled.pipeline("monitor", "--json")
    assert watched.returncode in (0, 2), watched.stderr
    assert "unusable" not in json.loads(watched.stdout)["attention"]

    predicted = sampled.pipeline("predict", SOURCE, "predicted.csv")
    assert predicted.returncode == 0, predicted.stderr

    lived = sampled.pipeline("replay", "--from", "2018-08-05", "--to", "2018-09-30", "--every", "28", "--json")
    assert lived.returncode in (0, 1), lived.stderr
    [step, *_] = sorted((sampled.path / ".replay").glob("*/2018-09-30/train/card.json"))
    assert json.loads(step.read_text())["rows"] == 19_945

    asked = sampled.pipeline("why", "1", "2", "--json")
    assert asked.returncode == 0, asked.stderr
    why = json.loads(asked.stdout)
    assert [cause["parts"] for cause in why["shares"]] != []
    assert why["new"]["rebuilt_exactly"]


@pytest.mark.slow
def test_a_stage_that_drops_rows_of_the_holdout_is_told_when_rows_are_predicted(sampled: World):
    """Every row that somebody asks about gets an answer, or a message says why none does."""
    sampled.edit(
        "pipelines/sample.py", "divided.holdout, divided.split", "Table.of(divided.holdout.rows.head(3)), divided.split"
    )

    told = sampled.pipeline("predict", SOURCE, "predicted.csv")

    assert told.returncode != 0
    assert "the stage sample made 3 of" in told.stderr
