"""Whether today's features are still what a champion was trained on. Pure."""

from typing import Any

import numpy as np
import pandas as pd

MOST_CHANGED = 0.05  # a few corrected rows are life; more means that the column changed its meaning


def obstacle(card: dict[str, Any], rows: pd.DataFrame, key: list[str], classes: list[Any] | None) -> str:
    """Say why a model with this card cannot be scored on `rows`; empty if it can."""
    if card["classes"] != classes:
        return f"the champion knows the classes {card['classes']}, the candidate {classes}"
    for name, kind in card["features"]:
        if name not in rows:
            return f"the champion needs the feature {name}, which is no longer made"
        if str(rows[name].dtype) != kind:
            return f"the champion needs {name} as {kind}, it is {rows[name].dtype} now"
    return _changed(card, rows, key)


def _changed(card: dict[str, Any], rows: pd.DataFrame, key: list[str]) -> str:
    """Look up rows the champion was trained on and compare their features."""
    then = pd.DataFrame(card["examples"])
    kinds = {name: rows[name].dtype for name in key}
    found = then.astype(kinds).merge(rows, on=key, suffixes=("_then", ""))
    if found.empty:
        return "none of the champion's examples is among the rows any more: nothing shows what its features meant"
    for name, _ in card["features"]:
        differs = _differs(found[f"{name}_then"], found[name])
        if differs.mean() > MOST_CHANGED:
            row = found[differs].iloc[0]
            where = ", ".join(str(row[each]) for each in key)
            return (
                f"the champion learned another {name}: {row[f'{name}_then']} at {where}, which is "
                f"{row[name]} now, and so in {differs.mean():.0%} of its examples"
            )
    return ""


def texts(column: pd.Series) -> list[str]:
    """Write values down, each for itself: how one reads may not depend on the others."""
    return list(column.astype(object).map(str, na_action="ignore").fillna(""))


def _differs(then: pd.Series, now: pd.Series) -> pd.Series:
    """Compare what was written down with what is: numbers to nine digits, the rest by value."""
    if pd.api.types.is_numeric_dtype(now):
        numbers = pd.to_numeric(then).astype(float)
        return pd.Series(~np.isclose(numbers, now.astype(float), rtol=1e-9, atol=0, equal_nan=True), then.index)
    return then != texts(now)
