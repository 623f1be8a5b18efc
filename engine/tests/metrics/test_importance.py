"""A feature is as important as the loss without it, and one that is not used is not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from champion.metrics.importance import MOST, importance, some

CHANCE = np.random.default_rng(2)
ROWS = pd.DataFrame(
    {"large": CHANCE.normal(0, 10, 400), "small": CHANCE.normal(0, 1, 400), "none": CHANCE.normal(0, 1, 400)}
)
TRUTH = (ROWS["large"] + ROWS["small"]).to_numpy()
MODEL = LinearRegression().fit(ROWS, TRUTH)


def loss(rows: pd.DataFrame) -> float:
    return float(np.abs(MODEL.predict(rows) - TRUTH).mean())


def test_it_is_the_rise_of_the_loss():
    """The mean distance of two values drawn from a normal distribution is 2 / sqrt(pi) of its deviation."""
    found = importance(MODEL, ROWS, loss, seed=7)

    assert found["large"][0] == pytest.approx(10 * 2 / np.pi**0.5, rel=0.1)
    assert found["small"][0] == pytest.approx(2 / np.pi**0.5, rel=0.1)
    assert found["none"] == (0.0, 0.0)
    assert 0 < found["large"][1] < 1


def test_it_is_the_same_each_time():
    """An evaluation is a file: the same inputs, the same bytes."""
    assert importance(MODEL, ROWS, loss, seed=7) == importance(MODEL, ROWS, loss, seed=7)
    assert importance(MODEL, ROWS, loss, seed=7) != importance(MODEL, ROWS, loss, seed=8)


@pytest.mark.parametrize(("rows", "count"), [(0, 0), (1, 1), (1999, 1999), (50_000, MOST)])
def test_of_many_rows_some_are_enough(rows, count):
    """Spread evenly, each once."""
    places = some(rows)

    assert len(places) == len(set(places)) == count
    assert not count or (places[0], places[-1]) == (0, rows - 1)
