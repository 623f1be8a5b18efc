"""Where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

FILE = "biopsies.csv"
MEASURED = ["mean radius", "mean texture", "mean concavity", "worst area", "worst smoothness"]

COLUMNS = {
    "sample": ("sample", "text"),
    "diagnosis": ("diagnosis", "text"),
    **{name: (name.replace(" ", "_"), "number?") for name in MEASURED},
}
POSSIBLE = {"mean_radius": (0.1, 100), "worst_area": (1, 10_000)}


def read(folder: Path) -> pd.DataFrame:
    """Return the upstream rows, as text."""
    return pd.read_csv(folder / FILE, dtype=str, keep_default_na=False)


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one of several equal rows."""
    return rows.sort_values(list(rows.columns)).drop_duplicates("sample")
