"""What rows are called, and when they were."""

import pandas as pd
import pytest

from champion.core.rows import labels, season, window

ROWS = pd.DataFrame({"store": ["007", "105"], "day": pd.to_datetime(["2018-09-02", "2018-09-01"])})


def test_a_window_is_the_first_and_the_last_time():
    """In whatever order the rows come."""
    assert window(ROWS, "day") == ("2018-09-01 00:00:00", "2018-09-02 00:00:00")


@pytest.mark.parametrize(("rows", "time"), [(ROWS.iloc[:0], "day"), (ROWS, None)], ids=["no rows", "no time"])
def test_without_rows_or_time_there_is_no_window(rows, time):
    """Nothing is invented."""
    assert window(rows, time) is None


def test_a_row_is_named_by_all_of_its_key():
    """A store alone has many rows."""
    assert labels(ROWS, ["store", "day"]) == ["007 2018-09-02 00:00:00", "105 2018-09-01 00:00:00"]


def test_a_season_is_a_month_and_of_a_panel_a_month_of_an_entity():
    """A store is compared with itself."""
    assert season(ROWS, "day", []).tolist() == ["9", "9"]
    assert season(ROWS, "day", ["store"]).tolist() == ["9 007", "9 105"]
    assert season(ROWS, None, []).tolist() == ["all", "all"]
