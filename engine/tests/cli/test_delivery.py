"""What a stranger's file holds is guessed as a data scientist would guess it."""

import numpy as np
import pandas as pd
import pytest

from champion.cli.adopt.delivery import look
from champion.core.errors import PipelineError

DAYS = pd.date_range("2021-01-01", periods=200, freq="D")
CHANCE = np.random.default_rng(3)


def table(**columns) -> pd.DataFrame:
    """Return 200 rows as text, of a number and whatever is given."""
    rows = pd.DataFrame({"size": CHANCE.normal(5, 1, 200).round(2), **columns})
    return rows.astype("str")


def kind_of(values, **other):
    return next(column for column in look(table(x=values, **other), "size").columns if column.upstream == "x")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1.5", "2", "-3e4", "7"] * 50, "number"),
        (["1,5", "2,25", "3", "7,0"] * 50, "number"),
        (["1", "2", "30", "-4"] * 50, "integer"),
        (["1580000000000000000", "2", "3", "4"] * 50, "integer"),
        (["007", "012", "3", "4"] * 50, "text"),
        (["0", "1", "1", "0"] * 50, "boolean"),
        (["yes", "no", "no", "no"] * 50, "boolean"),
        (["True", "False"] * 100, "boolean"),
        (["red", "green", "", "blue"] * 50, "text"),
        (DAYS.strftime("%Y-%m-%d"), "date"),
        (DAYS.strftime("%Y-%m-%dT%H:%M:%S+01:00"), "time"),
        (DAYS.strftime("%d.%m.%Y"), "date"),
        (DAYS.strftime("%m/%d/%Y %H:%M"), "time"),
        (DAYS.strftime("%Y%m%d"), "date"),
        ([""] * 200, "text"),
    ],
)
def test_a_column_is_what_nearly_all_its_values_are(values, kind):
    """Names with zeros in front stay names, long numbers stay exact, and days are days however they are written."""
    assert kind_of(values).kind == kind


def test_a_word_for_a_missing_value_is_one():
    """It makes no number a text, and is told."""
    found = kind_of(["1.5", "NA", "?", "2"] * 50)

    assert (found.kind, found.optional, found.gaps) == ("number", True, ("?", "NA"))


@pytest.mark.parametrize(
    ("columns", "key", "time"),
    [
        ({"day": DAYS}, ["day"], "day"),
        ({"shop": ["a", "b"] * 100, "day": DAYS.repeat(2)[:200]}, ["shop", "day"], "day"),
        ({"order_id": range(200), "day": DAYS.repeat(2)[:200]}, ["order_id"], "day"),
        ({"ticket": range(1000, 1200), "opened": DAYS.repeat(4)[:200]}, ["ticket"], "opened"),
        ({"name": [f"p{n}" for n in range(200)]}, ["name"], None),
        ({"age": CHANCE.integers(20, 60, 200)}, [], None),
        ({"day": DAYS.repeat(10)[:200], "age": CHANCE.integers(20, 60, 200)}, [], "day"),
        ({"day": [*DAYS[:199], DAYS[0]]}, ["day"], "day"),
    ],
    ids=[
        "series",
        "panel",
        "id and a day",
        "id that counts up",
        "text",
        "nothing",
        "nothing but a day",
        "one repeated",
    ],
)
def test_the_key_is_what_tells_rows_apart(columns, key, time):
    """An id, a time, or an entity and a time; where nothing does, that is said."""
    found = look(table(**columns), "size")

    assert (found.key, found.time) == (key, time)


@pytest.mark.parametrize(
    ("columns", "given", "target", "classes"),
    [
        ({"kind": ["a", "b"] * 100}, None, "kind", True),
        ({"label": range(200), "kind": ["a", "b"] * 100}, None, "label", False),
        ({"stars": [1, 2, 3, 4] * 50}, "stars", "stars", True),
        ({"bought": [0, 1] * 100}, "bought", "bought", True),
        ({"count": CHANCE.integers(0, 50, 200)}, "count", "count", False),
        ({"when": DAYS}, None, "size", False),
    ],
)
def test_the_target_is_told_or_looked_for(columns, given, target, classes):
    """By its name, or the last column; a text and whole numbers of few values are classes."""
    found = look(table(**columns), given)

    assert (found.target, found.is_classification) == (target, classes)
    assert not found.column(target).optional


def test_names_are_plain_and_no_two_alike():
    """As Python writes them, whatever the language."""
    rows = table(**{"Größe (m²)": "1", "größe m2": "2", "2nd": "3", "class": "4", "Preis/€": "5"})

    assert [column.name for column in look(rows, "size").columns] == [
        "size", "grosse_m2", "grosse_m2_2", "c_2nd", "c_class", "preis",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "target", "message"),
    [
        (table().head(5), None, "it has 5 rows and the columns size; at least 100"),
        (table(a="1"), "b", "--target b: there is no such column, only size, a"),
        (table()[["size"]].assign(a="1", size="1"), None, "no column could be a target"),
    ],
)
def test_what_cannot_be_looked_at_is_told(rows, target, message):
    """Before anything is written."""
    with pytest.raises(PipelineError, match=message):
        look(rows, target)
