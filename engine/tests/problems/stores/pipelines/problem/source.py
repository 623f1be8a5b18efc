"""Where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

from champion.core.interface import Column

FILE = "stores.csv"

COLUMNS = [
    Column("store", "store", "text"),  # "007" is a name, not a number
    Column("day", "day", "date"),
    Column("sales", "sales", "decimal", possible=(0, 100_000), unit="€"),
    Column("customers", "customers", "integer", possible=(0, 10_000)),
    Column("promo", "promo", "boolean"),
    Column("holiday", "holiday", "category", values=("None", "state", "easter")),
    Column("open", "open", "boolean"),
]
CONFLICTS = "merge"  # a second row for a store and day is a correction


def read(folder: Path) -> pd.DataFrame:
    """Return the upstream rows, as text."""
    return pd.read_csv(folder / FILE, dtype=str, keep_default_na=False)


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Let the correction count: the row that was delivered last."""
    return rows.drop_duplicates(["store", "day"], keep="last")
