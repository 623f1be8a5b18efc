"""What is kept of a validation by Great Expectations: the same for equal data, and a person can act on it."""

import great_expectations.expectations as gxe
import pandas as pd
import pytest
from great_expectations.expectations.row_conditions import Column

from champion.core.errors import PipelineError
from champion.validate import expectations

ROWS = pd.DataFrame({"time": ["mon", "tue", "wed"], "vehicles": [5, 7000, 20_000]})


def test_a_broken_expectation_names_the_first_bad_row_and_its_value():
    """One of three rows is above the limit."""
    limit = gxe.ExpectColumnValuesToBeBetween(column="vehicles", min_value=0, max_value=10_000, severity="warning")

    (check,), _ = expectations.run({"table": ROWS}, {"table": [limit]})

    assert (check.success, check.severity, check.view, check.column) == (False, "warning", "table", "vehicles")
    assert check.observed == "1 of 3 rows otherwise"
    assert check.examples == [{"time": "wed", "vehicles": "20000"}]
    assert "max_value 10000" in check.expected


def test_examples_are_rows_of_the_view_whatever_its_index():
    """Also under a condition, of several columns, and where a view was put together of others."""
    rows = pd.concat([ROWS, ROWS.assign(vehicles=[1, 7000, 30_000])]).set_axis([9, 9, 8, 8, 7, 7])
    late = gxe.ExpectColumnValuesToBeBetween(column="vehicles", max_value=100, row_condition=Column("time") > "tue")
    twice = gxe.ExpectCompoundColumnsToBeUnique(column_list=["time", "vehicles"])

    (limit, unique), _ = expectations.run({"table": rows}, {"table": [late, twice]})

    assert limit.examples == [{"time": "wed", "vehicles": "20000"}, {"time": "wed", "vehicles": "30000"}]
    assert unique.examples == [{"time": "tue", "vehicles": "7000"}] * 2


def test_an_example_has_the_values_of_its_columns():
    """A whole number beside a decimal stays one: 2^53 + 1 would name another row."""
    rows = pd.DataFrame({"id": [2**53 + 1], "price": [0.5]})

    (check,), _ = expectations.run(
        {"table": rows}, {"table": [gxe.ExpectColumnValuesToBeBetween(column="price", min_value=1)]}
    )

    assert check.examples == [{"id": "9007199254740993", "price": "0.5"}]


def test_a_million_bad_rows_are_counted_and_not_listed():
    """A delivery in another unit has nothing but bad rows: the page stays one that a browser opens."""
    rows = pd.DataFrame({"time": range(1_000_000), "vehicles": 1})

    (check,), pages = expectations.run(
        {"table": rows}, {"table": [gxe.ExpectColumnValuesToBeBetween(column="vehicles", max_value=0)]}
    )

    assert check.observed == "1,000,000 of 1,000,000 rows otherwise"
    assert check.examples == [{"time": str(number), "vehicles": "1"} for number in range(5)]
    assert len(pages["table"]) < 100_000


def test_a_met_expectation_has_no_examples():
    """Nothing to act on."""
    (check,), _ = expectations.run({"table": ROWS}, {"table": [gxe.ExpectColumnToExist(column="vehicles")]})

    assert (check.success, check.examples) == (True, [])


def test_an_expectation_that_cannot_be_evaluated_has_failed_and_says_why():
    """The column is missing: neither green nor a traceback."""
    (check,), _ = expectations.run({"table": ROWS}, {"table": [gxe.ExpectColumnMeanToBeBetween(column="rain")]})

    assert not check.success
    assert check.observed.startswith("nothing, it could not be evaluated: ")
    assert "rain" in check.observed


def test_equal_data_gives_an_equal_page():
    """No clock times, no random ids: the page is an output of DVC."""
    suites = {"table": [gxe.ExpectColumnToExist(column="vehicles")]}

    (_, first), (_, second) = (expectations.run({"table": ROWS}, suites) for _ in range(2))

    assert first == second
    assert "vehicles" in first["table"]


def test_a_view_that_is_not_there_is_named():
    """With those that are."""
    with pytest.raises(PipelineError, match=r"something of a view 'month'; there are table.*contract.py"):
        expectations.run({"table": ROWS}, {"month": [gxe.ExpectColumnToExist(column="vehicles")]})
