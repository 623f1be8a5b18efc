"""A forecast a week ahead may use the hour itself, and what is a week old."""

import pandas as pd
import pytest

from pipelines.problem.features import HORIZON, features, slices
from pipelines.problem.names import KEY, TARGET


@pytest.fixture(scope="module")
def made(canonical) -> pd.DataFrame:
    """The features of the sample. Shared: do not change them."""
    return features(canonical)


@pytest.mark.parametrize("now", ["2013-05-01 00:00", "2016-12-24 17:00", "2018-09-03 00:00"])
def test_no_feature_looks_ahead(canonical, made, now):
    """Whatever happens from an hour on, the features before it stay what they were."""
    future = canonical["time"] >= now
    changed = canonical.copy()
    for name in canonical.columns.drop(KEY):
        changed.loc[future, name] = canonical.loc[future, name].to_numpy()[::-1]

    again = features(changed)

    assert not changed.equals(canonical)
    pd.testing.assert_frame_equal(again[~future], made[~future])


@pytest.mark.parametrize("now", ["2013-05-01 00:00", "2016-12-24 17:00", "2018-09-03 00:00"])
def test_no_feature_knows_a_target_of_the_week_before(canonical, made, now):
    """At the time of the forecast the newest count is a week old: for every hour, not only the first."""
    week = canonical["time"].between(pd.Timestamp(now), pd.Timestamp(now) + HORIZON, inclusive="left")
    changed = canonical.copy()
    changed.loc[week, TARGET] = 10_000 - canonical.loc[week, TARGET]

    again = features(changed)

    assert week.sum() > 100
    pd.testing.assert_frame_equal(again[week], made[week])


def test_no_row_is_added_or_lost_and_the_order_stays(canonical, made):
    """The stage puts key and target next to the features."""
    assert len(made) == len(canonical) == 40_562
    assert (made["hour"] == canonical["time"].dt.hour).all()
    assert not set(made) & {*KEY, TARGET}


def test_the_week_before_is_the_same_hour_or_missing():
    """Never the nearest hour that happens to be there."""
    time = pd.to_datetime(["2018-01-01 10:00", "2018-01-08 09:00", "2018-01-08 10:00", "2018-01-08 11:00"])
    table = pd.DataFrame(
        {"time": time, "vehicles": [100, 200, 300, 400], "holiday": "None", "weather": "Clear"}
        | dict.fromkeys(["temperature_k", "rain_mm", "snow_mm", "clouds_percent"], 1.0)
    )

    before = features(table)["vehicles_week_before"]

    assert before.fillna(-1).tolist() == [-1, -1, 100, -1]


def test_a_holiday_lasts_all_day(canonical, made):
    """Upstream names it at midnight only."""
    christmas = canonical["time"].dt.strftime("%Y-%m-%d") == "2017-12-25"

    assert set(canonical.loc[christmas, "holiday"]) == {"Christmas Day", "None"}
    assert set(made.loc[christmas, "holiday"]) == {"Christmas Day"}
    assert made["holiday"].notna().all()


def test_every_row_is_in_one_slice_of_each_kind(canonical, made):
    """A row in no slice could get worse unseen."""
    groups = slices(pd.concat([canonical[[*KEY, TARGET]], made], axis=1))

    assert groups.notna().all(axis=None)
    assert not (groups == "nan").any(axis=None)
    assert set(groups["days"]) == {"weekday", "weekend"}
    assert set(groups["season"]) == {"winter", "spring", "summer", "autumn"}
    assert set(groups["hours"]) == {"00-05", "06-09", "10-15", "16-19", "20-23"}
