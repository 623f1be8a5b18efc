"""A report belongs to one table."""

import samples


def test_a_contract_holds_for_the_table_that_was_checked():
    """And for no other, nor if it was broken."""
    assert samples.validation_report().holds_for("7ab1e")
    assert not samples.validation_report().holds_for("another")
    assert not samples.validation_report(success=False).holds_for("7ab1e")


def test_what_failed_is_known_by_its_place():
    """A check of the whole table has no column."""
    report = samples.validation_report(samples.check(success=True), samples.check(success=False, column=""))

    assert [check.where for check in report.failed] == ["table"]
