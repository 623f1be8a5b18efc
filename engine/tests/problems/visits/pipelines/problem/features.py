"""What the model may know of a row."""

import pandas as pd

HORIZON: pd.Timedelta | None = None  # rows have no time


def features(table: pd.DataFrame) -> pd.DataFrame:
    """Return age, number of visits before, and the words of the note."""
    return table[["age", "visits_before", "note"]]


def slices(rows: pd.DataFrame) -> pd.DataFrame:
    """Old and young."""
    return pd.DataFrame({"age": rows["age"].map(lambda age: "65 and older" if age >= 65 else "younger")})
