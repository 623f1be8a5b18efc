"""Yours: where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

from pipelines.problem.names import KEY

FILE = "metro_interstate_traffic_volume.csv.gz"  # what messages call the delivery

# Upstream column: (our name, type). number, integer, text or time; a trailing ? allows empty values.
COLUMNS = {
    "date_time": ("time", "time"),
    "traffic_volume": ("vehicles", "integer"),
    "temp": ("temperature_k", "number"),
    "rain_1h": ("rain_mm", "number"),
    "snow_1h": ("snow_mm", "number"),
    "clouds_all": ("clouds_percent", "number"),
    "weather_main": ("weather", "text"),
    "weather_description": ("weather_detail", "text"),
    "holiday": ("holiday", "text"),
}

# Outside of this is impossible, not unusual: such rows go to the quarantine table.
POSSIBLE = {
    "vehicles": (1, 10_000),  # the counter reports 0 when it is down
    "temperature_k": (210, 325),  # -63 °C to 52 °C
    "rain_mm": (0, 305),  # the world record for one hour
    "snow_mm": (0, 305),
    "clouds_percent": (0, 100),
}

# Mildest first: of several reports in one hour the most severe counts.
SEVERITY = [
    "Clear", "Clouds", "Mist", "Haze", "Smoke", "Fog", "Drizzle", "Rain", "Snow", "Squall", "Thunderstorm",
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
