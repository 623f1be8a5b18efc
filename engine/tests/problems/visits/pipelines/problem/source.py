"""Where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

from champion.core.interface import Column

FILE = "visits.csv"

COLUMNS = [
    Column("visit", "visit", "text"),
    Column("person", "person", "text"),
    Column("age", "age", "integer", possible=(0, 120), unit="years"),
    Column("before", "visits_before", "integer", possible=(0, 1000)),
    Column("note", "note", "text"),
    Column("returned", "returned", "category", values=("no", "yes")),
]
CONFLICTS = "quarantine"


def read(folder: Path) -> pd.DataFrame:
    """Return the upstream rows, as text."""
    return pd.read_csv(folder / FILE, dtype=str, keep_default_na=False)


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one of several equal rows."""
    return rows.sort_values(list(rows.columns)).drop_duplicates("visit")
