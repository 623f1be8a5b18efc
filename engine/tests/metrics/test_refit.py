"""A refit may differ from the model that was judged as far as more rows explain it, and no further."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from champion.metrics.refit import beyond_explanation

CHANCE = np.random.default_rng(3)
ROWS, HELD = 1500, 100
INPUTS = CHANCE.normal(size=(ROWS + HELD, 3))
TARGET = INPUTS @ [3.0, 1.0, 0.0] + CHANCE.normal(size=ROWS + HELD)


def told(judged: BaseEstimator, refitted: BaseEstimator, target: np.ndarray = TARGET, margin: float = 0.01) -> str:
    """Compare the squared errors of two fitted models."""
    with threadpool_limits(1, user_api="openmp"):  # other tests run beside
        costs = [(model.predict(INPUTS) - target) ** 2 for model in (judged, refitted)]
    parts = [(each[:ROWS], each[ROWS:]) for each in costs]
    return beyond_explanation(parts[0], parts[1], (ROWS, HELD), margin)


def fitted(model: BaseEstimator, rows: int, target: np.ndarray = TARGET) -> BaseEstimator:
    return model.fit(INPUTS[:rows], target[:rows])


@pytest.mark.parametrize(
    "make",
    [
        LinearRegression,
        lambda: DecisionTreeRegressor(random_state=0),
        lambda: DecisionTreeRegressor(min_samples_leaf=5, random_state=0),
        lambda: RandomForestRegressor(20, random_state=0),
        lambda: RandomForestRegressor(20),
        lambda: KNeighborsRegressor(1),
        lambda: KNeighborsRegressor(5),
    ],
    ids=["a line", "a tree", "a small tree", "a forest", "a forest by chance", "one neighbour", "five neighbours"],
)
def test_more_rows_explain_what_they_do(make):
    """Also of models that know each row by heart, and of those that chance shakes."""
    assert told(fitted(make(), ROWS), fitted(make(), ROWS + HELD)) == ""


def test_the_bound_is_that_of_a_minimum():
    """Least squares misses neither inequality, without any margin, whatever the new rows are like."""
    strange = np.append(TARGET[:ROWS], TARGET[ROWS:] * -4)

    assert told(fitted(LinearRegression(), ROWS), fitted(LinearRegression(), ROWS + HELD, strange), strange, 0.0) == ""


def test_a_refit_that_forgot_is_told():
    """Fitted to the newest rows alone, it loses what it knew."""
    refit = LinearRegression().fit(INPUTS[ROWS:][:4], TARGET[ROWS:][:4])

    said = told(fitted(LinearRegression(), ROWS), refit)

    assert said.startswith("the refit loses ")
    assert "more on the training rows, " in said
    assert "at most is explained" in said


def test_a_refit_that_did_not_learn_the_new_rows_is_told():
    """It has seen them, and is worse there than the one that has not."""
    wrong = np.append(TARGET[:ROWS], -TARGET[ROWS:])
    judged = fitted(LinearRegression(), ROWS)
    refit = KNeighborsRegressor(1).fit(INPUTS, wrong)

    said = told(judged, refit)

    assert "more on the holdout, 1.0% at most is explained" in said
    assert "training rows" not in said


def test_a_loss_that_is_no_number_is_told():
    """As when a refit answers nothing for some rows."""
    assert "the holdout" in beyond_explanation((np.ones(3), np.ones(3)), (np.ones(3), np.full(3, np.nan)), (3, 3), 0.01)
