"""Yours: rules of the gate that only you know, such as fairness or a business limit."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from champion.core.interface import Finding


def rules(rows: pd.DataFrame, candidate: np.ndarray, champion: np.ndarray | None) -> Iterable[Finding]:
    """Return what speaks against the candidate; nothing if nothing does. docs/gate.md has an example.

    `rows` are the holdout rows that were judged, with key, target and features. The predictions are values, shape
    (rows,), or probabilities, shape (rows, classes); those of the champion are None if there is none to compare with.
    """
    del rows, candidate, champion  # unused here
    return []
