"""Where the rows come from and what one row is."""

from pathlib import Path

import pandas as pd

from champion.core.interface import Column

FILE = "tickets.csv"
TOPICS = ("account", "billing", "bug", "fraud", "howto")

COLUMNS = [
    Column("ticket", "ticket", "integer"),  # 19 digits
    Column("opened", "opened", "time"),  # with UTC offset: becomes UTC
    Column("channel", "channel", "category", optional=True, values=("mail", "chat", "phone")),
    Column("words", "words", "integer", possible=(0, 100_000)),
    Column("amount", "amount", "decimal", optional=True, possible=(0, 1_000_000), unit="€"),
    Column("attachments", "attachments", "integer", optional=True, possible=(0, 100)),
    Column("topic", "topic", "category", values=TOPICS),
]
CONFLICTS = "quarantine"


def read(folder: Path) -> pd.DataFrame:
    """Return the upstream rows, as text."""
    return pd.read_csv(folder / FILE, dtype=str, keep_default_na=False)


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one of several equal rows."""
    return rows.sort_values(list(rows.columns)).drop_duplicates("ticket")
