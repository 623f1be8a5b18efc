"""Drift is zero where nothing moved, and large where something did, whatever the season."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion.core.documents.model import ColumnProfile
from champion.core.drift import as_before, drift, effects, ordinary, profile

THOUSAND = pd.DataFrame({"value": np.arange(1000.0)})


def moved(reference, rows):
    """Return the drift of the one column `value`, all in one season."""
    before, after = (frame.reset_index(drop=True) for frame in (reference, rows))
    described = profile(before, pd.Series("all", index=before.index))
    return drift(described, after, pd.Series("all", index=after.index))["value"]


def column(*values):
    return pd.DataFrame({"value": list(values)})


def test_the_index_is_a_known_number():
    """From 50:50 to 80:20 is 0.3 ln 1.6 + 0.3 ln 2.5."""
    assert moved(column(*"aabb" * 5), column(*"aaaab" * 4)) == pytest.approx(0.4159)


def test_the_same_data_has_not_moved():
    """Zero to the last digit shown."""
    assert moved(THOUSAND, THOUSAND) == 0


def test_a_sample_of_the_same_data_has_hardly_moved():
    """Chance alone stays below 0.1, where people begin to look."""
    assert 0 < moved(THOUSAND, THOUSAND.sample(500, random_state=7)) < 0.1


@pytest.mark.parametrize(
    "changed",
    [THOUSAND + 300, THOUSAND - 300, THOUSAND * 0.5, THOUSAND.clip(upper=500), THOUSAND.where(THOUSAND >= 500)],
    ids=["higher", "lower", "halved", "capped", "half of it missing"],
)
def test_a_change_of_numbers_is_seen(changed):
    """Above 0.25 something moved."""
    assert moved(THOUSAND, changed) > 0.25


def test_numbers_of_another_scale_altogether_are_seen():
    """Fahrenheit for Kelvin: everything lands in the first bin."""
    kelvin = pd.DataFrame({"value": np.random.default_rng(0).normal(290, 8, 1000)})

    assert moved(kelvin, kelvin * 1.8 - 459.67) > 2


def test_a_new_word_is_seen():
    """Words that nobody knew share a bin of their own."""
    assert moved(column(*["Rain", "Clear"] * 50), column(*["Rain", "Clear", "Hail", "Hail"] * 25)) > 0.25


def test_missing_words_are_seen():
    """An empty field is not a category, but it counts."""
    assert moved(column(*["Rain", "Clear"] * 50), column(*["Rain", None] * 50)) > 0.25


def test_words_where_numbers_were_are_unknown_not_an_error_if_the_reference_has_words():
    """A column that became numeric has moved as far as it can."""
    assert moved(column("Rain", "Clear"), column(1.0, 2.0)) > 0.25


def test_a_column_that_is_gone_is_left_out():
    """It cannot be compared; the contract has more to say about it."""
    described = profile(THOUSAND.assign(old=1), pd.Series("all", index=THOUSAND.index))

    assert drift(described, THOUSAND, pd.Series("all", index=THOUSAND.index)) == {"value": 0.0}


def test_no_rows_have_no_drift():
    """Nothing can be said of nothing."""
    described = profile(THOUSAND, pd.Series("all", index=THOUSAND.index))

    assert drift(described, THOUSAND[:0], pd.Series([], dtype="str")) == {}


def test_winter_is_not_drift():
    """A cold month is compared with cold months, not with the year."""
    month = pd.Series(np.repeat(["1", "7"], 1000))
    chance = np.random.default_rng(0)
    year = pd.DataFrame({"value": np.r_[chance.normal(265, 5, 1000), chance.normal(295, 5, 1000)]})
    january = pd.DataFrame({"value": chance.normal(265, 5, 500)})
    described = profile(year, month)

    in_january = drift(described, january, pd.Series(["1"] * 500))["value"]
    in_july = drift(described, january, pd.Series(["7"] * 500))["value"]

    assert in_january < 0.1
    assert in_july > 1


def test_seasons_are_mixed_as_the_rows_mix_them():
    """Three quarters of January and one of July are expected to look like that."""
    described = profile(column(*"aaaabbbb"), pd.Series(list("11117777")))

    found = drift(described, column(*"aaab" * 10), pd.Series(list("1117" * 10)))

    assert found == {"value": 0.0}


def test_a_season_never_seen_before_is_compared_with_all_seasons():
    """The first August of a young project has no August to compare with."""
    described = profile(column(*"aaaabbbb"), pd.Series(list("11117777")))

    assert drift(described, column(*"ab" * 10), pd.Series(["8"] * 20)) == {"value": 0.0}


def test_a_season_never_seen_before_does_not_count_beside_those_that_were():
    """The first of August does not make July look strange."""
    described = profile(column(*"aaaabbbb"), pd.Series(list("11117777")))

    found = drift(described, column(*"aaaaaaab"), pd.Series(list("11111118")))

    assert found == {"value": 0.0}


def test_a_profile_survives_json():
    """It is kept on a model's card."""
    rows = THOUSAND.assign(word=["Rain", "Clear"] * 500, flag=[True, False] * 500, count=range(1000))
    season = pd.Series("all", index=rows.index)

    written = {name: column.model_dump_json() for name, column in profile(rows, season).items()}
    described = {name: ColumnProfile.model_validate_json(text) for name, text in written.items()}

    assert drift(described, rows, season) == {"value": 0.0, "word": 0.0, "flag": 0.0, "count": 0.0}


def test_a_column_without_any_value_can_be_described():
    """A sensor that was never connected."""
    nothing = column(*[np.nan] * 5)

    assert moved(nothing, nothing) == 0


def test_rain_on_every_day_is_seen_where_most_days_were_dry():
    """A column that is mostly zero still has another side."""
    dry = column(*[0.0] * 950, *[2.0] * 50)

    assert moved(dry, column(*[2.0] * 1000)) > 0.25


def test_a_sensor_that_fails_above_a_limit_is_seen():
    """Missing is not large."""
    assert moved(THOUSAND, THOUSAND.where(THOUSAND < 850)) > 0.25


def test_small_units_are_no_excuse():
    """Concentrations in mol per litre may be as small as they like."""
    assert moved(THOUSAND * 1e-13, THOUSAND * 1e-13 + 5e-11) > 0.25


def test_a_column_that_turned_into_words_has_moved():
    """Evaluation must be able to say so: it is just then that the champion cannot be scored."""
    assert moved(THOUSAND, column(*["high", "low"] * 50)) > 0.25


def test_words_in_a_column_that_was_empty_have_moved():
    """The first holiday of a young project."""
    never = pd.DataFrame({"value": pd.Series([None] * 50, dtype="str")})

    assert moved(never, column(*["Labor Day"] * 50)) > 0.25


def test_a_reference_without_rows_has_no_drift():
    """A project younger than a year has no same season before."""
    described = profile(THOUSAND[:0], pd.Series([], dtype="str"))

    assert drift(described, THOUSAND, pd.Series("all", index=THOUSAND.index)) in ({}, {"value": 0.0})


NUMBERS = st.lists(st.none() | st.floats(-1e6, 1e6) | st.integers(0, 3).map(float), min_size=1, max_size=60)
WORDS = st.lists(st.none() | st.sampled_from(["Rain", "Clear", "Snow", ""]), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None)
@given(values=NUMBERS | WORDS.filter(any), seed=st.integers(0, 2**32 - 1))
def test_the_same_rows_have_not_moved_in_any_order(values, seed):
    """Missing values, ties and single rows included."""
    rows = column(*values)

    assert moved(rows, rows.sample(frac=1, random_state=seed)) == 0


@settings(max_examples=40, deadline=None)
@given(pair=st.tuples(NUMBERS, NUMBERS) | st.tuples(WORDS.filter(any), WORDS))
def test_drift_is_never_negative(pair):
    """A distance has a direction only for who walks it."""
    before, after = pair

    found = moved(column(*before), column(*after))

    assert found >= 0
    assert np.isfinite(found)


def stores(*which, month=5, rows=200):
    """Return rows of these stores, each of its own size, and their seasons."""
    chance = np.random.default_rng(4)
    size = {"a": 10.0, "b": 20.0, "new": 500.0}
    table = pd.DataFrame({"value": np.concatenate([size[name] + chance.normal(0, 1, rows) for name in which])})
    return table, pd.Series([f"{month} {name}" for name in which for _ in range(rows)])


def test_a_store_that_opens_or_closes_moves_nothing():
    """Each is compared with itself: PSI counted rows, and called another mix of stores a drift."""
    described = profile(*stores("a", "b"))

    assert drift(described, *stores("a", "b", "new"))["value"] < 0.1
    assert drift(described, *stores("a"))["value"] < 0.1
    higher, season = stores("a", "b")
    assert drift(described, higher + 5, season)["value"] > 0.25


def test_of_very_many_entities_the_season_alone_counts(monkeypatch):
    """A card is no copy of the data; and one that was written before knows months alone."""
    rows, season = stores("a", "b")
    months = pd.Series("5", index=rows.index)

    monkeypatch.setattr("champion.core.drift.MOST", 1)

    assert profile(rows, season) == profile(rows, months)
    assert drift(profile(rows, months), rows, season) == {"value": 0.0}


@pytest.fixture
def weather():
    """Two values an hour over five years: one is of the month, and one is in the mood of its fortnight."""
    times = pd.Series(pd.date_range("2013-01-01", "2018-02-28 23:00", freq="h"))
    rng = np.random.default_rng(3)
    mood = np.repeat(rng.normal(0, 2, len(times) // 336 + 1), 336)[: len(times)]
    rows = pd.DataFrame(
        {"month": times.dt.month + rng.normal(0, 0.1, len(times)), "mood": mood + rng.normal(size=len(times))}
    )
    return rows, times, times.dt.month.astype("str")


def test_what_moves_in_every_year_is_ordinary(weather):
    """A rule of thumb would call each February another world; the Februaries before were as different."""
    rows, times, season = weather
    past, recent = times < "2018-02-01", (pd.Timestamp("2018-01-31"), times.iloc[-1])
    described = profile(rows[past], season[past])

    now = drift(described, rows[~past], season[~past])
    usual = ordinary(rows[past], season[past], times[past], recent)

    assert now["mood"] > 0.25
    assert now["mood"] < usual["mood"]
    assert usual["month"] < 0.1
    assert drift(described, rows[~past] + 1.0, season[~past])["month"] > 10 * usual["month"]


def test_without_years_before_nothing_is_ordinary(weather):
    """Then the rule of thumb alone decides."""
    rows, times, season = weather
    first = times < "2013-03-01"

    assert ordinary(rows[first], season[first], times[first], (times[0], times[1000])) == {}


def test_an_effect_is_what_the_column_does_to_the_mean_prediction():
    """In standard deviations of the predictions; of classes, the one that moves most."""
    assert effects(np.array([1.0, 3.0, 5.0]), {"cold": np.array([1.0, 3.0, 5.0])}) == {"cold": 0.0}
    chances = np.array([[0.2, 0.8], [0.4, 0.6]])
    assert effects(chances, {"cold": chances[:, ::-1]})["cold"] == pytest.approx(4.0)


def test_a_column_as_before_has_values_of_its_own_season_and_leaves_the_others():
    """Of seasons that were never seen, any."""
    past = pd.DataFrame({"cold": [1.0, 2.0, 9.0], "wet": 0.0})
    now = pd.DataFrame({"cold": [50.0] * 4, "wet": [1.0, 2.0, 3.0, 4.0]})
    then, seasons = pd.Series(["1", "1", "7"]), pd.Series(["7", "1", "7", "12"])

    before = as_before(now, past, "cold", (seasons, then), seed=1)

    assert before["wet"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert before["cold"].tolist()[::2] == [9.0, 9.0]
    assert before["cold"][1] in (1.0, 2.0)
    assert before["cold"][3] in (1.0, 2.0, 9.0)
