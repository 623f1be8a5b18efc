"""Yours: what a prediction costs, where no metric of the list says it, and how much a row counts."""

import pandas as pd


def loss(rows: pd.DataFrame, predicted: pd.Series | pd.DataFrame) -> pd.Series | None:
    """Return what each row's prediction costs you, 0 or more; None if there is no loss of your own.

    `evaluate.metric: own` judges by its mean. `rows` have key, target and features; `predicted` are values, or a table of
    probabilities with a column per class. docs/gate.md has an example.
    """
    del rows, predicted  # unused here
    return None


def weights(rows: pd.DataFrame) -> pd.Series | None:
    """Return how much each row counts in fit, metrics and gate, 0 or more; None if all count the same."""
    del rows  # unused here
    return None
