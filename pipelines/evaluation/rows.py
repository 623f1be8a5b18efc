"""Rows: what they are called, when they were, and which of them resemble each other. Pure."""

import pandas as pd


def labels(rows: pd.DataFrame, key: list[str], mark: str = " ") -> list[str]:
    """Name each row by its key."""
    return [mark.join(parts) for parts in zip(*(map(str, rows[name]) for name in key), strict=True)]


def season(rows: pd.DataFrame, time: str | None) -> pd.Series:
    """Label each row's calendar month, so that like is compared with like; one label without time."""
    return rows[time].dt.month.astype("str") if time is not None else pd.Series("all", index=rows.index)


def window(rows: pd.DataFrame, time: str | None) -> tuple[str, str] | None:
    """Return the first and the last time among the rows; None without time or rows."""
    return (str(rows[time].min()), str(rows[time].max())) if time is not None and len(rows) else None
