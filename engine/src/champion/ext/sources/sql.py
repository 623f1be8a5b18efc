"""A table or view of a database, by how many rows it has and when one changed last."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.core.source import HERE, KEPT, as_text, unanswered


@dataclass(frozen=True)
class Sql:
    """A table or view of a database that SQLAlchemy knows, such as PostgreSQL, MySQL or SQLite."""

    table: str  # "sales", or "schema.sales"
    changed: str  # the column that tells when a row was written or changed
    day: str | None = None  # the column to compare with ingest.as_of: rows of later days are not of the delivery
    address: str = "DATABASE"  # the environment variable that has SQLAlchemy's address, so that no password is in git

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"SQL {self.table}"

    def state(self, params: Ingest) -> str:
        """Return the number of rows and the last change, of the days up to as_of."""
        with self._connected() as connection:
            return self._watermark(connection, params.as_of if self.day else None)

    def read(self, state: str) -> pd.DataFrame:
        """Return the rows, if they are still those of `state`: a database keeps no others."""
        from sqlalchemy import select, text

        told = re.search(r" to (\d{4}-\d\d-\d\d), ", state)
        last = date.fromisoformat(told[1]) if told else None
        with self._connected() as connection:
            if (now := self._watermark(connection, last)) != state:
                raise PipelineError(
                    f"{self.name} has changed: it was {state}, and is {now}. `dvc repro` takes it as it is now. {KEPT}"
                )
            rows = connection.execute(select(text("*")).select_from(self._table()).where(*self._due(last)))
            names, columns = list(rows.keys()), list(zip(*rows, strict=True))
        if len(set(names)) < len(names):
            raise PipelineError(
                f"{self.name} has columns of one name: {', '.join(names)}. Make a view in which none is."
            )
        filled = columns or [() for _ in names]
        arrays = [_array(values, f"{self.name}: the column {name}") for name, values in zip(names, filled, strict=True)]
        return as_text(pa.table(arrays, names=names), self.name)

    def _watermark(self, connection: Any, last: date | None) -> str:
        from sqlalchemy import column, func, select

        asked = select(func.count(), func.max(column(self.changed))).select_from(self._table())
        count, changed = connection.execute(asked.where(*self._due(last))).one()
        return f"{self.name}{f' to {last}' if last else ''}, {count:,} rows, the last change at {changed}"

    def _table(self) -> Any:
        from sqlalchemy import table

        schema, _, name = self.table.rpartition(".")
        return table(name, schema=schema or None)

    def _due(self, last: date | None) -> list[Any]:
        from sqlalchemy import Date, column, literal

        if last is None:
            return []
        return [column(self.day) < literal(last + timedelta(days=1), Date())]

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Yield a connection that sees the rows of one moment, and say what the database said otherwise."""
        from sqlalchemy import create_engine, exc

        if not (address := os.environ.get(self.address)):
            raise PipelineError(
                f"{self.name}: the environment variable {self.address} is not set; the address of the database is expected, "
                f"as postgresql+psycopg2://user:password@host/database. {HERE} names the variable."
            )
        try:
            engine = create_engine(address, isolation_level="SERIALIZABLE")
            with engine.connect() as connection:
                yield connection
        except exc.OperationalError as error:
            raise self._said(error) from None
        except (exc.SQLAlchemyError, ImportError) as error:
            raise PipelineError(
                f"{self.name} cannot be read: {_first_line(error)}. Correct {HERE}, or {self.address}."
            ) from None

    def _said(self, error: Exception) -> PipelineError:
        """Tell a database that is out of reach from one that has no such table."""
        said = _first_line(error)
        if "no such" in said:  # SQLite calls everything operational
            return PipelineError(f"{self.name} cannot be read: {said}. Correct {HERE}.")
        return unanswered(self.name, ConnectionError(said))


def _first_line(error: Exception) -> str:
    """Return what the database said, or where SQLAlchemy said it itself, that."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _array(values: Sequence[object], called: str) -> pa.Array:
    try:
        return pa.array(values, None if values else pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        raise PipelineError(
            f"{called} holds {kinds}, which are no rows of a table: {error}. Make a view that casts it to text."
        ) from None
