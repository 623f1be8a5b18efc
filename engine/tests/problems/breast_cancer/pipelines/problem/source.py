"""Where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

from champion.core.interface import Column

FILE = "biopsies.csv"
MEASURED = ["mean radius", "mean texture", "mean concavity", "worst area", "worst smoothness"]

POSSIBLE = {"mean radius": (0.1, 100), "worst area": (1, 10_000)}
COLUMNS = [
    Column("sample", "sample", "text"),
    Column("diagnosis", "diagnosis", "text"),
    *(Column(name, name.replace(" ", "_"), "number", optional=True, possible=POSSIBLE.get(name)) for name in MEASURED),
]
CONFLICTS = "quarantine"


def read(folder: Path) -> pd.DataFrame:
    """Return the upstream rows, as text."""
    return pd.read_csv(folder / FILE, dtype=str, keep_default_na=False)


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one of several equal rows."""
    return rows.sort_values(list(rows.columns)).drop_duplicates("sample")
