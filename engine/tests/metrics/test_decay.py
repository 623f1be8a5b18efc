"""A champion has decayed if its loss is surely and considerably higher than at promotion."""

import warnings

import numpy as np
import pandas as pd
import pytest

from champion.metrics.aggregates import mean
from champion.metrics.decay import Days, decay, decayed_since

BLOCKS = np.repeat(np.arange(28), 24)


@pytest.fixture
def since():
    """Return losses of 28 days around a mean."""
    noise = np.random.default_rng(1).normal(0, 5, BLOCKS.size)
    return lambda middle: mean(middle + noise)


@pytest.mark.parametrize(("now", "decayed"), [(100.0, False), (109.0, False), (115.0, True), (80.0, False)])
def test_it_has_decayed_if_it_is_surely_worse_than_allowed(since, rules, now, decayed):
    """Ten per cent are allowed; better is no decay."""
    found = decay(100.0, since(now), BLOCKS, rules)

    assert found.decayed is decayed
    assert found.low < found.now < found.high
    assert found.now == pytest.approx(now, abs=1)


def test_what_may_be_chance_is_no_alarm(rules):
    """A few wild days make a mean, but no certainty."""
    wild = np.where(BLOCKS < 2, 400.0, 100.0)

    assert not decay(100.0, mean(wild), BLOCKS, rules).decayed
    assert wild.mean() > 110


def test_too_few_rows_tell_nothing(since, rules):
    """Neither alarm nor all clear."""
    assert decay(100.0, since(200.0).at(BLOCKS < 4), BLOCKS[BLOCKS < 4], rules) is None


def test_a_loss_that_is_no_number_is_an_alarm(since, rules):
    """A model that predicts nothing has decayed."""
    assert decay(100.0, mean(np.full(672, np.nan)), BLOCKS, rules).decayed


FIRST = pd.Timestamp("2018-03-01")


@pytest.fixture
def days():
    """Return four weeks of holdout and half a year since, for a champion and the naive model of five years; with changes."""

    def told(champion=lambda day, cost: cost, naive=lambda day, cost: cost) -> Days:
        rng = np.random.default_rng(2)
        years = pd.date_range("2013-01-01", FIRST + pd.Timedelta(days=180))
        costs = pd.Series(rng.gamma(25, 4, len(years)), years)  # 100 on the average, give or take 20
        easy = pd.Series(rng.gamma(25, 8, len(years)), years)
        mine = pd.Series([champion(day, cost) for day, cost in costs.items()], years)
        theirs = pd.Series([naive(day, cost) for day, cost in easy.items()], years)
        return Days(mine[mine.index >= FIRST - pd.Timedelta(days=28)], theirs, FIRST)

    return told


def test_half_a_year_without_a_change_is_no_alarm(days, rules):
    """Not on the last day, nor on any before."""
    told = days()

    for length in range(1, 180, 7):
        last = FIRST + pd.Timedelta(days=length)
        assert decayed_since(Days(told.champion[:last], told.naive[:last], FIRST), rules) is None


@pytest.mark.parametrize("month", [4, 7])
def test_what_got_worse_is_told_within_two_weeks_and_stays_told(days, rules, month):
    """A new champion and an old one; months of it do not become the usual."""
    start = pd.Timestamp(2018, month, 1)
    told = days(champion=lambda day, cost: cost * (1.6 if day >= start else 1.0))

    since = decayed_since(told, rules)

    assert start < since < start + pd.Timedelta(days=14)


def test_what_gets_better_again_is_no_alarm_any_more(days, rules):
    """An issue can be closed."""
    bad = (pd.Timestamp("2018-04-01"), pd.Timestamp("2018-05-15"))
    told = days(champion=lambda day, cost: cost * (1.6 if bad[0] <= day < bad[1] else 1.0))

    assert decayed_since(Days(told.champion[: bad[1]], told.naive, FIRST), rules) is not None
    assert decayed_since(told, rules) is None


def test_a_season_that_is_hard_for_the_naive_model_each_year_is_no_decay(days, rules):
    """December is not the champion's fault; without years before, nobody can know that."""

    def hard(day, cost):
        return cost * (1.6 if day.month == 8 else 1.0)

    told = days(champion=hard, naive=hard)
    unknown = Days(told.champion, told.naive[told.champion.index[0] :], FIRST)

    assert decayed_since(told, rules) is None
    assert decayed_since(unknown, rules) is not None


def test_a_few_holidays_are_no_decay(days, rules):
    """Three wild days in the last two weeks."""
    wild = set(pd.date_range("2018-08-18", periods=3, freq="4D"))

    assert decayed_since(days(champion=lambda day, cost: cost * (8 if day in wild else 1)), rules) is None


def test_days_that_cost_nothing_are_taken_as_they_are(days, rules):
    """Neither a warning nor an alarm; a cost after them is one."""
    start = pd.Timestamp("2018-08-01")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decayed_since(days(champion=lambda day, cost: 0.0), rules) is None
        assert decayed_since(days(champion=lambda day, cost: cost if day >= start else 0.0), rules) is not None


def test_it_says_from_which_day_on(days, rules, since):
    """With time, the days decide; the bounds are those of the newest rows."""
    start = pd.Timestamp("2018-08-01")
    told = days(champion=lambda day, cost: cost * (1.6 if day >= start else 1.0))

    found = decay(100.0, since(100.0), BLOCKS, rules, told)

    assert (found.decayed, found.since[:7]) == (True, "2018-08")
    assert not decay(100.0, since(160.0), BLOCKS, rules, days()).decayed
