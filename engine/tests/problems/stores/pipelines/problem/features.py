"""What the model may know of a row."""

import pandas as pd

HORIZON: pd.Timedelta | None = pd.Timedelta(days=7)


def features(table: pd.DataFrame) -> pd.DataFrame:
    """Return the calendar, what is planned, and what the store sold on this weekday before."""
    day = table["day"]
    sales = table.set_index(["store", "day"])["sales"]
    weeks = [
        sales.reindex(pd.MultiIndex.from_arrays([table["store"], day - pd.Timedelta(weeks=week)])).to_numpy()
        for week in range(1, 5)
    ]
    return pd.DataFrame(
        {
            "weekday": day.dt.day_of_week,
            "month": day.dt.month,
            "promo": table["promo"],
            "open": table["open"],
            "holiday": table["holiday"],
            "sales_week_before": weeks[0],
            "sales_usual": pd.DataFrame(dict(enumerate(weeks))).median(axis=1).to_numpy(),
        }
    )


def slices(rows: pd.DataFrame) -> pd.DataFrame:
    """Stores, and days with and without promotion."""
    return pd.DataFrame({"store": rows["store"], "promo": rows["promo"].map({True: "promo", False: "none"})})
