"""What the problem's functions returned, held to what they have to give: a mistake is told where it was made."""

from typing import TypeVar

import pandas as pd

from champion.core.errors import PipelineError

Expected = TypeVar("Expected")


def of_kind(value: object, kind: type[Expected], where: str, expected: str) -> Expected:
    """Return a value that is of this kind.

    Raises:
        PipelineError: if it is of another.

    >>> of_kind({"a": 1}, dict, "views() in pipelines/problem/contract.py", "a dictionary of tables")
    {'a': 1}
    """
    if not isinstance(value, kind):
        found = "nothing (is `return` missing?)" if value is None else f"something of type {type(value).__name__}"
        raise PipelineError(f"{where} returned {found}; {expected} is expected.")
    return value


def table(value: object, where: str, rows: int | None = None) -> pd.DataFrame:
    """Return a table of this many rows, or of any number.

    Raises:
        PipelineError: if it is none, or has another number of rows.
    """
    expected = "a table" if rows is None else f"a table of {rows:,} rows"
    found = of_kind(value, pd.DataFrame, where, expected)
    if rows is not None and len(found) != rows:
        raise PipelineError(f"{where} returned {len(found):,} rows; {expected} is expected.")
    return found
