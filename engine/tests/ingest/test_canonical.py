"""How rows become typed, with a reason for each that cannot be true."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion.core.errors import PipelineError
from champion.core.interface import Column
from champion.ingest import canonical

COLUMNS = [
    Column("n", "count", "integer", possible=(0, 10)),
    Column("note", "note", "text", optional=True),
]


def reasons(*values: str) -> list[str]:
    raw = pd.DataFrame({"n": values, "note": ""})
    rows, found = canonical.parse(raw, COLUMNS, "none")
    return [*found, *pd.concat(canonical.impossible(rows, raw, COLUMNS))]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x", "count (n): 'x' is not a whole number"),
        ("1.5", "count (n): '1.5' is not a whole number"),
        ("", "count (n): is empty"),
        ("11", "count (n): 11 is impossible (0 to 10)"),
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


def parsed(kind: str, *values: object, **more: object) -> tuple[list[object], list[str]]:
    """Return what a column of this kind makes of values, and what it refuses."""
    column = Column("c", "c", kind, optional=True, **more)
    rows, refused = canonical.parse(pd.DataFrame({"c": [*values]}), [column], "none")
    finished = canonical.finished(rows[~rows.index.isin(refused.index)], [column])
    return finished["c"].tolist(), refused.tolist()


@pytest.mark.parametrize(
    ("kind", "given", "taken"),
    [
        ("integer", ["1580000000000007919", "1580000000000007920", "9223372036854775807", "-3", "7.0"],
         [1580000000000007919, 1580000000000007920, 9223372036854775807, -3, 7]),
        ("boolean", ["true", "No", "1", "f"], [True, False, True, False]),
        ("decimal", ["0.10", "1234567.89", "-2"], [0.1, 1234567.89, -2.0]),
        ("text", ["007", " a "], ["007", "a"]),
        ("date", ["2024-02-29"], [pd.Timestamp("2024-02-29")]),
        ("time", ["2024-03-31T02:30:00+01:00", "2024-03-31T03:30:00+02:00"], [pd.Timestamp("2024-03-31 01:30")] * 2),
        ("time", ["2024-03-31 02:30", "2024-03-31"], [pd.Timestamp("2024-03-31 02:30"), pd.Timestamp("2024-03-31")]),
    ],
)  # fmt: skip
def test_each_kind_takes_what_people_write(kind, given, taken):
    """Ids of 19 digits to the last one, leading zeros, both offsets of a year."""
    assert parsed(kind, *given) == (taken, [])


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("integer", "9223372036854775808", "c: '9223372036854775808' is not a whole number"),
        ("integer", "1e400", "c: '1e400' is not a whole number"),
        ("boolean", "maybe", "c: 'maybe' is neither true nor false"),
        ("decimal", "0.12345678901234567890", "c: '0.12345678901234567890' is not a decimal that can be held exactly"),
        ("date", "2024-02-29 12:00", "c: '2024-02-29 12:00' is not a day"),
        ("date", "2023-02-29", "c: '2023-02-29' is not a day"),
        ("time", "2024-02", "c: '2024-02' is not a time"),
    ],
)
def test_each_kind_refuses_what_it_cannot_hold(kind, value, reason):
    """As it came."""
    assert parsed(kind, value) == ([], [reason])


def test_a_category_is_one_of_a_list():
    """A new word is set aside, and the contract says how many may be."""
    assert parsed("category", "mail", "fax", values=("mail", "chat")) == (["mail"], ["c: 'fax' is none of mail, chat"])


@pytest.mark.parametrize(("kind", "dtype"), [("integer", "Int64"), ("boolean", "boolean")])
def test_what_may_be_missing_keeps_its_type(kind, dtype):
    """Without a gap it is a plain number."""
    column = Column("c", "c", kind, optional=True)
    rows, refused = canonical.parse(pd.DataFrame({"c": ["1", ""]}), [column], "none")

    assert refused.empty
    assert str(canonical.finished(rows, [column])["c"].dtype) == dtype
    assert str(canonical.finished(rows[:1], [column])["c"].dtype) in ("int64", "bool")


def test_a_target_may_be_empty():
    """That row is of the future."""
    column = Column("c", "sales", "number")

    assert canonical.parse(pd.DataFrame({"c": [""]}), [column], "sales")[1].empty
    assert canonical.parse(pd.DataFrame({"c": [""]}), [column], "other")[1].tolist() == ["sales (c): is empty"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            (["shop"], None, None, "n"),
            "KEY has 'shop'; no Column in pipelines/problem/source.py is called so, only n, when",
        ),
        ((["n"], "day", None, "n"), "TIME has 'day'"),
        ((["n"], None, "person", "n"), "GROUP has 'person'"),
        ((["n"], None, None, "sales"), "TARGET has 'sales'"),
        ((["n"], "n", None, "n"), "n is a integer; TIME has to be a time or a date"),
        ((["n"], "when", "n", "n"), "GROUP is for rows without time"),
    ],
)
def test_names_that_no_column_has_are_refused(names, said):
    """Before a row is read."""
    with pytest.raises(PipelineError, match=said):
        canonical.check_names([Column("n", "n", "integer"), Column("w", "when", "time")], *names)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([Column("n", "n", "integer"), ("w", "when")], r"COLUMNS has \('w', 'when'\); a Column\(…\) is expected"),
        ([Column("a", "n", "integer"), Column("b", "n", "number")], "2 Columns are called 'n'"),
    ],
    ids=["a tuple", "a name twice"],
)
def test_columns_that_are_none_are_refused(columns, said):
    """Before anything is read."""
    with pytest.raises(PipelineError, match=said):
        canonical.check_names(columns, ["n"], None, None, "n")


@given(
    st.lists(st.from_regex(r"[+-]?[0-9]{0,9}(\.[0-9]{0,20})?(e-?[0-9]{1,3})?", fullmatch=True), min_size=1, max_size=20)
)
def test_a_decimal_is_kept_if_a_float_reads_back_as_it(texts: list[str]):
    """However long it is, and however it is written."""
    rows, _ = canonical.parse(pd.DataFrame({"c": texts}), [Column("c", "c", "decimal", optional=True)], "none")

    for text, kept in zip(texts, rows["c"], strict=True):
        number = pd.to_numeric(pd.Series([text]), errors="coerce").iloc[0]
        exact = bool(np.isfinite(number)) and Decimal(repr(float(number))) == Decimal(text)
        assert pd.notna(kept) == exact
