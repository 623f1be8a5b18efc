"""Each metric has its name, its figure in the report, and a reason where it cannot be told."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_pinball_loss,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)

from champion.core.errors import PipelineError
from champion.metrics.by_row import Settings
from champion.metrics.losses import align, losses, metrics, unknown_classes

CLASSES = ["bus", "car", "tram"]
TRUTH = pd.Series(["car", "bus", "tram"])
PREDICTED = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.8, 0.1, 0.1]])


def test_all_metrics_of_values_agree_with_scikit_learn():
    """A figure in the registry must mean what everybody means by it."""
    chance = np.random.default_rng(0)
    truth, predicted = pd.Series(chance.normal(size=50)), chance.normal(size=50)

    found = metrics(truth, predicted, None, Settings(quantile=0.9))

    assert found == {
        "mae": pytest.approx(mean_absolute_error(truth, predicted), abs=1e-6),
        "mse": pytest.approx(mean_squared_error(truth, predicted), abs=1e-6),
        "mape": pytest.approx(mean_absolute_percentage_error(truth, predicted), abs=1e-6),
        "mean_pinball_loss": pytest.approx(mean_pinball_loss(truth, predicted, alpha=0.9), abs=1e-6),
        "rmse": pytest.approx(mean_squared_error(truth, predicted) ** 0.5, abs=1e-6),
        "wape": pytest.approx(np.abs(truth - predicted).sum() / np.abs(truth).sum(), abs=1e-6),
        "r2": pytest.approx(r2_score(truth, predicted), abs=1e-6),
        "bias": pytest.approx(predicted.mean() - truth.mean(), abs=1e-6),
    }


def test_all_metrics_of_probabilities_agree_with_scikit_learn():
    """Brier's score is the sum over all classes, as he wrote it in 1950; log loss is in nats."""
    found = metrics(TRUTH, PREDICTED, CLASSES)

    assert found == {
        "log_loss": pytest.approx(log_loss(TRUTH, PREDICTED, labels=CLASSES), abs=1e-6),
        "brier": pytest.approx((0.38 + 0.26 + 1.46) / 3, abs=1e-6),
        "error_rate": pytest.approx(1 / 3, abs=1e-6),
        "roc_auc": pytest.approx(roc_auc_score(TRUTH, PREDICTED, multi_class="ovr"), abs=1e-6),
        "average_precision": pytest.approx(average_precision_score(pd.get_dummies(TRUTH), PREDICTED), abs=1e-6),
        "f1": pytest.approx(f1_score(TRUTH, ["car", "bus", "bus"], average="macro"), abs=1e-6),
        "f1_macro": pytest.approx(f1_score(TRUTH, ["car", "bus", "bus"], average="macro"), abs=1e-6),
    }


def test_a_forecast_that_is_too_high_has_a_positive_bias():
    """The sign is read by people."""
    assert metrics(pd.Series([10.0, 20.0]), np.array([11.0, 23.0]), classes=None)["bias"] == 2.0


def test_no_rows_have_no_metrics():
    """The mean of nothing is not a number, and is not written as one."""
    assert metrics(pd.Series([], dtype=float), np.empty(0), classes=None) == {}


@pytest.mark.parametrize(
    ("metric", "classes", "known"),
    [
        ("log_loss", None, "regression has mae, mse, mape"),
        ("mae", CLASSES, "classification has log_loss, brier, error_rate"),
    ],
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

    assert losses(metric, truth, predicted, ["bus", "car"]).by_row[1] == pytest.approx(loss)
    assert np.isfinite(losses(metric, truth, predicted, ["bus", "car"]).by_row).all()
    assert unknown_classes(truth, ["bus", "car"]) == {"bike": 1}


def test_decisions_have_the_metrics_that_need_no_probability():
    """A model that only decides is asked for nothing else, and the way out is named."""
    truth, decided = pd.Series(["bus", "car"]), np.array([[True, False], [True, False]])

    assert metrics(truth, decided, ["bus", "car"]) == {
        "error_rate": 0.5,
        "f1": 0.0,
        "f1_macro": pytest.approx(1 / 3, abs=1e-6),
    }
    assert align(decided, ["bus", "car"], ["bus", "bike", "car"]).dtype == bool
    with pytest.raises(PipelineError, match=r"log_loss; it needs probabilities.*Take error_rate, or"):
        losses("log_loss", truth, decided, ["bus", "car"])


def test_models_that_know_other_classes_are_compared_on_all_of_them():
    """What one does not know has the probability 0; the order of the classes is no matter."""
    assert align(np.array([[0.3, 0.7]]), ["bus", "car"], ["car", "bike", "bus"]).tolist() == [[0.7, 0.0, 0.3]]


@pytest.mark.parametrize(
    ("metric", "truth", "message"),
    [
        ("mape", [0.0, 1.0], "it divides by the target, which is 0 in 1 rows"),
        ("mean_poisson_deviance", [-1.0, 1.0], "it is for counts, and the target is below 0 in 1 rows"),
        ("mean_pinball_loss", [1.0, 1.0], "it needs evaluate.quantile"),
        ("own", [1.0, 1.0], r"loss\(\) in pipelines/problem/loss.py returns None"),
    ],
)
def test_a_metric_that_cannot_be_told_says_why(metric, truth, message):
    """Infinite losses of all models would look like a bad candidate."""
    with pytest.raises(PipelineError, match=f"params.yaml: evaluate has the metric {metric}; {message}"):
        losses(metric, pd.Series(truth), np.ones(2), None, Settings(own=lambda predicted, classes: None))


def test_a_positive_class_that_does_not_exist_is_told():
    """A typing mistake must not fall back on another class."""
    with pytest.raises(PipelineError, match=r"f1; evaluate\.positive is trams, and the model knows bus, car, tram"):
        losses("f1", TRUTH, PREDICTED, CLASSES, Settings(positive="trams"))
    assert "f1" not in metrics(TRUTH, PREDICTED, CLASSES, Settings(positive="trams"))
