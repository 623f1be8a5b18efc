"""What upstream sends, and how several reports of one hour become one row."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS, SEVERITY, merge, read

REPORT = {
    "time": pd.Timestamp("2018-09-30 15:00"), "vehicles": 4302, "temperature_k": 280.0, "rain_mm": 0.0,
    "snow_mm": 0.0, "clouds_percent": 90.0, "weather": "Rain", "weather_detail": "light rain", "holiday": "None",
}  # fmt: skip


def reports(**different: list) -> pd.DataFrame:
    count = len(next(iter(different.values())))
    return pd.DataFrame({name: different.get(name, [value] * count) for name, value in REPORT.items()})


def test_the_reader_returns_text_under_upstream_names(sample):
    """Types are the stage's business; the word None is a word."""
    rows = read(sample)

    assert {column.upstream for column in COLUMNS} <= set(rows)
    assert len(rows) == 48_204
    assert rows.loc[0, ["holiday", "temp", "date_time"]].tolist() == ["None", "288.28", "2012-10-02 09:00:00"]
    assert not rows.isna().any(axis=None)


def test_the_names_fit_together():
    """Key, time, target and ranges are columns that the source makes."""
    ours = {column.name: column for column in COLUMNS}

    assert {*KEY, TIME, TARGET} <= set(ours)
    assert ours[TIME].kind == "time"
    assert len(ours) == len(COLUMNS)
    assert all(column.possible[0] < column.possible[1] for column in COLUMNS if column.possible)


@pytest.mark.parametrize(
    ("column", "values", "kept"),
    [
        ("weather", ["Drizzle", "Thunderstorm", "Rain"], "Thunderstorm"),
        ("weather", ["Mist", "Clear"], "Mist"),
        ("temperature_k", [280.0, 281.0], 280.5),
        ("clouds_percent", [40.0, 90.0], 65.0),
        ("rain_mm", [0.25, 0.0], 0.25),
        ("snow_mm", [0.0, 0.1], 0.1),
    ],
)
def test_reports_of_one_hour_become_one_row(column, values, kept):
    """The worst weather, the most rain and snow, the mean temperature and cloud."""
    merged = merge(reports(**{column: values}))

    assert merged[column].tolist() == [kept]
    assert merged["vehicles"].tolist() == [4302]


def test_the_details_belong_to_the_weather_that_counts():
    """`light rain` does not describe a thunderstorm."""
    merged = merge(
        reports(weather=["Thunderstorm", "Rain"], weather_detail=["proximity thunderstorm", "very heavy rain"])
    )

    assert merged[["weather", "weather_detail"]].to_numpy().tolist() == [["Thunderstorm", "proximity thunderstorm"]]


def test_a_holiday_is_kept_whichever_report_names_it():
    """The weather has no say in it."""
    merged = merge(reports(weather=["Rain", "Clear"], holiday=["None", "Labor Day"]))

    assert merged["holiday"].tolist() == ["Labor Day"]


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "time": st.sampled_from(pd.date_range("2018-09-30", periods=3, freq="h").tolist()),
                "temperature_k": st.floats(210, 325),
                "clouds_percent": st.floats(0, 100),
                "weather": st.sampled_from([*SEVERITY, "Ash"]),
                "weather_detail": st.sampled_from(["a", "b"]),
            }
        ),
        min_size=1,
        max_size=8,
    ),
    order=st.randoms(use_true_random=False),
)
def test_merging_does_not_depend_on_the_order_of_reports(rows, order):
    """To the last bit: sums of floating-point numbers do depend on it."""
    frame = pd.DataFrame([REPORT | row for row in rows])

    merged = merge(frame)
    again = merge(frame.sample(frac=1, random_state=order.randint(0, 2**31)))

    assert sorted(merged["time"]) == sorted(set(frame["time"]))
    pd.testing.assert_frame_equal(again, merged, check_exact=True)
