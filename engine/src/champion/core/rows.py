"""Rows: what they are called, when they were, and which of them resemble each other. Pure."""

import pandas as pd


def labels(rows: pd.DataFrame, key: list[str], mark: str = " ") -> list[str]:
    """Name each row by its key."""
    return [mark.join(parts) for parts in zip(*(map(str, rows[name]) for name in key), strict=True)]


def season(rows: pd.DataFrame, time: str | None, entity: list[str]) -> pd.Series:
    """Label each row's calendar month and, of a panel, its entity, so that like is compared with like."""
    when = rows[time].dt.month.astype("str") if time is not None else pd.Series("all", index=rows.index)
    return when + (" " + pd.Series(labels(rows, entity), index=rows.index, dtype="str") if entity else "")


def window(rows: pd.DataFrame, time: str | None) -> tuple[str, str] | None:
    """Return the first and the last time among the rows; None without time or rows."""
    return (str(rows[time].min()), str(rows[time].max())) if time is not None and len(rows) else None
