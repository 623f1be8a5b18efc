"""Whether today's features are still what a champion was trained on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from champion.core.documents.model import Classes, ModelCard

MOST_CHANGED = 0.05  # a few corrected rows are life; more means that the column changed its meaning


@dataclass(frozen=True)
class Difference:
    """A feature that is another one now, in more rows that the champion remembers than a few corrections explain."""

    feature: str
    where: str  # key of one of these rows
    then: str
    now: str
    share: float  # of the rows that it remembers

    @property
    def as_meaning(self) -> str:
        """Say it as a change of what the feature means."""
        return (
            f"the champion learned another {self.feature}: {self.then} at {self.where}, which is {self.now} now, and so in "
            f"{self.share:.0%} of its examples"
        )

    @property
    def as_correction(self) -> str:
        """Say it as a correction of rows."""
        return (
            f"rows of before were corrected since the champion was trained, {self.share:.0%} of those that it remembers: "
            f"{self.feature} was {self.then} at {self.where}, it is {self.now} now"
        )


def other_classes(card: ModelCard, classes: Classes | None) -> str:
    """Say that the champion answers another question than one that knows `classes`; empty if it does not."""
    if are_classes_comparable(card.classes, classes):
        return ""
    return f"the champion knows the classes {card.classes}, the candidate {classes}"


def lacking(card: ModelCard, rows: pd.DataFrame, key: list[str]) -> str:
    """Say which feature of a model's card `rows` do not have as it takes it; empty if they have all."""
    if gone := [name for name in key if name not in card.examples]:
        known = [name for name in card.examples if name not in card.columns]
        return f"the champion tells rows apart by {', '.join(known)}, and KEY has {', '.join(gone)} now"
    for name, kind in card.features:
        if name not in rows:
            return f"the champion needs the feature {name}, which is no longer made"
        if str(rows[name].dtype) != kind:
            return f"the champion needs {name} as {kind}, it is {rows[name].dtype} now"
    return ""


def unlike(card: ModelCard, rows: pd.DataFrame, key: list[str]) -> str:
    """Say why the features of `rows` cannot be what the champion learned; empty if they can."""
    both = _remembered(card, rows, key)
    if both.empty:
        return "none of the champion's examples is among the rows any more: nothing shows what its features meant"
    different = _first_difference(card, both, key)
    return different.as_meaning if different else ""


def remembered(card: ModelCard, rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return those of `rows` that are among the examples of a model's card."""
    there = pd.DataFrame(card.examples)[key].astype({name: rows[name].dtype for name in key})
    return rows.merge(there, on=key)


def are_classes_comparable(one: Classes | None, other: Classes | None) -> bool:
    """Tell whether two models answer the same question: one may know a rare class that the other never saw.

    >>> are_classes_comparable(["ham", "spam"], ["ham", "spam", "fraud"]), are_classes_comparable(["ham"], ["HAM"])
    (True, False)
    """
    if one is None or other is None:
        return one is other
    return set(one) <= set(other) or set(other) <= set(one)


def difference(card: ModelCard, rows: pd.DataFrame, key: list[str]) -> Difference | None:
    """Look up rows the champion was trained on and return the first feature that differs in too many of them."""
    return _first_difference(card, _remembered(card, rows, key), key)


def _first_difference(card: ModelCard, both: pd.DataFrame, key: list[str]) -> Difference | None:
    for name in card.columns:
        differs = _differs(both[f"{name}_then"], both[name])
        if differs.mean() > MOST_CHANGED:
            row = both[differs].iloc[0]
            where = ", ".join(str(row[each]) for each in key)
            return Difference(name, where, str(row[f"{name}_then"]), str(row[name]), float(differs.mean()))
    return None


def _remembered(card: ModelCard, rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return those of `rows` that are in the card, with what it says of each feature as NAME_then."""
    kinds = {name: rows[name].dtype for name in key}
    return pd.DataFrame(card.examples).astype(kinds).merge(rows, on=key, suffixes=("_then", ""))


def examples(rows: pd.DataFrame) -> dict[str, list[str | None]]:
    """Write some rows down, to travel with the model in its card; None where a value is missing."""
    return {str(name): _texts(column) for name, column in rows.items()}


def widened(rows: pd.DataFrame, features: list[tuple[str, str]]) -> pd.DataFrame:
    """Return rows with each number as wide as a model takes it: in a few rows nothing may be missing, and all be whole."""
    wide = {
        name: kind
        for name, kind in features
        if kind in ("float64", "Float64", "Int64", "boolean")
        and name in rows
        and pd.api.types.is_numeric_dtype(rows[name])
    }
    return rows.astype(wide)


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
