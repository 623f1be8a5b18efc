"""Databases of an MLflow of before: its own schema, with the records of today's."""

import sqlite3
from contextlib import closing
from pathlib import Path

SCHEMA = Path(__file__).parent / "registry/samples/mlflow-3.9.0.sql"  # what MLflow 3.9.0 makes of an empty SQLite file


def make_older(database: Path) -> None:
    """Give a database the schema of MLflow 3.9.0; what that has no column for is left out."""
    old = database.with_name("older.db")
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(SCHEMA.read_text())
        connection.execute("attach database ? as today", (str(database),))
        tables = [name for (name,) in connection.execute("select name from main.sqlite_master where type = 'table'")]
        for table in tables:
            columns = [_columns(connection, place, table) for place in ("main", "today")]
            common = ", ".join(f'"{name}"' for name in columns[0] if name in columns[1])
            if table != "alembic_version" and common:
                connection.execute(f"delete from main.{table}")
                connection.execute(f"insert into main.{table} ({common}) select {common} from today.{table}")
        connection.commit()
    old.replace(database)


def make_newer(database: Path) -> None:
    """Give a database a schema that no MLflow of today knows."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update alembic_version set version_num = 'ffffffffffff'")
        connection.commit()


def _columns(connection: sqlite3.Connection, place: str, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"pragma {place}.table_info({table})")]
