"""Which rows are held out, and which of them a model has already seen. Pure."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Split:
    """How rows were divided: by time (history ends before `start`) or by a stable hash of the key."""

    start: str | None = None  # ISO time of the first holdout row
    share: float | None = None
    holdout_sha256: str = ""  # keys and targets held out, whatever the features: one exam, one name

    def held_out(self, rows: pd.DataFrame, key: list[str], time: str | None) -> np.ndarray:
        """Return True for each row that this split keeps from training."""
        if self.start is not None and time is not None:
            return (rows[time] >= pd.Timestamp(self.start)).to_numpy()
        return position(rows, key) < (self.share or 0.0)


def latest(rows: pd.DataFrame, time: str, days: int) -> Split:
    """Hold out the last `days` calendar days, to the end of the newest row's day."""
    start = rows[time].max().normalize() - pd.DateOffset(days=days - 1)
    return Split(start=start.isoformat())


def position(rows: pd.DataFrame, key: list[str]) -> np.ndarray:
    """Return a number in [0, 1) for each row that depends on its key alone, on any machine, in any order."""
    digests = (blake2b(label.encode(), digest_size=7).digest() for label in labels(rows, key, "\x1f"))
    return np.array([int.from_bytes(digest) / 2**56 for digest in digests])


def labels(rows: pd.DataFrame, key: list[str], mark: str = " ") -> list[str]:
    """Name each row by its key."""
    return [mark.join(parts) for parts in zip(*(map(str, rows[name]) for name in key), strict=True)]


def season(rows: pd.DataFrame, time: str | None) -> pd.Series:
    """Label each row's calendar month, so that like is compared with like; one label without time."""
    return rows[time].dt.month.astype("str") if time is not None else pd.Series("all", index=rows.index)


def window(rows: pd.DataFrame, time: str | None) -> list[str] | None:
    """Return the first and the last time among the rows; None without time or rows."""
    return [str(rows[time].min()), str(rows[time].max())] if time is not None and len(rows) else None


def blocks(rows: pd.DataFrame, key: list[str], time: str | None, most: int = 500) -> np.ndarray:
    """Label each row's resampling block: its day, or without time one of `most` groups by key."""
    if time is not None:
        return rows[time].dt.normalize().to_numpy()
    return (position(rows, key) * 2**32 % most).astype(int)
