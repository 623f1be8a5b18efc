"""Which rows are held out, and which of them a model has already seen. Pure."""

from hashlib import blake2b

import numpy as np
import pandas as pd

from champion.core.documents.data import Split
from champion.core.rows import labels


def held_out(split: Split, rows: pd.DataFrame, key: list[str], time: str | None) -> np.ndarray:
    """Return True for each row that a split keeps from training, shape (rows,)."""
    if split.start is not None and time is not None:
        return (rows[time] >= pd.Timestamp(split.start)).to_numpy()
    return position(rows, key) < (split.share or 0.0)


def latest(rows: pd.DataFrame, time: str, days: int) -> Split:
    """Hold out the last `days` calendar days, to the end of the newest row's day."""
    start = rows[time].max().normalize() - pd.DateOffset(days=days - 1)
    return Split(start=start.isoformat())


def after(rows: pd.DataFrame, time: str | None) -> Split:
    """Hold out nothing: what comes after these rows is new. Without time it cannot be told what will be."""
    if time is None:
        return Split(share=0.0)
    return Split(start=(rows[time].max() + pd.Timedelta(1, "us")).isoformat())


def position(rows: pd.DataFrame, key: list[str]) -> np.ndarray:
    """Return a number in [0, 1) for each row that depends on its key alone, on any machine, in any order."""
    digests = (blake2b(label.encode(), digest_size=7).digest() for label in labels(rows, key, "\x1f"))
    return np.array([int.from_bytes(digest) / 2**56 for digest in digests])


def blocks(rows: pd.DataFrame, key: list[str], time: str | None, most: int = 500) -> np.ndarray:
    """Label each row's resampling block: its day, or without time one of `most` groups by key."""
    if time is not None:
        return rows[time].dt.normalize().to_numpy()
    return (position(rows, key) * 2**32 % most).astype(int)
