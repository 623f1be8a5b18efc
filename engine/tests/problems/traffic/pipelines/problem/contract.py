"""Yours: what must be true of the data before anyone trains on it."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from pipelines.problem.params import Validate
from pipelines.problem.source import COLUMNS, HOLIDAYS, SEVERITY

# The counter was down; every longer silence (a day or more) is news.
OUTAGES = pd.DatetimeIndex(
    [
        "2013-01-29 01:00", "2013-08-31 01:00", "2013-09-03 03:00", "2013-10-27 02:00", "2014-04-29 09:00",
        "2014-07-27 17:00", "2014-08-02 03:00", "2014-08-08 02:00", "2015-06-14 21:00", "2015-06-20 19:00",
        "2015-06-22 19:00", "2015-10-23 12:00",
    ]
)  # fmt: skip
TYPES = {"time": "datetime64", "integer": "int64", "number": "float64", "text": "str"}  # as pandas names them
LONGEST_GAP = 23  # hours
RELIABLE_SINCE = "2016-05"  # before, the counter lost up to half of its hours


def views(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return further tables to check, each with what names its rows as first column."""
    past = table["time"] - table["time"].dt.floor("h")
    clock = pd.DataFrame({"time": table["time"], "seconds_past": past.dt.total_seconds()})
    return {"clock": clock, "months": _months(table), "gaps": _gaps(table), "weeks": _weeks(table)}


def expectations(params: Validate) -> dict[str, list[Expectation]]:
    """Return what to expect of each view. Critical stops the pipeline, warning is reported.

    The pipeline adds two views: `delivery`, one row about ingest, and `drift`, one row per column. An input that
    moved no further than in these weeks of a year before has no `input_drift`.
    """
    return {
        "delivery": _of_delivery(params),
        "table": _of_table(params),
        "clock": [gxe.ExpectColumnValuesToBeBetween(column="seconds_past", max_value=0, severity="critical")],
        "months": [
            gxe.ExpectColumnMaxToBeBetween(column="missing_hours", max_value=744, severity="critical"),
            gxe.ExpectColumnValuesToBeBetween(
                column="missing_hours",
                max_value=params.max_missing_hours,
                row_condition=Column("month") >= RELIABLE_SINCE,
                severity="critical",
            ),
        ],
        "gaps": [
            gxe.ExpectColumnValuesToBeBetween(column="undeclared_hours", max_value=LONGEST_GAP, severity="critical")
        ],
        "weeks": [
            # Traffic sleeps at 2 or 3 o'clock; another hour means another clock (UTC, say).
            gxe.ExpectColumnValuesToBeBetween(column="quietest_hour", min_value=1, max_value=4, severity="critical"),
            gxe.ExpectColumnValuesToBeBetween(column="range", min_value=3000, severity="critical"),
        ],
        "drift": [
            gxe.ExpectColumnValuesToBeBetween(column="input_drift", max_value=params.max_input_drift, severity="warning"),
            gxe.ExpectColumnValuesToBeBetween(column="target_drift", max_value=params.max_target_drift, severity="critical"),
        ],
    }  # fmt: skip


def _of_delivery(params: Validate) -> list[Expectation]:
    limits = {
        "quarantined": params.max_quarantined,
        "recently_quarantined": params.max_recent_quarantined,
        "days_behind": params.max_days_behind,
    }
    stopping = [
        gxe.ExpectColumnValuesToBeBetween(column=name, max_value=most, severity="critical")
        for name, most in limits.items()
    ]
    return [
        *stopping,
        # Local time: a delivery that turns to UTC would move every hour.
        gxe.ExpectColumnValuesToBeBetween(column="with_offset", max_value=0, severity="critical"),
        gxe.ExpectColumnValuesToBeBetween(column="unlabelled", max_value=params.max_quarantined, severity="critical"),
        gxe.ExpectColumnValuesToBeBetween(column="merged_exact_repeats", max_value=23, severity="warning"),
        gxe.ExpectColumnValuesToBeBetween(column="ignored_columns", max_value=0, severity="warning"),
    ]


def _of_table(params: Validate) -> list[Expectation]:
    types = {column.name: TYPES[column.kind] for column in COLUMNS if column.name != "weather_detail"}
    ranges = [
        gxe.ExpectColumnValuesToBeBetween(
            column=column.name, min_value=column.possible[0], max_value=column.possible[1], severity="critical"
        )
        for column in COLUMNS
        if column.possible
    ]
    return [
        gxe.ExpectTableRowCountToBeBetween(min_value=params.min_rows, severity="critical"),
        *(gxe.ExpectColumnToExist(column=name, severity="critical") for name in types),
        *(gxe.ExpectColumnValuesToBeOfType(column=name, type_=kind, severity="critical") for name, kind in types.items()),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name, severity="critical") for name in types),
        gxe.ExpectColumnValuesToBeUnique(column="time", severity="critical"),
        *ranges,
        gxe.ExpectColumnValuesToBeInSet(column="weather", value_set=SEVERITY, severity="critical"),
        gxe.ExpectColumnValuesToBeInSet(column="holiday", value_set=["None", *HOLIDAYS], severity="critical"),
        gxe.ExpectColumnStdevToBeBetween(column="vehicles", min_value=500, severity="critical"),
    ]  # fmt: skip


def _months(table: pd.DataFrame) -> pd.DataFrame:
    """One row per calendar month from the first to the last row: how many of its hours are missing."""
    time = table["time"]
    due = pd.Series(pd.date_range(time.min(), time.max().normalize() + pd.Timedelta(hours=23), freq="h"))
    missing = due[~due.isin(time)].dt.strftime("%Y-%m").value_counts()
    months = due.dt.strftime("%Y-%m").unique()
    return pd.DataFrame({"month": months, "missing_hours": missing.reindex(months, fill_value=0).to_numpy()})


def _gaps(table: pd.DataFrame) -> pd.DataFrame:
    """One row per silence: when it began, how long it was, how much of it nobody declared."""
    time = table["time"]
    hours = time.diff().shift(-1).dt.total_seconds().div(3600).sub(1).fillna(0).astype(int)
    gaps = pd.DataFrame({"start": time + pd.Timedelta(hours=1), "hours": hours})[hours > 0]
    return gaps.assign(undeclared_hours=gaps["hours"].where(~gaps["start"].isin(OUTAGES), 0))


def _weeks(table: pd.DataFrame) -> pd.DataFrame:
    """One row per well-filled week: when traffic is lowest, and how far it swings."""
    time = table["time"]
    week = (time - pd.to_timedelta(time.dt.day_of_week, unit="D")).dt.normalize().rename("week")
    by_hour = table.pivot_table("vehicles", week, time.dt.hour.rename("hour"), "mean")
    vehicles = table.groupby(week)["vehicles"]
    weeks = pd.DataFrame({"quietest_hour": by_hour.idxmin(axis=1), "range": vehicles.max() - vehicles.min()})
    return weeks[vehicles.size() >= 120].rename_axis("week").reset_index()
