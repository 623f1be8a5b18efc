"""Yours: what the model may know of a row when it predicts it."""

import pandas as pd

# Nothing newer than a week is known of the target when the forecast is made. None where rows have no time.
HORIZON = pd.Timedelta(days=7)
NO_HOLIDAY = "no holiday"  # "None", as the delivery says, is read as a missing value by much that sends rows to a model


def features(table: pd.DataFrame) -> pd.DataFrame:
    """Return the model's columns, one row per row of the table, in its order.

    A row may use itself, except for the target, and rows at least a week older.
    """
    time = table["time"]
    day = time.dt.normalize()
    named = table.loc[table["holiday"] != "None"].groupby(day)["holiday"].first()  # set on the 00:00 row only
    vehicles = table.set_index("time")["vehicles"]
    return pd.DataFrame(
        {
            "hour": time.dt.hour,
            "weekday": time.dt.day_of_week,
            "month": time.dt.month,
            "holiday": day.map(named).astype("str").fillna(NO_HOLIDAY),
            "temperature_k": table["temperature_k"],
            "rain_mm": table["rain_mm"],
            "snow_mm": table["snow_mm"],
            "clouds_percent": table["clouds_percent"],
            "weather": table["weather"],
            "vehicles_week_before": vehicles.reindex(time - HORIZON).to_numpy(dtype=float),
        }
    )


def slices(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the groups in which a model must not get worse, one column per way to slice.

    `rows` has the key, the target and the features.
    """
    hour, weekday, month = rows["hour"], rows["weekday"], rows["month"]
    return pd.DataFrame(
        {
            "hours": pd.cut(hour, [-1, 5, 9, 15, 19, 23], labels=["00-05", "06-09", "10-15", "16-19", "20-23"]).astype(
                "str"
            ),
            "days": weekday.map(lambda day: "weekend" if day >= 5 else "weekday"),
            "season": month.map(lambda month: ["winter", "spring", "summer", "autumn"][month % 12 // 3]),
            "weather": rows["weather"],
        }
    )
