"""How rows become typed, with a reason for each that cannot be true."""

import pandas as pd
import pytest

from pipelines.interface import Column
from pipelines.stages import canonical

COLUMNS = [
    Column("n", "count", "integer", possible=(0, 10)),
    Column("note", "note", "text", optional=True),
]


def reasons(*values: str) -> list[str]:
    raw = pd.DataFrame({"n": values, "note": ""})
    rows, found = canonical.parse(raw, COLUMNS, "delivery.csv")
    return [*found, *pd.concat(canonical.impossible(rows, raw, COLUMNS))]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x", "count: 'x' is not a whole number"),
        ("1.5", "count: '1.5' is not a whole number"),
        ("", "count: is empty"),
        ("11", "count: 11 is impossible (0 to 10)"),
    ],
)
def test_each_mistake_has_its_reason(value, reason):
    """With the value as it came; an optional column may be empty."""
    assert reasons(value) == [reason]


@pytest.mark.parametrize("value", ["0", " 10 ", "7.0"])
def test_what_can_be_true_has_none(value):
    """The ends of the range belong to it."""
    assert reasons(value) == []


def test_the_most_frequent_reasons_come_first_whatever_the_order_of_rows():
    """A rule is shown by one example, the same for every order."""
    texts = pd.Series(
        ["a: 'x' is not a number", "a: 'y' is not a number", "b: 3 is impossible (0 to 1)", "a: 'z' is not a number"]
    )

    assert (
        canonical.top(texts)
        == canonical.top(texts[::-1])
        == {"a: 'y' is not a number": 3, "b: 3 is impossible (0 to 1)": 1}
    )
