"""The problem's own loss, called and checked."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from champion.core.errors import PipelineError
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.metrics.by_row import Own, Settings

WHERE = "in pipelines/problem/loss.py"


def settings(problem: Problem, rows: pd.DataFrame, rules: Evaluate) -> Settings:
    """Return what metrics need to be told to judge predictions for these rows, which have key, target and features."""
    return Settings(rules.quantile, rules.costs, rules.positive, on(problem, rows), weights(problem, rows))


def on(problem: Problem, rows: pd.DataFrame) -> Own:
    """Return a function from what is predicted for these rows, and the classes, to the loss of each row.

    That gives None where there is no loss of the problem's own.

    Raises:
        PipelineError: when called, if there is not one number for each row, 0 or more.
    """

    def own(predicted: np.ndarray, classes: Sequence[object] | None) -> np.ndarray | None:
        shown = (
            pd.Series(predicted.reshape(len(rows)), rows.index)
            if classes is None
            else pd.DataFrame(predicted, rows.index, pd.Index(list(classes)))
        )
        costs = problem.loss.loss(rows, shown)
        return None if costs is None else _checked(problem, costs, rows, shown)

    return own


def weights(problem: Problem, rows: pd.DataFrame) -> np.ndarray | None:
    """Return how much each of these rows counts; None if all count the same.

    Raises:
        PipelineError: if there is not one finite number for each row, 0 or more, and more than 0 for some.
    """
    told = problem.loss.weights(rows)
    if told is None:
        return None
    values = _numbers("weights()", told, rows)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any() or not values.any():
        found = _first(problem, values, wrong, rows) if wrong.any() else "0 for every row"
        raise PipelineError(f"weights() {WHERE} is {found}; how much a row counts is 0 or more, and not 0 for all.")
    return values


def _checked(problem: Problem, costs: object, rows: pd.DataFrame, predicted: pd.Series | pd.DataFrame) -> np.ndarray:
    values = _numbers("loss()", costs, rows)
    answered = predicted.notna().to_numpy().reshape(len(rows), -1).all(axis=1)
    for wrong, hint in (
        (answered & ~np.isfinite(values), "a finite number is expected"),
        (values < 0, "a loss is 0 or more, and smaller is better: turn the sign of a score"),
    ):
        if wrong.any():
            raise PipelineError(f"loss() {WHERE} is {_first(problem, values, wrong, rows)}; {hint}.")
    return values


def _numbers(name: str, told: object, rows: pd.DataFrame) -> np.ndarray:
    try:
        values = np.asarray(told, dtype=float)
    except (TypeError, ValueError):
        raise PipelineError(
            f"{name} {WHERE} returned a {type(told).__name__}; a number for each row is expected."
        ) from None
    if values.shape != (len(rows),):
        raise PipelineError(f"{name} {WHERE} returned the shape {values.shape}; ({len(rows)},) is expected.")
    return values


def _first(problem: Problem, values: np.ndarray, wrong: np.ndarray, rows: pd.DataFrame) -> str:
    row = " ".join(str(rows[wrong].iloc[0][name]) for name in problem.key)
    return f"{values[wrong][0]:g} for the row {row} and {wrong.sum() - 1:,} more"
