"""A loss of the problem's own judges as any other, and a mistake in it is told."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import copy_of_project
from stages import PROBLEM

from champion.core.errors import PipelineError
from champion.metrics import own_loss
from champion.metrics.losses import Settings, losses, metrics

ROWS = pd.DataFrame({"time": pd.date_range("2018-09-30", periods=3, freq="h"), "vehicles": [10.0, 20.0, 30.0]})
PREDICTED = np.array([12.0, 15.0, 30.0])


def too_little_costs_double(rows, predicted):
    short = rows["vehicles"] - predicted
    return short.where(short < 0, 2 * short).abs()


@pytest.fixture
def own(monkeypatch):
    """Return the loss of each row by a function of the problem's."""

    def judged(function, predicted=PREDICTED, classes=None):
        monkeypatch.setattr("pipelines.problem.loss.loss", function)
        return losses("own", ROWS["vehicles"], predicted, classes, Settings(own=own_loss.on(PROBLEM, ROWS))).by_row

    return judged


def test_it_is_given_rows_and_predictions(own):
    """Both under the same index, so that pandas pairs them."""
    assert own(too_little_costs_double).tolist() == [2.0, 10.0, 0.0]
    assert own(lambda rows, predicted: (rows["vehicles"] - predicted).abs().tolist()).tolist() == [2.0, 5.0, 0.0]


def test_probabilities_come_with_the_names_of_their_classes(own):
    """Nobody should have to know their order."""
    chance = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])

    assert own(lambda rows, predicted: predicted["late"], chance, ["on time", "late"]).tolist() == [0.1, 0.5, 0.8]


def test_it_is_reported_beside_the_others(monkeypatch):
    """Also where another metric decides."""
    monkeypatch.setattr("pipelines.problem.loss.loss", too_little_costs_double)

    found = metrics(ROWS["vehicles"], PREDICTED, None, Settings(own=own_loss.on(PROBLEM, ROWS)))

    assert (found["own"], found["mae"]) == (4.0, pytest.approx(7 / 3, abs=1e-6))


def test_a_missing_prediction_may_have_a_missing_loss(own):
    """That the model gave none is the gate's to tell, and no mistake of the loss."""
    assert np.isnan(own(too_little_costs_double, np.array([np.nan, 15.0, 30.0]))[0])


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda rows, predicted: predicted[:2], r"returned the shape \(2,\); \(3,\) is expected"),
        (lambda rows, predicted: 5.0, r"returned the shape \(\)"),
        (lambda rows, predicted: "much", "returned a str; a number for each row is expected"),
        (
            lambda rows, predicted: predicted * np.nan,
            "is nan for the row 2018-09-30 00:00:00 and 2 more; a finite number",
        ),
        (
            lambda rows, predicted: rows["vehicles"] - predicted,
            "is -2 for the row 2018-09-30 00:00:00 and 0 more; a loss is 0",
        ),
    ],
)
def test_a_mistake_in_it_is_told(own, made, message):
    """Length, kind, missing values and sign."""
    with pytest.raises(PipelineError, match=rf"loss\(\) in pipelines/problem/loss.py {message}"):
        own(made)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ([1.0, 2.0], r"returned the shape \(2,\); \(3,\) is expected"),
        ([1.0, -2.0, 1.0], "is -2 for the row .* and 0 more; how much a row counts is 0 or more"),
        ([1.0, np.nan, np.nan], "is nan for the row .* and 1 more"),
        ([0.0, 0.0, 0.0], "is 0 for every row"),
    ],
)
def test_a_mistake_in_weights_is_told(monkeypatch, told, message):
    """One for each row, none below 0, and not 0 for all."""
    monkeypatch.setattr("pipelines.problem.loss.weights", lambda rows: told)

    with pytest.raises(PipelineError, match=rf"weights\(\) in pipelines/problem/loss.py {message}"):
        own_loss.weights(PROBLEM, ROWS)


@pytest.mark.slow
def test_it_decides_from_the_first_champion_on(tmp_path):
    """The gate, its limits, the report, why and the monitor go by it, and by the features it looks at."""
    world = copy_of_project(tmp_path / "world")
    world.edit("pipelines/problem/loss.py", "    del rows, predicted  # unused here\n    return None\n", OWN)
    world.set(evaluate__metric="own", evaluate__limits={"own": [40.0, 600.0], "mape": [0.01, 0.5]})
    world.commit("Too few vehicles cost double at rush hour")
    assert "v1 is champion" in world.repro()
    world.set(train__max_iter=100)
    world.commit("A worse one")
    world.repro()

    found = world.json("data/6-evaluate/evaluation.json")
    rows = pd.read_csv(world.path / "data/6-evaluate/predictions.csv")
    rush = pd.to_datetime(rows["row"]).dt.hour.isin([7, 8, 16, 17])
    error = rows["actual"] - rows["candidate"]
    expected = error.abs() * np.where(rush & (error > 0), 2, 1)
    assert rows["candidate_loss"].to_numpy() == pytest.approx(expected.to_numpy(), abs=0.02)
    assert found["metrics"]["candidate"]["own"] == pytest.approx(expected.mean(), rel=1e-3)
    assert found["metrics"]["candidate"]["own"] > found["metrics"]["candidate"]["mae"] * 1.05
    assert any("the champion's own" in reason["text"] for reason in found["reasons"])
    assert "own rose by" in (told := world.pipeline("why").stdout), told
    assert json.loads(world.pipeline("monitor", "--json").stdout)["metric"] == "own"
    assert "v1 was reproduced exactly" in world.pipeline("reproduce", "1").stdout


@pytest.mark.weekly
def test_a_mistake_in_it_stops_the_run_with_one_message(tmp_path):
    """A column that is not there: the line of the problem's code, and no traceback."""
    world = copy_of_project(tmp_path / "world")
    world.edit(
        "pipelines/problem/loss.py",
        "    del rows, predicted  # unused here\n    return None",
        '    return rows["vehicle"]',
    )

    said = world.repro(check=False)

    assert "pipelines/problem/loss.py, line 12, in loss: KeyError: 'vehicle'" in said
    assert "Traceback" not in said


OWN = """    short = rows["vehicles"] - predicted
    rush = rows["hour"].isin([7, 8, 16, 17])
    return short.abs() * (1 + (rush & (short > 0)))
"""
