"""What a model's predictions cost, by name of the metric. Smaller is better: of a score, 1 - score is the loss."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from champion.core.errors import PipelineError
from champion.core.params import SCORES
from champion.metrics import aggregates
from champion.metrics.aggregates import Loss, Ranked, Summed
from champion.metrics.by_row import CLASSIFICATION, REGRESSION, Settings, by_row, encode

NOTHING = Settings()
# Metrics of rows taken together, and the loss that stands for a single row.
REGRESSION_TOGETHER = {"rmse": "mse", "wape": "mae", "r2": "mse"}
CLASSIFICATION_TOGETHER = {
    "roc_auc": "brier", "average_precision": "brier", "f1": "error_rate", "f1_macro": "error_rate"
}  # fmt: skip
TOGETHER = REGRESSION_TOGETHER | CLASSIFICATION_TOGETHER
AREAS = {"roc_auc": aggregates.under_roc, "average_precision": aggregates.average_precision}
PROBABILISTIC = ("log_loss", "brier", *AREAS)  # they need probabilities; decisions have the others
SET = {"mean_pinball_loss": "quantile", "cost": "costs"}  # metric: the param of `evaluate` that it needs


def losses(
    metric: str, truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None, settings: Settings = NOTHING
) -> Loss:
    """Return what these predictions cost, in the metric's unit.

    `predicted` holds values, shape (rows,), or with `classes` their probabilities, shape (rows, classes). A row of a
    class that the model does not know counts as wrong, with the probability 0.

    Decisions are true and false in place of probabilities.

    Raises:
        PipelineError: if the metric is not one for this kind of problem, of prediction or of truth.

    >>> losses("mae", pd.Series([3.0, 5.0]), np.array([4.0, 1.0]), None).by_row.tolist()
    [1.0, 4.0]
    >>> losses("brier", pd.Series(["no", "yes"]), np.array([[0.9, 0.1], [0.5, 0.5]]), ["no", "yes"]).total
    0.26
    >>> losses("mean_pinball_loss", pd.Series([3.0, 5.0]), np.array([4.0, 1.0]), None, Settings(quantile=0.75)).total
    1.625

    """
    if metric not in known(classes):
        kind = "regression" if classes is None else "classification"
        raise _unfit(metric, f"{kind} has {', '.join(known(classes))}")
    if obstacle := _obstacle(metric, truth, predicted, classes, settings):
        raise _unfit(metric, obstacle)
    loss = _loss(metric, truth, predicted, classes, settings)
    if loss is None:
        raise _unfit(metric, "loss() in pipelines/problem/loss.py returns None")
    return loss


def known(classes: Sequence[object] | None) -> list[str]:
    """Return the metrics of a kind of problem."""
    if classes is None:
        return [*REGRESSION, *REGRESSION_TOGETHER, "mean_pinball_loss", "own"]
    return [*CLASSIFICATION, *CLASSIFICATION_TOGETHER, "cost", "own"]


def metrics(
    truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None, settings: Settings = NOTHING
) -> dict[str, float]:
    """Return every metric of this kind of problem that can be told and is a finite number; none without rows."""
    if not len(truth):
        return {}
    names = [name for name in known(classes) if not _obstacle(name, truth, predicted, classes, settings)]
    told = {name: _loss(name, truth, predicted, classes, settings) for name in names}
    values = {name: 1 - loss.total if name in SCORES else loss.total for name, loss in told.items() if loss is not None}
    if classes is None:
        values["bias"] = aggregates.mean(predicted.reshape(len(truth)) - truth.to_numpy(), settings.weights).total
    return {name: round(value, 6) for name, value in values.items() if np.isfinite(value)}


def _loss(
    metric: str, truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None, settings: Settings
) -> Loss | None:
    """Return the loss where there is no obstacle; None if the problem has none of its own."""
    single = by_row(TOGETHER.get(metric, metric), truth, predicted, classes, settings)
    if single is None:
        return None
    weights = np.ones(len(truth)) if settings.weights is None else settings.weights
    if metric in CLASSIFICATION_TOGETHER:
        return _of_classes(
            metric, single, encode(truth, classes), predicted, _picked(metric, classes, settings), weights
        )
    if metric in REGRESSION_TOGETHER:
        return _of_values(metric, single, encode(truth, None), weights)
    return aggregates.mean(single, weights)


def _of_values(metric: str, single: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> Summed:
    if metric == "rmse":
        return Summed(single, np.stack([weights * single, weights], axis=1), aggregates.root)
    if metric == "wape":
        return Summed(single, np.stack([weights * single, weights * np.abs(truth)], axis=1), aggregates.ratio)
    moved = truth - truth.mean()  # sums of large squares would drown their difference
    parts = [weights * single, weights, weights * moved, weights * moved**2]
    return Summed(single, np.stack(parts, axis=1), aggregates.unexplained)


def _of_classes(
    metric: str, single: np.ndarray, truth: np.ndarray, predicted: np.ndarray, picked: list[int], weights: np.ndarray
) -> Loss:
    came = np.equal.outer(truth, picked)
    if metric in AREAS:
        return Ranked(single, came, predicted[:, picked], weights, AREAS[metric])
    decided = np.equal.outer(predicted.argmax(axis=1), picked)
    counts = np.stack([came & decided, came.astype(int) + decided], axis=2).reshape(len(truth), -1)
    return Summed(single, weights[:, None] * counts, aggregates.f1)


def _picked(metric: str, classes: Sequence[object] | None, settings: Settings) -> list[int]:
    """Return the places of the classes that count: the positive one, that is of two the second, or else all."""
    names = [str(label) for label in classes or ()]
    if metric == "f1_macro":
        return [*range(len(names))]
    if settings.positive is not None:
        return [names.index(str(settings.positive))]
    return [1] if len(names) == 2 else [*range(len(names))]


def _obstacle(
    metric: str, truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None, settings: Settings
) -> str:
    """Say why the metric cannot be told of these predictions, this truth or these settings; empty if it can."""
    if predicted.dtype == bool and metric in PROBABILISTIC:
        return (
            "it needs probabilities, and this model only decides. Take error_rate, or give it probabilities in "
            "pipelines/problem/model.py, as CalibratedClassifierCV does"
        )
    names = [str(label) for label in classes or ()]
    if metric in CLASSIFICATION_TOGETHER and settings.positive is not None and str(settings.positive) not in names:
        return f"evaluate.positive is {settings.positive}, and the model knows {', '.join(names)}"
    if (needed := SET.get(metric)) and getattr(settings, needed) is None:
        return f"it needs evaluate.{needed}"
    if metric == "mape" and (zeros := int((truth == 0).sum())):
        return f"it divides by the target, which is 0 in {zeros:,} rows. Take mae or mse"
    if metric == "mean_poisson_deviance" and (below := int((truth < 0).sum())):
        return f"it is for counts, and the target is below 0 in {below:,} rows. Take mae or mse"
    return ""


def _unfit(metric: str, why: str) -> PipelineError:
    return PipelineError(f"params.yaml: evaluate has the metric {metric}; {why}.")


def align(predicted: np.ndarray, own: Sequence[object], classes: Sequence[object]) -> np.ndarray:
    """Return the probabilities of `classes`: 0 for those that the model does not know, whose own ones are given.

    >>> align(np.array([[0.3, 0.7]]), ["no", "yes"], ["no", "yes", "maybe"]).tolist()
    [[0.3, 0.7, 0.0]]
    """
    places = pd.Index(list(own)).get_indexer(pd.Index(list(classes)))
    return np.where(places < 0, np.zeros(1, predicted.dtype), predicted[:, places])


def unknown_classes(truth: pd.Series, classes: Sequence[object] | None) -> dict[str, int]:
    """Count the rows of each class that a model does not know; none for a regression.

    >>> unknown_classes(pd.Series(["no", "maybe"]), ["no", "yes"])
    {'maybe': 1}
    """
    unknown = truth[encode(truth, classes) < 0] if classes is not None else truth[:0]
    return {str(name): int(count) for name, count in unknown.value_counts().sort_index().items()}
