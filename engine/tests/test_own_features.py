"""A champion is compared by its own features, whatever became of today's: none of these changes ends the comparison."""

import re

import pandas as pd
import pytest
from conftest import World, weekly_but

pytestmark = pytest.mark.slow
FEATURES, SOURCE = "pipelines/problem/features.py", "pipelines/problem/source.py"
FILE = "data/0-source/metro_interstate_traffic_volume.csv.gz"


def replace_all(world: World, old: str, new: str, *paths: str) -> None:
    for path in paths:
        text = (world.path / path).read_text()
        (world.path / path).write_text(re.sub(old, new, text))


def rename_a_feature(world: World) -> None:
    replace_all(world, '"temperature_k": table', '"temperature": table', FEATURES)


def change_a_meaning(world: World) -> None:
    replace_all(world, "time.dt.day_of_week", "time.dt.day_of_week * 2", FEATURES)


def rename_a_column(world: World) -> None:
    problem = [str(path.relative_to(world.path)) for path in (world.path / "pipelines/problem").glob("*.py")]
    replace_all(world, "temperature_k", "kelvin", *problem)


def take_another_unit(world: World) -> None:
    replace_all(world, 'possible=\\(210, 325\\), unit="K"', 'possible=(-63, 52), unit="°C"', SOURCE)
    celsius = "rows = \\1\n    return rows.assign(temp=(rows['temp'].astype(float) - 273.15).astype(str))"
    replace_all(world, r"return (pd.read_csv\(.*\))", celsius, SOURCE)


def drop_a_column(world: World) -> None:
    replace_all(world, '"clouds_percent": .*\n', "", FEATURES)
    replace_all(world, '.*Column\\("clouds_all".*\n', "", SOURCE)
    replace_all(world, '.*"clouds_percent": "mean".*\n', "", SOURCE)


def candidate_mae(world: World) -> float:
    return world.json("data/6-evaluate/evaluation.json")["metrics"]["candidate"]["mae"]


def assert_judged(world: World, champion_mae: float) -> None:
    """The comparison was made, the champion did on the same rows what it did before, and the monitor watches it."""
    evaluation = world.json("data/6-evaluate/evaluation.json")
    assert evaluation["decision"] in ("promote", "reject"), evaluation["reasons"]
    assert evaluation["metrics"]["champion"]["mae"] == champion_mae
    monitor = world.pipeline("monitor")
    assert "unusable" not in monitor.stdout, monitor.stdout


CHANGES = [rename_a_feature, change_a_meaning, rename_a_column, take_another_unit]


@pytest.mark.parametrize("change", weekly_but(CHANGES[:2], CHANGES), ids=[change.__name__ for change in CHANGES])
def test_a_change_of_features_is_judged(world: World, change):
    """The champion does on the same rows what it did, by its own code; the monitor watches it as before."""
    before = candidate_mae(world)
    change(world)
    world.commit("Other features")

    said = world.repro()

    assert "its own code made its features" in said
    assert "its own code made its features" in world.pipeline("report").stdout
    assert_judged(world, before)


def deliver(world: World, change) -> None:
    rows = pd.read_csv(world.path / FILE, dtype=str, keep_default_na=False)
    change(rows).to_csv(world.path / FILE, index=False)


@pytest.mark.parametrize("edit", weekly_but(["the model"], ["", "the model"]))
def test_a_backfill_is_no_change_of_meaning(world: World, edit: str):
    """Three old winter months are corrected: counted, shown, judged as usual, whatever else was edited."""
    if edit:
        world.edit("pipelines/problem/model.py", "max_leaf_nodes=params", "max_leaf_nodes=2 * params")
    before = candidate_mae(world)
    winter = r"201[345]-(?:01|02|12)"

    def correct(rows: pd.DataFrame) -> pd.DataFrame:
        old = rows["date_time"].str.match(winter)
        return rows.assign(temp=rows["temp"].where(~old, (rows["temp"].astype(float) + 1.5).round(2).astype(str)))

    deliver(world, correct)
    world.commit("Corrected winters")

    said = world.repro()

    assert "evaluate: rows of before were corrected since the champion was trained" in said
    assert_judged(world, before)


def test_where_the_delivery_lacks_what_the_champion_needs_the_column_is_named(world: World):
    """Nothing can stand for it, so a person decides."""
    deliver(world, lambda rows: rows.drop(columns="clouds_all"))
    drop_a_column(world)
    world.commit("The weather service knows no clouds any more")

    world.repro()

    evaluation = world.json("data/6-evaluate/evaluation.json")
    assert evaluation["decision"] == "hold"
    assert "needs the column clouds_percent" in evaluation["reasons"][0]["text"]
    assert "clouds_all" in evaluation["reasons"][0]["text"]
    assert "unusable" in world.pipeline("monitor").stdout


def test_why_compares_two_that_cannot_read_each_others_table(world: World):
    """A column was renamed: the older code takes the newest delivery in by itself."""
    rename_a_column(world)
    world.set(train__max_iter=150)
    world.commit("Another name")
    world.repro()

    answer = world.pipeline("why")

    assert answer.returncode == 0, answer.stderr
    assert "the older code cannot read the table of run" in answer.stdout
    assert "code" in answer.stdout.splitlines()[0]


def test_a_pull_request_that_renames_a_feature_is_judged(world: World):
    """Without a registry, too: the model of the base brings its code along."""
    for name in ("mlflow.db", "data/5-baseline/registry.json", "data/7-promote/decision.json"):
        (world.path / name).unlink()
    rename_a_feature(world)
    world.commit("Another name")
    assert "champion is the model of commit" in world.pipeline("champion-from", "HEAD~1").stdout

    said = world.repro("evaluate")

    assert "its own code made its features" in said
    assert "kept: not proven better" in world.pipeline("gate").stdout
