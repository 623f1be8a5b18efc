"""What a model lives on: how much it loses when the values of one feature are shuffled among the rows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance

ROUNDS = 5  # times that each feature is shuffled
MOST = 2000  # rows that are looked at, spread evenly over all


def importance(
    model: BaseEstimator, features: pd.DataFrame, loss: Callable[[pd.DataFrame], float], seed: int
) -> dict[str, tuple[float, float]]:
    """Return by how much the loss rises, and the standard deviation over rounds; of each feature.

    `loss` is that of the model on the rows with these features. Of two features that say the same, each seems
    unimportant (Breiman, Random Forests, Machine Learning 45, 2001, pages 5 to 32).
    """
    found = permutation_importance(
        model, features, None, scoring=lambda _, shuffled, __: -loss(shuffled), n_repeats=ROUNDS, random_state=seed
    )
    spread = zip(found.importances_mean, found.importances_std, strict=True)
    return {
        str(name): (round(float(mean), 6), round(float(deviation), 6))
        for name, (mean, deviation) in zip(features, spread, strict=True)
    }


def some(rows: int, most: int = MOST) -> np.ndarray:
    """Return the places of the rows that are looked at."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(int)) if rows else np.empty(0, dtype=int)
