"""What the model may know of a row."""

import pandas as pd

HORIZON: pd.Timedelta | None = None  # rows have no time


def features(table: pd.DataFrame) -> pd.DataFrame:
    """Return every measurement."""
    return table.drop(columns=["sample", "diagnosis"])


def slices(rows: pd.DataFrame) -> pd.DataFrame:
    """Small and large nuclei."""
    return pd.DataFrame({"size": rows["mean_radius"].map(lambda radius: "large" if radius > 13 else "small")})
