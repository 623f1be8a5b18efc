"""The traffic example's names are those that its rows carry."""

from conftest import PROBLEMS

from pipelines.problem import names, source


def test_key_time_and_target_are_columns():
    """A name that no column has would fail after minutes."""
    columns = {column.name for column in source.COLUMNS}

    assert {*names.KEY, names.TIME, names.TARGET} <= columns
    assert (PROBLEMS / "traffic/data/0-source" / source.FILE).exists()
