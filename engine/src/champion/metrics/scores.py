"""What predictions for rows cost, by the metric that decides and by the problem's own loss and weights."""

import numpy as np
import pandas as pd

from champion.core import holdout
from champion.core.documents.data import Split
from champion.core.documents.model import Classes
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.metrics import losses, own_loss
from champion.metrics.aggregates import Loss
from champion.metrics.decay import by_day


def loss(problem: Problem, rules: Evaluate, rows: pd.DataFrame, predicted: np.ndarray, classes: Classes | None) -> Loss:
    """Return the loss on rows with key, target and features, whole and by row.

    Raises:
        PipelineError: if the metric cannot be told of such predictions.
    """
    settings = own_loss.settings(problem, rows, rules)
    return losses.losses(rules.metric, rows[problem.target], predicted, classes, settings)


def metrics(
    problem: Problem, rules: Evaluate, rows: pd.DataFrame, predicted: np.ndarray, classes: Classes | None
) -> dict[str, float]:
    """Return every metric, by name, in the unit of each."""
    return losses.metrics(rows[problem.target], predicted, classes, own_loss.settings(problem, rows, rules))


def daily(
    problem: Problem, rules: Evaluate, rows: pd.DataFrame, predicted: np.ndarray, classes: Classes | None
) -> pd.Series:
    """Return the mean loss of each day's rows, by day.

    Raises:
        PipelineError: as `loss`.
    """
    costs = loss(problem, rules, rows, predicted, classes).by_row
    return by_day(costs, blocks(problem, rows), own_loss.weights(problem, rows))


def blocks(problem: Problem, rows: pd.DataFrame) -> np.ndarray:
    """Return the block of each row, which is resampled as one: its day, or a group of keys."""
    return holdout.blocks(rows, problem.unit, problem.time)


def unseen(problem: Problem, split: Split, rows: pd.DataFrame) -> np.ndarray:
    """Return True for the rows that a model with this split was not trained on."""
    return holdout.held_out(split, rows, problem.unit, problem.time)
