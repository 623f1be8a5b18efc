"""Rows are divided the same way today, tomorrow and elsewhere, and no row is on both sides."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion.core import holdout
from champion.core.documents.data import Split
from champion.core.holdout import blocks, latest, position
from champion.core.rows import season

KEY = ["customer", "product"]


def customers(count):
    numbers = np.arange(count)
    return pd.DataFrame({"customer": numbers, "product": np.where(numbers % 3, "tea", "milk")})


def hours(first="2018-09-01", last="2018-09-30 23:00"):
    return pd.DataFrame({"time": pd.date_range(first, last, freq="h")})


# By time


def test_the_latest_days_are_held_out_whole():
    """28 days to the end of September begin on the third at midnight."""
    rows = hours()

    split = latest(rows, "time", days=28)
    held_out = holdout.held_out(split, rows, ["time"], "time")

    assert split == Split(start="2018-09-03T00:00:00")
    assert held_out.sum() == 28 * 24
    assert rows.loc[held_out, "time"].min() == pd.Timestamp("2018-09-03 00:00")
    assert rows.loc[~held_out, "time"].max() == pd.Timestamp("2018-09-02 23:00")


def test_a_day_that_has_only_begun_counts_as_a_day():
    """Days are calendar days: a delivery that ends at breakfast does not shift the others."""
    assert latest(hours(last="2018-09-30 05:00"), "time", days=28).start == "2018-09-03T00:00:00"


def test_one_day_is_the_newest_day():
    """Counting starts at one."""
    assert latest(hours(), "time", days=1).start == "2018-09-30T00:00:00"


def test_what_comes_after_all_rows_is_new():
    """A refit knows every row of its table; the next second is new to it."""
    rows = hours(last="2018-09-30 22:59:59")

    split = holdout.after(rows, "time")

    assert not holdout.held_out(split, rows, ["time"], "time").any()
    assert holdout.held_out(split, hours("2018-09-30 23:00", "2018-10-01"), ["time"], "time").all()


def test_without_time_nothing_is_known_to_be_new():
    """A refit may have seen any key."""
    rows = customers(100)

    assert not holdout.held_out(holdout.after(rows, None), rows, KEY, None).any()


def test_a_split_keeps_its_place_when_time_moves_on():
    """What a champion was not trained on yesterday it was not trained on today; newer rows are new to it, too."""
    split = latest(hours(), "time", days=28)

    later = holdout.held_out(split, hours(last="2018-10-31 23:00"), ["time"], "time")

    assert later.sum() == (28 + 31) * 24


def test_gaps_do_not_move_the_split():
    """Days are counted by the calendar, not by how many of them have rows."""
    rows = hours().query("time < '2018-09-10' or time >= '2018-09-20'")

    assert latest(rows, "time", days=28).start == "2018-09-03T00:00:00"


def test_days_are_calendar_days_where_clocks_change():
    """The day on which an hour is repeated has 25 of them."""
    rows = pd.DataFrame({"time": pd.date_range("2018-10-20", "2018-11-10", freq="h", tz="America/Chicago")})

    assert latest(rows, "time", days=8).start == "2018-11-03T00:00:00-05:00"


# By key


def test_positions_are_known_numbers():
    """A change here would move rows of every existing project from holdout to history."""
    found = position(pd.DataFrame({"customer": [1, 2], "product": ["tea", "milk"]}), KEY)

    assert found == pytest.approx([0.05260728835433241, 0.3653022481317043], abs=1e-12)


def test_key_columns_do_not_run_into_each_other():
    """1 and 23 is not 12 and 3."""
    found = position(pd.DataFrame({"first": ["1", "12"], "second": ["23", "3"]}), ["first", "second"])

    assert found[0] != found[1]


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_about_the_share_asked_for_is_held_out(share):
    """Four standard deviations of 4,000 coins are little more than three hundredths."""
    held_out = holdout.held_out(Split(share=share), customers(4000), KEY, None)

    assert held_out.mean() == pytest.approx(share, abs=0.035)


def test_a_larger_share_holds_out_the_same_rows_and_more():
    """Asking for more holdout never gives holdout rows to the history."""
    rows = customers(2000)

    some, more = (holdout.held_out(Split(share=share), rows, KEY, None) for share in (0.1, 0.3))

    assert (more | ~some).all()
    assert more.sum() > some.sum()


@settings(max_examples=25, deadline=None)
@given(
    keys=st.lists(st.tuples(st.integers(-(2**40), 2**40), st.text(max_size=8)), min_size=1, max_size=12, unique=True),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_rows_side_depends_on_its_key_alone(keys, share, seed):
    """Not on its place, its neighbours, its index, or other columns."""
    rows = pd.DataFrame(keys, columns=KEY)
    order = np.random.default_rng(seed).permutation(len(rows))
    split = Split(share=share)

    together = holdout.held_out(split, rows, KEY, None)
    moved = holdout.held_out(split, rows.iloc[order].assign(other=1), KEY, None)
    alone = [holdout.held_out(split, rows.iloc[[place]], KEY, None)[0] for place in range(len(rows))]

    assert together.dtype == bool
    assert moved.tolist() == together[order].tolist()
    assert alone == together.tolist()


@settings(max_examples=25, deadline=None)
@given(
    offsets=st.lists(st.integers(0, 24 * 90), min_size=1, unique=True),
    days=st.integers(1, 60),
    seed=st.integers(0, 2**32 - 1),
)
def test_history_ends_before_the_holdout_begins(offsets, days, seed):
    """Whatever the order of the rows: every row on one side, the past on the other, the newest row held out."""
    rows = pd.DataFrame({"time": pd.Timestamp("2018-07-01") + pd.to_timedelta(offsets, unit="h")})
    rows = rows.sample(frac=1, random_state=seed)

    held_out = holdout.held_out(latest(rows, "time", days), rows, ["time"], "time")

    newest = rows["time"].max()
    assert held_out[(rows["time"] == newest).to_numpy()].all()
    assert rows.loc[held_out, "time"].dt.normalize().nunique() <= days
    assert rows.loc[~held_out, "time"].max() < rows.loc[held_out, "time"].min() or held_out.all()
    expected = (rows["time"] >= newest.normalize() - pd.Timedelta(days=days - 1)).to_numpy()
    assert (held_out == expected).all()


def test_a_key_with_a_date_does_not_depend_on_other_rows():
    """One row at five o'clock must not move those at midnight from one side to the other."""
    alone = pd.DataFrame({"when": pd.DatetimeIndex(["2018-01-01"])})
    among = pd.DataFrame({"when": pd.DatetimeIndex(["2018-01-01", "2018-01-02 05:00"])})

    assert position(among, ["when"])[0] == position(alone, ["when"])[0]


def test_no_rows_have_no_positions():
    """Nothing in, nothing out."""
    assert len(position(customers(0), KEY)) == 0


# Blocks and seasons


def test_a_block_is_a_day():
    """All hours of a day, and no other."""
    found = blocks(hours("2018-09-29"), ["time"], "time")

    assert found.tolist() == np.repeat(np.array(["2018-09-29", "2018-09-30"], "datetime64[us]"), 24).tolist()


def test_without_time_rows_fall_into_groups_of_about_equal_size():
    """Rows are independent then; groups only keep the resampling cheap."""
    found = blocks(customers(4000), KEY, None, most=10)

    assert set(found) == set(range(10))
    assert np.bincount(found).min() > 320
    assert np.bincount(found).max() < 480


def test_without_time_a_holdout_still_has_all_groups():
    """Groups are taken from other digits of the position than the split."""
    rows = customers(4000)
    held_out = holdout.held_out(Split(share=0.1), rows, KEY, None)

    assert len(np.unique(blocks(rows[held_out], KEY, None, most=20))) == 20


def test_a_season_is_a_calendar_month():
    """The same month of another year is the same season."""
    rows = pd.DataFrame({"time": pd.DatetimeIndex(["2017-09-01", "2018-09-30 23:00", "2018-10-01"])})

    assert season(rows, "time", []).tolist() == ["9", "9", "10"]


def test_without_time_there_is_one_season():
    """The index is kept, so that seasons and rows can be put side by side."""
    found = season(customers(3).set_index(pd.Index([5, 7, 9])), None, [])

    assert found.tolist() == ["all", "all", "all"]
    assert found.index.tolist() == [5, 7, 9]
