"""Logged predictions are scored as the gate scores: values, or probabilities of whatever classes a version knew."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from stages import PROBLEM

from champion.core.params import Evaluate
from champion.monitor import prediction_log

KINDS = replace(PROBLEM, key=["id"], target="kind", time=None)
MAE = Evaluate.model_construct(metric="mae")


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The folder of the log, of rows that a number names."""
    monkeypatch.setattr(prediction_log.files, "PREDICTIONS", tmp_path)
    return tmp_path


def add(log, day: int = 1, **columns: list) -> None:
    at = pd.Timestamp(2026, 1, day, tz="UTC")
    pd.DataFrame(columns).assign(predicted_at=at).to_parquet(log / f"{len(list(log.iterdir()))}.parquet")


def test_versions_with_other_classes_are_scored_each_by_its_own(log):
    """A class without a probability is one that this version did not know. Features may be called like its columns."""
    add(log, id=["1", "2", "9"], prediction=["a", "b", "a"], model_version=["v1"] * 3,
        **{"probability of a": [0.9, 0.2, 1.0], "probability of b": [0.1, 0.8, 0.0]})  # fmt: skip
    add(log, id=["3"], prediction=["c"], model_version=["v2"],
        **{"probability of a": [0.0], "probability of b": [0.5], "probability of c": [0.5]})  # fmt: skip
    rows = pd.DataFrame({"id": [3, 2, 1], "kind": ["c", "b", "b"], "model_version": "a feature", "prediction": 7})

    first, second = prediction_log.scored(KINDS, rows, Evaluate.model_construct(metric="brier"))

    assert (first.version, first.predictions, first.rows) == ("v1", 3, 2)
    assert first.loss == pytest.approx((0.9**2 * 2 + 0.2**2 * 2) / 2)
    assert (second.version, second.rows, second.loss) == ("v2", 1, pytest.approx(0.5))


def test_the_first_prediction_counts_whatever_wrote_its_key(log):
    """A later version may have been trained on the row. A key may come as text from one file and as a number from the next."""
    add(log, day=2, id=["1"], prediction=[4.0], model_version=["v2"])
    add(log, day=1, id=[1], prediction=[5.0], model_version=["v1"])

    (logged,) = prediction_log.scored(KINDS, pd.DataFrame({"id": [1], "kind": [4.0]}), MAE)

    assert prediction_log.said(logged, "mae") == "v1: mae 1 on 1 of 1 prediction"


def test_until_the_target_is_known_it_says_so(log):
    """Nothing is claimed."""
    add(log, id=[5], prediction=[5.0], model_version=["v1"])

    (logged,) = prediction_log.scored(KINDS, pd.DataFrame({"id": [1], "kind": [4.0]}), MAE)

    assert prediction_log.said(logged, "mae") == "v1: 1 prediction, no target is known yet"


@pytest.mark.parametrize(
    ("key", "prediction", "metric", "said"),
    [
        ("one", 5.0, "mae", "not scored: .* is not of today's KEY, id .*Move it away"),
        (1, "much", "mae", "v1: 1 prediction, not scored: could not convert string to float"),
        (1, 5.0, "log_loss", "v1: 1 prediction, not scored: .*log_loss"),
    ],
    ids=["another key", "no number", "a metric of another problem"],
)
def test_what_cannot_be_scored_stops_nothing(log, key, prediction, metric, said):
    """The monitor has more to tell than this."""
    add(log, id=[key], prediction=[prediction], model_version=["v1"])

    (logged,) = prediction_log.scored(
        KINDS, pd.DataFrame({"id": [1], "kind": [4.0]}), Evaluate.model_construct(metric=metric)
    )

    assert re.search(said, prediction_log.said(logged, metric))
