"""The champion answers for rows as they are delivered, with the features that the pipeline makes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Prepared, World, environment_of

from champion.core import models
from champion.core.documents.model import ModelCard

FILE = "data/0-source/metro_interstate_traffic_volume.csv.gz"


@pytest.fixture
def week(first_champion: Prepared) -> pd.DataFrame:
    """The last week of the delivery as text, without its target."""
    rows = pd.read_csv(first_champion.path / FILE, dtype=str, keep_default_na=False)
    return rows[rows["date_time"] >= "2018-09-24"].drop(columns="traffic_volume").reset_index(drop=True)


def ask(world: World, rows: pd.DataFrame, folder: Path, out: str = "out.csv", *options: str):
    rows.to_csv(folder / "in.csv", index=False)
    return world.pipeline("predict", str(folder / "in.csv"), str(folder / out), *options)


def served(world: World) -> pd.DataFrame:
    """Return what the refit of the first champion predicts for the holdout, as the pipeline made it."""
    refit = world.path / "data/4-train/refit"
    card = ModelCard.read(refit / "card.json")
    rows = pd.read_parquet(world.path / "data/3-features/holdout.parquet")
    model = models.load(refit / "model.skops", card.trusted_types)
    return pd.DataFrame({"time": rows["time"], "prediction": models.predict(model, rows[card.columns])})


def test_the_answers_are_those_of_what_serves_to_the_bit(world: World, week: pd.DataFrame, tmp_path: Path):
    """Raw rows in any order, several to an hour, against features that the pipeline made of the same."""
    done = ask(world, week.sample(frac=1, random_state=1), tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"v1 predicted 168 rows, made of the 183 in {tmp_path}/in.csv\n"
    told = pd.read_csv(tmp_path / "out.csv", parse_dates=["time"])
    expected = served(world).tail(168).reset_index(drop=True)
    assert told["time"].tolist() == expected["time"].tolist()
    assert np.array_equal(told["prediction"], expected["prediction"])
    card = ModelCard.read(world.path / "data/4-train/refit/card.json")
    assert set(told["model_version"] + told["model_sha256"]) == {f"v1{card.model_sha256}"}


def test_rows_of_the_future_are_answered_and_bad_ones_set_aside(world: World, week: pd.DataFrame, tmp_path: Path):
    """By the same rules as a delivery, each with its reason; the file of before is replaced."""
    later = week.assign(
        date_time=week["date_time"].str.replace("2018-09-2", "2018-10-0").str.replace("2018-09-30", "2018-10-10")
    )
    later.loc[3, "temp"], later.loc[5, "date_time"] = "0.0", "yesterday"

    done = ask(world, later, tmp_path, "out.parquet", "--version", "1")
    told, aside = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("out", "out.quarantine"))
    again = ask(world, later.drop([3, 5]), tmp_path, "out.parquet")

    assert "2 rows set aside" in done.stdout, done.stderr
    assert "1 like temperature_k (temp): 0.0 is impossible (210 to 325)" in done.stdout
    assert "1 like time (date_time): 'yesterday' is not a time" in done.stdout
    assert told["time"].min() == pd.Timestamp("2018-10-04")
    assert told["prediction"].between(0, 8000).all()
    assert list(aside["date_time"]) == ["2018-10-04 03:00:00", "yesterday"]
    assert again.returncode == 0
    assert not (tmp_path / "out.quarantine.parquet").exists()


@pytest.mark.parametrize(
    ("change", "out", "options", "said"),
    [
        (lambda rows: rows.drop(columns="temp"), "out.csv", [], "in.csv has no column temp; it has "),
        (lambda rows: rows.assign(weather_main="Frogs"), "out.csv", [], "v1 does not predict these rows: it did not learn weather 'Frogs' (time 2018-09-24 00:00:00)."),
        (lambda rows: rows[:0], "out.csv", [], "in.csv has a header and no rows"),
        (lambda rows: rows.assign(temp="warm"), "out.csv", [], "none of the 183 rows of "),
        (lambda rows: rows, "out.json", [], "out.json ends in .json; .csv or .parquet is expected."),
        (lambda rows: rows, "out.csv", ["--version", "7"], "'7' is neither a version nor a run"),
    ],
    ids=["a column is missing", "a word it never met", "no rows", "no good rows", "another format", "no such version"],
)  # fmt: skip
def test_what_cannot_be_answered_is_one_message(
    world: World, week: pd.DataFrame, tmp_path: Path, change, out, options, said
):
    """And nothing is written."""
    done = ask(world, change(week), tmp_path, out, *options)

    assert done.returncode in (1, 65)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / out).exists()


def test_a_file_that_is_not_there_is_named(world: World, tmp_path: Path):
    """With what is expected."""
    done = world.pipeline("predict", str(tmp_path / "none.csv"), str(tmp_path / "out.csv"))

    assert done.returncode == 65
    assert (
        "none.csv does not exist, or is no file; rows like those of metro_interstate_traffic_volume.csv.gz"
        in done.stderr
    )


def test_a_packed_file_that_is_broken_is_named(world: World, tmp_path: Path):
    """A copy that was cut off."""
    (tmp_path / "in.csv.gz").write_bytes((world.path / FILE).read_bytes()[:5000])

    done = world.pipeline("predict", str(tmp_path / "in.csv.gz"), str(tmp_path / "out.csv"))

    assert done.returncode == 65
    assert "in.csv.gz cannot be unpacked: Compressed file ended before" in done.stderr


def test_ready_features_get_the_same_answers(world: World, tmp_path: Path):
    """From a folder of Parquet files or as CSV, whatever else stands beside the features; no history is asked."""
    holdout = pd.read_parquet(world.path / "data/3-features/holdout.parquet")
    (tmp_path / "in").mkdir()
    holdout[:300].to_parquet(tmp_path / "in/a.parquet")
    holdout[300:].to_csv(tmp_path / "in/b.csv", index=False)
    (tmp_path / "in/_SUCCESS").touch()

    done = world.pipeline("predict", str(tmp_path / "in"), str(tmp_path / "out.parquet"), "--features")
    told = pd.read_parquet(tmp_path / "out.parquet")

    assert done.stdout == f"v1 predicted 672 rows, made of the 672 in {tmp_path}/in\n", done.stderr
    assert np.array_equal(told["prediction"], served(world)["prediction"])
    assert list(told.columns) == ["time", "prediction", "model_version", "model_sha256"]


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        (lambda rows: rows.drop(columns="weather"), "in.csv", "in.csv has no column weather; it has time, vehicles, hour,"),
        (lambda rows: rows.assign(hour=rows["hour"] + 0.5), "in.csv", "in.csv: the feature hour is no int32, which the model takes: some are no whole"),
        (lambda rows: rows.assign(rain_mm="much"), "in.parquet", "in.parquet: the feature rain_mm is no float64"),
        (lambda rows: rows[:0], "in.csv", "none of the 0 rows of "),
        (lambda rows: rows[:0], "in.parquet", "none of the 0 rows of "),
        (lambda rows: rows, "in.json", "in.json ends in .json; .parquet, .csv or .tsv is expected."),
    ],
    ids=["a feature is missing", "no whole number", "no number", "no rows", "no rows of Parquet", "another format"],
)  # fmt: skip
def test_features_that_are_none_are_named(world: World, tmp_path: Path, change, name, said):
    """And the answers of before stay."""
    rows = change(pd.read_parquet(world.path / "data/3-features/holdout.parquet").head(5))
    place = tmp_path / name
    rows.to_parquet(place) if place.suffix == ".parquet" else rows.to_csv(place, index=False)
    (tmp_path / "out.csv").write_text("before")

    done = world.pipeline("predict", str(place), str(tmp_path / "out.csv"), "--features")

    assert done.returncode == 65
    assert said in done.stderr
    assert (tmp_path / "out.csv").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"world", name, "out.csv"}


def test_a_folder_is_answered_as_its_files_together(world: World, week: pd.DataFrame, tmp_path: Path):
    """Whatever is hidden in it."""
    (tmp_path / "in").mkdir()
    week[:100].to_csv(tmp_path / "in/1.csv", index=False)
    week[100:].to_csv(tmp_path / "in/2.csv", index=False)
    (tmp_path / "in/.3.csv").write_text("half")

    done = world.pipeline("predict", str(tmp_path / "in"), str(tmp_path / "out.csv"))
    whole = ask(world, week, tmp_path, "whole.csv")

    assert (done.returncode, whole.returncode) == (0, 0), done.stderr
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.slow
def test_what_was_predicted_is_scored_once_the_target_is_known(world: World, tmp_path: Path):
    """Not what the champion says today: of a row that was predicted twice the first prediction counts."""
    rows = pd.read_csv(world.path / FILE, dtype=str, keep_default_na=False)
    week = rows[rows["date_time"] >= "2018-09-24"].drop(columns="traffic_volume")
    later = week.assign(date_time=week["date_time"].str.replace("2018-09", "2019-09"))
    log = world.path / "data/predictions"

    world.pipeline("as-of", "2018-09-23")
    world.repro("validate")
    first = ask(world, week, tmp_path, "first.csv", "--log")
    assert first.returncode == 0, first.stderr
    logged = pd.read_parquet(next(log.iterdir()))
    world.pipeline("as-of", "2018-09-30")
    world.repro("validate")
    again = ask(world, pd.concat([week, later]), tmp_path, "second.csv", "--log")
    said = world.pipeline("monitor")
    document = json.loads(world.pipeline("monitor", "--json").stdout)["logged"]
    logged.assign(prediction=0.0, predicted_at=pd.Timestamp("2000-01-01", tz="UTC")).to_parquet(log / "0.parquet")
    after = json.loads(world.pipeline("monitor", "--json").stdout)["logged"]

    told = pd.read_csv(tmp_path / "first.csv")
    assert "168 of them not logged: their target is known already" in again.stdout
    truth = pd.read_parquet(world.path / "data/3-features/holdout.parquet")["vehicles"].tail(168)
    mae = float(np.abs(told["prediction"].to_numpy() - truth.to_numpy()).mean())
    span = ["2018-09-24 00:00:00", "2018-09-30 23:00:00"]
    assert f"logged     v1: mae {mae:.1f} on 168 of 336 predictions, {' to '.join(span)}" in said.stdout
    assert document == [
        {"version": "v1", "predictions": 336, "rows": 168, "window": span, "loss": pytest.approx(mae), "obstacle": ""}
    ]
    assert after[0]["loss"] == pytest.approx(truth.mean())


def test_predictions_that_name_no_row_are_not_logged(world: World, tmp_path: Path):
    """Nobody could ever say whether they were right. Nothing is written."""
    holdout = pd.read_parquet(world.path / "data/3-features/holdout.parquet").drop(columns="time")
    holdout.to_parquet(tmp_path / "in.parquet")

    done = world.pipeline("predict", str(tmp_path / "in.parquet"), str(tmp_path / "out.csv"), "--features", "--log")

    assert done.returncode == 65
    assert "in.parquet has no column time; it has vehicles" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_rows_with_other_features_than_the_model_learned_are_not_predicted(world: World, tmp_path: Path):
    """They have the same names and types: only rows that the model remembers tell."""
    rows = pd.read_csv(world.path / FILE, dtype=str, keep_default_na=False).tail(20)
    world.edit("pipelines/problem/features.py", ".dt.hour", ".dt.hour + 1")

    done = ask(world, rows, tmp_path)

    assert done.returncode == 65
    assert "v1: the champion learned another hour: " in done.stderr
    assert "`pipeline lineage v1` says how to get back its code" in done.stderr


@pytest.mark.slow
def test_the_same_rows_are_not_predicted_twice_at_once(world: World, week: pd.DataFrame, tmp_path: Path):
    """A scheduler that tries again while the first still works would delete what that has done."""
    week.to_csv(tmp_path / "in.csv", index=False)
    command = [sys.executable, "-m", "champion", "predict", str(tmp_path / "in.csv")]
    both = [
        subprocess.Popen(
            [*command, str(tmp_path / f"{name}.csv")],
            cwd=world.path,
            env=environment_of(),
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    said = [process.communicate()[1] for process in both]

    assert sorted(process.returncode for process in both) in ([0, 65], [0, 0])
    for process, error in zip(both, said, strict=True):
        assert process.returncode == 0 or "another process predicts the same rows at this moment" in error
    assert {len(pd.read_csv(path)) for path in tmp_path.glob("[ot]*.csv")} == {168}


@pytest.mark.parametrize(
    ("asked", "out"),
    [("in.csv", "in.csv"), (".", "new.csv"), ("in.csv", FILE), ("s3://store/in.csv", "s3://store/in.csv")],
    ids=["itself", "a folder of it", "the delivery", "an address"],
)
def test_what_is_asked_about_is_not_written_over(world: World, tmp_path: Path, asked: str, out: str):
    """Nor is the delivery."""
    place = [name if "://" in name or name == FILE else str(tmp_path / name) for name in (asked, out)]

    done = world.pipeline("predict", *place)

    assert done.returncode == 65
    assert "would be written over" in done.stderr
