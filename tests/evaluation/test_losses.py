"""A loss is what scikit-learn says it is, row by row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error, root_mean_squared_error

from pipelines.errors import PipelineError
from pipelines.evaluation.losses import CLASSIFICATION, REGRESSION, align, losses, metrics, unknown_classes

CLASSES = ["bus", "car", "tram"]
TRUTH = pd.Series(["car", "bus", "tram"])
PREDICTED = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.8, 0.1, 0.1]])


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


def test_all_metrics_of_values_agree_with_scikit_learn():
    """A figure in the registry must mean what everybody means by it."""
    chance = np.random.default_rng(0)
    truth, predicted = pd.Series(chance.normal(size=50)), chance.normal(size=50)

    found = metrics(truth, predicted, classes=None)

    assert found == {
        "mae": pytest.approx(mean_absolute_error(truth, predicted), abs=1e-6),
        "mse": pytest.approx(mean_squared_error(truth, predicted), abs=1e-6),
        "rmse": pytest.approx(root_mean_squared_error(truth, predicted), abs=1e-6),
        "bias": pytest.approx(predicted.mean() - truth.mean(), abs=1e-6),
    }


def test_all_metrics_of_probabilities_agree_with_scikit_learn():
    """Brier's score is the sum over all classes, as he wrote it in 1950; log loss is in nats."""
    found = metrics(TRUTH, PREDICTED, CLASSES)

    assert found == {
        "log_loss": pytest.approx(log_loss(TRUTH, PREDICTED, labels=CLASSES), abs=1e-6),
        "brier": pytest.approx((0.38 + 0.26 + 1.46) / 3, abs=1e-6),
        "error_rate": pytest.approx(1 / 3, abs=1e-6),
    }


def test_a_forecast_that_is_too_high_has_a_positive_bias():
    """The sign is read by people."""
    assert metrics(pd.Series([10.0, 20.0]), np.array([11.0, 23.0]), classes=None)["bias"] == 2.0


def test_no_rows_have_no_metrics():
    """The mean of nothing is not a number, and is not written as one."""
    assert metrics(pd.Series([], dtype=float), np.empty(0), classes=None) == {}


@pytest.mark.parametrize(
    ("metric", "classes", "known"),
    [("log_loss", None, "regression has mae, mse"), ("mae", CLASSES, "classification has log_loss, brier, error_rate")],
)
def test_a_metric_of_the_other_kind_of_problem_is_explained(metric, classes, known):
    """params.yaml and the model disagree; the message names what fits."""
    with pytest.raises(PipelineError, match=f"evaluate has the metric {metric}; {known}"):
        losses(metric, TRUTH, PREDICTED, classes)


@pytest.mark.parametrize(
    ("metric", "loss"), [("log_loss", 34.538776), ("brier", 0.7**2 + 0.3**2 + 1), ("error_rate", 1.0)]
)
def test_a_class_that_the_model_never_saw_counts_as_wrong(metric, loss):
    """One such row of 360 stopped everything; it has the probability 0."""
    truth, predicted = pd.Series(["car", "bike"]), np.array([[0.3, 0.7], [0.3, 0.7]])

    assert losses(metric, truth, predicted, ["bus", "car"])[1] == pytest.approx(loss)
    assert np.isfinite(losses(metric, truth, predicted, ["bus", "car"])).all()
    assert unknown_classes(truth, ["bus", "car"]) == {"bike": 1}


def test_decisions_have_the_metrics_that_need_no_probability():
    """A model that only decides is asked for nothing else, and the way out is named."""
    truth, decided = pd.Series(["bus", "car"]), np.array([[True, False], [True, False]])

    assert metrics(truth, decided, ["bus", "car"]) == {"error_rate": 0.5}
    assert align(decided, ["bus", "car"], ["bus", "bike", "car"]).dtype == bool
    with pytest.raises(PipelineError, match=r"log_loss, which needs probabilities.*Take error_rate, or"):
        losses("log_loss", truth, decided, ["bus", "car"])


def test_models_that_know_other_classes_are_compared_on_all_of_them():
    """What one does not know has the probability 0; the order of the classes is no matter."""
    assert align(np.array([[0.3, 0.7]]), ["bus", "car"], ["car", "bike", "bus"]).tolist() == [[0.7, 0.0, 0.3]]


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
@given(rows=st.lists(st.tuples(st.integers(-9999, 9999), st.floats(-1e4, 1e4)), min_size=1))
def test_regression_losses_are_one_per_row_and_never_negative(rows):
    """Whole numbers as truth are no different."""
    truth, predicted = pd.Series([row[0] for row in rows]), np.array([row[1] for row in rows])

    for metric in REGRESSION:
        found = losses(metric, truth, predicted, classes=None)
        assert found.shape == (len(rows),)
        assert (found >= 0).all()
        assert losses(metric, truth, truth.to_numpy(), classes=None).tolist() == [0] * len(rows)
