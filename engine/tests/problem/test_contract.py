"""The views that the contract looks at, on tables small enough to count."""

import numpy as np
import pandas as pd
import pytest

from pipelines.problem.contract import LONGEST_GAP, OUTAGES, views
from pipelines.problem.source import HOLIDAYS, SEVERITY


def hourly(start: str, end: str) -> pd.DataFrame:
    """Traffic that sleeps at 3 o'clock and peaks at 15."""
    time = pd.Series(pd.date_range(start, end, freq="h"))
    wave = -np.cos((time.dt.hour - 3) / 24 * 2 * np.pi)
    return pd.DataFrame({"time": time, "vehicles": (3000 + 2500 * wave).astype(int)})


def test_a_silence_is_one_row_with_its_first_hour_and_its_length():
    """30 hours from 2018-03-06 05:00 on."""
    table = hourly("2018-03-05 00:00", "2018-03-11 23:00")
    silent = table["time"].between("2018-03-06 05:00", "2018-03-07 10:00")

    gaps = views(table[~silent])["gaps"]

    assert gaps.to_numpy().tolist() == [[pd.Timestamp("2018-03-06 05:00"), 30, 30]]


def test_a_declared_silence_is_known_by_its_first_hour():
    """Its length still shows; none of it is undeclared."""
    table = hourly("2013-08-30 00:00", "2013-09-03 01:00")
    silent = table["time"].between("2013-08-31 01:00", "2013-09-01 22:00")

    gaps = views(table[~silent])["gaps"]

    assert gaps.to_numpy().tolist() == [[pd.Timestamp("2013-08-31 01:00"), 46, 0]]


def test_months_count_their_missing_hours_from_the_first_row_to_the_end_of_the_last_day():
    """The hours of the last day that have not come yet are missing too."""
    table = hourly("2018-03-30 00:00", "2018-04-02 20:00").drop(index=[5, 6])

    months = views(table)["months"]

    assert months.to_numpy().tolist() == [["2018-03", 2], ["2018-04", 3]]


def test_a_month_without_a_row_is_missing_whole():
    """744 hours of July."""
    table = hourly("2018-06-01 00:00", "2018-08-31 23:00")
    table = table[table["time"].dt.month != 7]

    months = views(table)["months"].set_index("month")["missing_hours"]

    assert months.to_dict() == {"2018-06": 0, "2018-07": 744, "2018-08": 0}


@pytest.mark.parametrize(("shift", "quietest"), [(0, 3), (5, 8), (-6, 21)])
def test_weeks_know_their_quietest_hour(shift, quietest):
    """A clock that is set to UTC moves it."""
    table = hourly("2018-03-05 00:00", "2018-03-11 23:00")
    table["vehicles"] = np.roll(table["vehicles"], shift)

    weeks = views(table)["weeks"]

    assert weeks.to_numpy().tolist() == [[pd.Timestamp("2018-03-05"), quietest, 5000]]


def test_a_week_with_half_its_hours_is_not_judged():
    """A few nights would look like another clock."""
    table = hourly("2018-03-05 00:00", "2018-03-09 22:00")

    assert len(table) == 119
    assert views(table)["weeks"].empty


def test_every_declared_outage_is_one_of_the_real_data(canonical):
    """A declaration that matches nothing hides the next outage that begins there."""
    gaps = views(canonical)["gaps"].set_index("start")["hours"]

    assert sorted(set(OUTAGES) - set(gaps.index)) == []
    assert (gaps[OUTAGES] > LONGEST_GAP).all()
    assert (gaps.drop(OUTAGES) <= LONGEST_GAP).all()


def test_the_allowed_words_are_those_of_the_real_data(canonical):
    """A word too many would let a typing error pass."""
    assert set(canonical["weather"]) == set(SEVERITY)
    assert set(canonical["holiday"]) == {"None", *HOLIDAYS}
