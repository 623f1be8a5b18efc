"""What one row's prediction costs. Smaller is better."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import xlogy

from champion.core.errors import PipelineError
from champion.metrics.aggregates import over

RowLoss = Callable[[np.ndarray, np.ndarray], np.ndarray]
Costs = Mapping[str, Mapping[str, float]]  # by true and by decided class
Own = Callable[[np.ndarray, Sequence[object] | None], np.ndarray | None]


@dataclass(frozen=True)
class Settings:
    """What some metrics need to be told of the rows. Those that are told nothing are left out."""

    quantile: float | None = None  # that mean_pinball_loss asks for
    costs: Costs | None = None  # of wrong decisions, for `cost`; right ones cost nothing
    positive: object = None  # the class that roc_auc, average_precision and f1 are about
    own: Own | None = None  # the problem's own loss on these rows
    weights: np.ndarray | None = None  # of these rows; None: all weigh the same


def _poisson(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the unit deviance; a prediction of 0 or below has none, and counts as infinitely wrong."""
    possible = np.where(predicted > 0, predicted, np.nan)
    deviance = 2 * (xlogy(truth, truth / possible) - truth + possible)
    return np.where(predicted <= 0, np.inf, deviance)


REGRESSION: dict[str, RowLoss] = {
    "mae": lambda truth, predicted: np.abs(predicted - truth),
    "mse": lambda truth, predicted: (predicted - truth) ** 2,
    "mape": lambda truth, predicted: over(np.abs(predicted - truth), np.abs(truth)),
    "mean_poisson_deviance": _poisson,
}
# truth: position of the true class, -1 if the model does not know it; predicted: probabilities, shape (rows, classes)
CLASSIFICATION: dict[str, RowLoss] = {
    "log_loss": lambda truth, predicted: -np.log(np.maximum(_of_truth(truth, predicted), 1e-15)),
    "brier": lambda truth, predicted: (
        np.sum((predicted - np.equal.outer(truth, np.arange(predicted.shape[1]))) ** 2, axis=1) + (truth < 0)
    ),
    "error_rate": lambda truth, predicted: np.where(
        np.isnan(predicted.astype(float)).any(axis=1), np.nan, predicted.argmax(axis=1) != truth
    ),
}


def by_row(
    metric: str, truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None, settings: Settings
) -> np.ndarray | None:
    """Return the loss of each row, in the metric's unit; None if the problem has no loss of its own.

    `predicted` holds values, shape (rows,), or with `classes` their probabilities or decisions, shape (rows, classes).
    """
    if metric == "own":
        return settings.own(predicted, classes) if settings.own else None
    if metric == "cost":
        return _costs(truth, predicted, classes or (), settings.costs or {})
    if metric == "mean_pinball_loss":
        return _pinball(encode(truth, None), predicted.reshape(len(truth)), settings.quantile or 0.0)
    if classes is None:
        return REGRESSION[metric](encode(truth, None), predicted.reshape(len(truth)))
    return CLASSIFICATION[metric](encode(truth, classes), predicted)


def encode(truth: pd.Series, classes: Sequence[object] | None) -> np.ndarray:
    """Return the values of a regression, or the place of each row's class, -1 if it is none of these."""
    if classes is None:
        return truth.to_numpy(dtype=float)
    return pd.Index(list(classes)).get_indexer(pd.Index(truth))


def _pinball(truth: np.ndarray, predicted: np.ndarray, quantile: float) -> np.ndarray:
    """Return `quantile` times what is missing, or 1 - `quantile` times what is too much."""
    short = truth - predicted
    return np.maximum(quantile * short, (quantile - 1) * short)


def _costs(truth: pd.Series, predicted: np.ndarray, classes: Sequence[object], costs: Costs) -> np.ndarray:
    """Return what each decision costs: that for the likeliest class."""
    decided = [str(classes[place]) for place in predicted.argmax(axis=1)]
    values = np.array([_cost(costs, *pair) for pair in zip(truth.astype("str"), decided, strict=True)])
    return np.where(np.isnan(predicted.astype(float)).any(axis=1), np.nan, values)


def _cost(costs: Costs, true: str, decided: str) -> float:
    if true == decided:
        return 0.0
    if true not in costs or decided not in costs[true]:
        raise PipelineError(
            f"params.yaml: evaluate.costs does not say what it costs to take {true} for {decided}. Add it:\n"
            f"  costs:\n    {true}: {{{decided}: 1.0}}"
        )
    return costs[true][decided]


def _of_truth(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return np.where(truth < 0, 0.0, predicted[np.arange(len(truth)), truth])
