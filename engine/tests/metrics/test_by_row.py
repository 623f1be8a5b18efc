"""A loss is what scikit-learn says it is, row by row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_poisson_deviance

from champion.core.errors import PipelineError
from champion.metrics import losses as by_name
from champion.metrics.by_row import CLASSIFICATION, REGRESSION, Settings
from champion.metrics.losses import metrics

CLASSES = ["bus", "car", "tram"]
TRUTH = pd.Series(["car", "bus", "tram"])
PREDICTED = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.8, 0.1, 0.1]])


def losses(*told, **named):
    """Return the loss of each row."""
    return by_name.losses(*told, **named).by_row


@pytest.mark.parametrize(("metric", "expected"), [("mae", [2.0, 3.0, 0.0]), ("mse", [4.0, 9.0, 0.0])])
def test_losses_of_values(metric, expected):
    """Too much costs as much as too little."""
    found = losses(metric, pd.Series([10, 10, 10]), np.array([12.0, 7.0, 10.0]), classes=None)

    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("log_loss", [0.693147, 0.510826, 2.302585]),  # -ln 0.5, -ln 0.6, -ln 0.1
        ("brier", [0.38, 0.26, 1.46]),  # 0.2² + 0.5² + 0.3², …
        ("error_rate", [0.0, 0.0, 1.0]),
    ],
)
def test_losses_of_probabilities(metric, expected):
    """The class that came true is found by its place among the classes, not by its order in the rows."""
    assert losses(metric, TRUTH, PREDICTED, CLASSES) == pytest.approx(expected, abs=1e-6)


def test_certainty_in_the_wrong_class_costs_much_but_not_infinitely():
    """One row of probability 0 must not outweigh a whole month."""
    found = losses("log_loss", pd.Series(["bus"]), np.array([[0.0, 1.0, 0.0]]), CLASSES)

    assert found == pytest.approx([34.538776])


@pytest.mark.parametrize("classes", [[False, True], [0, 1], ["no", "yes"]])
def test_classes_may_be_of_any_type(classes):
    """Truth and classes meet by value."""
    truth = pd.Series([classes[1], classes[0]])

    assert losses("error_rate", truth, np.array([[0.1, 0.9], [0.4, 0.6]]), classes).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("metric", ["log_loss", "brier", "mae", "mse"])
def test_a_missing_prediction_has_a_missing_loss(metric):
    """NaN must reach the gate, which knows what to do with it."""
    classes = CLASSES if metric in CLASSIFICATION else None
    truth = pd.Series(["car", "bus"]) if classes else pd.Series([1.0, 2.0])
    predicted = np.full((2, 3), np.nan) if classes else np.full(2, np.nan)

    assert np.isnan(losses(metric, truth, predicted, classes)).all()


def test_a_missing_probability_is_no_right_answer():
    """A classifier that answers NaN has not chosen the first class."""
    found = losses("error_rate", pd.Series(["bus", "car"]), np.full((2, 3), np.nan), CLASSES)

    assert np.isnan(found).all() or found.tolist() == [1.0, 1.0]


def test_predictions_in_a_column_are_values_too():
    """A model fitted on a one-column frame predicts shape (rows, 1)."""
    found = losses("mae", pd.Series([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [5.0]]), classes=None)

    assert found.tolist() == [0.0, 0.0, 2.0]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(CLASSES), st.lists(st.floats(0.01, 1), min_size=3, max_size=3)), min_size=1)
)
def test_classification_losses_are_one_per_row_and_never_negative(rows):
    """Rows stay rows, and nothing is cheaper than being right."""
    truth = pd.Series([name for name, _ in rows])
    weights = np.array([weight for _, weight in rows])
    predicted = weights / weights.sum(axis=1, keepdims=True)

    for metric in CLASSIFICATION:
        found = losses(metric, truth, predicted, CLASSES)
        assert found.shape == (len(rows),)
        assert (found >= 0).all()
        right = losses(metric, truth, np.eye(3)[[CLASSES.index(name) for name in truth]], CLASSES)
        assert right == pytest.approx(np.zeros(len(rows)))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(1, 9999), st.floats(1e-3, 1e4)), min_size=1))
def test_regression_losses_are_one_per_row_and_never_negative(rows):
    """Whole numbers as truth are no different."""
    truth, predicted = pd.Series([row[0] for row in rows]), np.array([row[1] for row in rows])

    for metric in (*REGRESSION, "mean_pinball_loss"):
        found = losses(metric, truth, predicted, None, Settings(quantile=0.1))
        assert found.shape == (len(rows),)
        assert (found >= -1e-9).all()
        assert losses(metric, truth, truth.to_numpy(float), None, Settings(quantile=0.1)) == pytest.approx(
            np.zeros(len(rows))
        )


def test_the_deviance_of_counts_agrees_with_scikit_learn():
    """Zeros are counts, too."""
    truth, predicted = pd.Series([0, 2, 7]), np.array([0.5, 2.0, 3.0])

    found = metrics(truth, predicted, None)

    assert found["mean_poisson_deviance"] == pytest.approx(mean_poisson_deviance(truth, predicted), abs=1e-6)
    assert "mape" not in found  # a target of 0 cannot be divided by
    assert np.isinf(losses("mean_poisson_deviance", truth, np.array([0.5, 0.0, 3.0]), None)[1])


COSTS = {"bus": {"car": 1.0, "tram": 2.0}, "car": {"bus": 5.0}, "tram": {"bus": 20.0}, "bike": {"car": 7.0}}


def test_a_wrong_decision_costs_what_params_say():
    """The truth bus, decided tram, is not the truth tram, decided bus; a class never seen has its costs, too."""
    told = Settings(costs=COSTS)

    assert losses("cost", TRUTH, PREDICTED, CLASSES, told).tolist() == [0.0, 0.0, 20.0]
    assert losses("cost", pd.Series(["bike"]), PREDICTED[:1], CLASSES, told).tolist() == [7.0]
    assert metrics(TRUTH, PREDICTED > 0.45, CLASSES, told)["cost"] == pytest.approx(20 / 3, abs=1e-6)
    with pytest.raises(PipelineError, match=r"evaluate\.costs does not say what it costs to take car for tram"):
        losses("cost", pd.Series(["car"]), np.array([[0.0, 0.1, 0.9]]), CLASSES, told)
