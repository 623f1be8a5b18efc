"""Whether today's features are still what a champion was trained on. Pure."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.documents.model import Classes, ModelCard

MOST_CHANGED = 0.05  # a few corrected rows are life; more means that the column changed its meaning


def obstacle(card: ModelCard, rows: pd.DataFrame, key: list[str], classes: Classes | None) -> str:
    """Say why a model with this card cannot be scored on `rows`; empty if it can."""
    if not are_classes_comparable(card.classes, classes):
        return f"the champion knows the classes {card.classes}, the candidate {classes}"
    for name, kind in card.features:
        if name not in rows:
            return f"the champion needs the feature {name}, which is no longer made"
        if str(rows[name].dtype) != kind:
            return f"the champion needs {name} as {kind}, it is {rows[name].dtype} now"
    return _changed(card, rows, key)


def are_classes_comparable(one: Classes | None, other: Classes | None) -> bool:
    """Tell whether two models answer the same question: one may know a rare class that the other never saw.

    >>> are_classes_comparable(["ham", "spam"], ["ham", "spam", "fraud"]), are_classes_comparable(["ham"], ["HAM"])
    (True, False)
    """
    if one is None or other is None:
        return one is other
    return set(one) <= set(other) or set(other) <= set(one)


def _changed(card: ModelCard, rows: pd.DataFrame, key: list[str]) -> str:
    """Look up rows the champion was trained on and compare their features."""
    then = pd.DataFrame(card.examples)
    kinds = {name: rows[name].dtype for name in key}
    both = then.astype(kinds).merge(rows, on=key, suffixes=("_then", ""))
    if both.empty:
        return "none of the champion's examples is among the rows any more: nothing shows what its features meant"
    for name in card.columns:
        differs = _differs(both[f"{name}_then"], both[name])
        if differs.mean() > MOST_CHANGED:
            row = both[differs].iloc[0]
            where = ", ".join(str(row[each]) for each in key)
            return (
                f"the champion learned another {name}: {row[f'{name}_then']} at {where}, which is "
                f"{row[name]} now, and so in {differs.mean():.0%} of its examples"
            )
    return ""


def examples(rows: pd.DataFrame) -> dict[str, list[str | None]]:
    """Write some rows down, to travel with the model in its card; None where a value is missing."""
    return {str(name): _texts(column) for name, column in rows.items()}


def example_features(examples: Mapping[str, list[str | None]], features: list[tuple[str, str]]) -> pd.DataFrame:
    """Read the features of a card's examples back, as the model takes them: `features` are names and pandas types."""
    return pd.DataFrame({name: _typed(pd.Series(examples[name], dtype="str"), kind) for name, kind in features})


def _typed(text: pd.Series, kind: str) -> pd.Series:
    if kind in ("bool", "boolean"):
        return text.map({"True": True, "False": False}).astype(kind)  # type: ignore[call-overload]
    if kind.startswith(("int", "uint", "float", "Int", "UInt", "Float")):
        return pd.to_numeric(text).astype(kind)  # type: ignore[call-overload]
    return text.astype(kind)  # type: ignore[call-overload]


def _texts(column: pd.Series) -> list[str | None]:
    """Write values down, each for itself: how one reads may not depend on the others."""
    return [
        None if missing else str(value) for value, missing in zip(column.astype(object), column.isna(), strict=True)
    ]


def _differs(then: pd.Series, now: pd.Series) -> pd.Series:
    """Compare what was written down with what is: numbers to nine digits, the rest by value."""
    if pd.api.types.is_numeric_dtype(now) and not pd.api.types.is_bool_dtype(now):
        numbers = pd.to_numeric(then).astype(float)
        return pd.Series(~np.isclose(numbers, now.astype(float), rtol=1e-9, atol=0, equal_nan=True), then.index)
    written = pd.Series(_texts(now), then.index, dtype="str")
    return then.astype("str").fillna("") != written.fillna("")
