"""The addresses in the embedded database: MLflow writes absolute ones, and a project may be moved or copied."""

import sqlite3
from contextlib import closing
from pathlib import Path

PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}


def follow(database: Path, files: Path) -> None:
    """Point the database at the files beside it, if they are where the project was before it was moved or copied.

    A copy never reads from its original, nor writes to it. Without files beside it the database stays as it is. All of
    it is one transaction, so that a kill leaves the one or the other.

    Raises:
        sqlite3.Error: if it cannot be read or written.
    """
    if not files.exists():
        return
    here = files.as_uri()
    with closing(sqlite3.connect(database)) as connection:
        known = connection.execute("select distinct artifact_location from experiments").fetchall()
        for (old,) in known:
            if str(old).startswith("file:") and old != here and str(old).endswith(f"/{files.name}"):
                _replace(connection, old, here)
        connection.commit()


def _replace(connection: sqlite3.Connection, old: str, new: str) -> None:
    for table, columns in PLACES.items():
        for column in columns:
            connection.execute(
                f"update {table} set {column} = ? || substr({column}, ?) "  # noqa: S608  # names of our own
                f"where {column} = ? or substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            )
