"""Yours: where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

from champion.core.interface import Column
from pipelines.problem.names import KEY

FILE = "metro_interstate_traffic_volume.csv.gz"  # what messages call the delivery

# Outside of `possible` a value cannot be true, however unusual the day: such rows go to the quarantine table.
COLUMNS = [
    Column("date_time", "time", "time"),
    Column("traffic_volume", "vehicles", "integer", possible=(1, 10_000), unit="vehicles per hour"),  # 0: counter down
    Column("temp", "temperature_k", "number", possible=(210, 325), unit="K"),  # -63 °C to 52 °C
    Column("rain_1h", "rain_mm", "number", possible=(0, 305), unit="mm"),  # the world record for one hour
    Column("snow_1h", "snow_mm", "number", possible=(0, 305), unit="mm"),
    Column("clouds_all", "clouds_percent", "number", possible=(0, 100), unit="%"),
    Column("weather_main", "weather", "text"),
    Column("weather_description", "weather_detail", "text"),
    Column("holiday", "holiday", "text"),
]
CONFLICTS = "quarantine"  # rows that share a key but not a target; "merge": `merge` decides which is true

# Mildest first: of several reports in one hour the most severe counts.
SEVERITY = [
    "Clear", "Clouds", "Mist", "Haze", "Smoke", "Fog", "Drizzle", "Rain", "Snow", "Squall", "Thunderstorm",
]  # fmt: skip
HOLIDAYS = [
    "Labor Day", "Thanksgiving Day", "Christmas Day", "New Years Day", "Martin Luther King Jr Day", "Columbus Day",
    "Veterans Day", "Washingtons Birthday", "Memorial Day", "Independence Day", "State Fair",
]  # fmt: skip


def read(folder: Path) -> pd.DataFrame:
    """Return the upstream rows under upstream column names, as text; `folder` is data/0-source.

    "None" is a word here, not a missing value.
    """
    return pd.read_csv(folder / FILE, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def merge(reports: pd.DataFrame) -> pd.DataFrame:
    """Make one row of the reports that share a key, whatever their order."""
    rank = reports["weather"].map({name: rank for rank, name in enumerate(SEVERITY)}).fillna(len(SEVERITY))
    worst_last = reports.assign(rank=rank, holiday=reports["holiday"].replace("None", None))
    worst_last = worst_last.sort_values([*KEY, "rank", *reports.columns.drop(KEY)])
    merged = worst_last.groupby(KEY, as_index=False).agg(
        {
            "vehicles": "first",  # reports that disagree on the target never get here
            "temperature_k": "mean",
            "rain_mm": "max",
            "snow_mm": "max",
            "clouds_percent": "mean",
            "weather": "last",  # one the contract does not know ranks highest, so that it is seen
            "weather_detail": "last",
            "holiday": "first",
        }
    )
    return merged.fillna({"holiday": "None"})
