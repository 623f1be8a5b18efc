"""What is kept of a validation by Great Expectations: the same for equal data, and a person can act on it."""

import great_expectations.expectations as gxe
import pandas as pd
import pytest

from pipelines.errors import PipelineError
from pipelines.record import expectations

ROWS = pd.DataFrame({"time": ["mon", "tue", "wed"], "vehicles": [5, 7000, 20_000]})


def test_a_broken_expectation_names_the_first_bad_row_and_its_value():
    """One of three rows is above the limit."""
    limit = gxe.ExpectColumnValuesToBeBetween(column="vehicles", min_value=0, max_value=10_000, severity="warning")

    (check,), _ = expectations.run({"table": ROWS}, {"table": [limit]})

    assert (check.success, check.severity, check.view, check.column) == (False, "warning", "table", "vehicles")
    assert check.observed == "1 of 3 rows otherwise"
    assert check.examples == [{"time": "wed", "vehicles": "20000"}]
    assert "max_value 10000" in check.expected


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
