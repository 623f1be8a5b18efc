"""How ingest makes the canonical table: typed rows of a delivery, one per key, and a reason for each that cannot be true."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from pipelines.errors import PipelineError
from pipelines.interface import Column

NOT_A = {"number": "is not a number", "integer": "is not a whole number", "time": "is not a time"}
SHORTEST_TIME = len("2018-09-30")


def check_columns(raw: pd.DataFrame, columns: Sequence[Column], delivery: str) -> list[str]:
    """Return the columns of a delivery that nobody asked for.

    Raises:
        PipelineError: if a column is missing, or there is no row.
    """
    if raw.empty and not raw.columns.empty:
        raise PipelineError(f"{delivery} has a header and no rows. Fetch the delivery again.")
    wanted = [column.upstream for column in columns]
    missing = [name for name in wanted if name not in raw]
    extra = sorted(str(name) for name in raw if name not in wanted)
    if not missing:
        return extra
    if len(raw.columns) == 1:
        raise PipelineError(
            f"{delivery} has one column, {raw.columns[0]!r}: another delimiter than `read` expects? "
            f"Expected {', '.join(wanted)}. Change `read` in pipelines/problem/source.py."
        )
    near = [f"{name} (renamed to {match[0]}?)" if (match := get_close_matches(name, extra, n=1)) else name
            for name in missing]  # fmt: skip
    raise PipelineError(
        f"{delivery} has no column {', '.join(near)}; it has {', '.join(map(str, raw))}. "
        "Ask upstream for it, or change COLUMNS in pipelines/problem/source.py on purpose."
    )


def parse(raw: pd.DataFrame, columns: Sequence[Column], delivery: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return typed rows under our names, and a reason for every value that is not of its kind.

    Raises:
        PipelineError: if a time carries a UTC offset.
    """
    typed, reasons = {}, [pd.Series(dtype="str")]
    for column in columns:
        text = raw[column.upstream]
        empty = text.isna() | (text.astype("str").str.strip() == "")
        value = _convert(text, column.kind, f"{delivery}: {column.upstream}")
        bad = value.isna() & ~empty
        reasons.append(f"{column.name}: " + text[bad].astype("str").map(repr) + f" {NOT_A.get(column.kind)}")
        if not column.optional:
            reasons.append(pd.Series(f"{column.name}: is empty", index=raw.index[empty], dtype="str"))
        typed[column.name] = value
    return pd.DataFrame(typed), pd.concat(reasons)


def _convert(text: pd.Series, kind: str, where: str) -> pd.Series:
    """Convert to the type; what does not convert becomes missing."""
    if kind == "text":
        return text.astype("str").str.strip()
    if kind == "time":
        return _times(text, where)
    number = pd.to_numeric(text, errors="coerce").astype("float64")
    number = number.where(np.isfinite(number))
    return number.where(number % 1 == 0) if kind == "integer" else number


def _times(text: pd.Series, where: str) -> pd.Series:
    """Convert ISO 8601 local times; a year or a month alone is not one."""
    stripped = text.astype("str").str.strip()
    offset = stripped.str.contains(r":.*(?:Z|[+-]\d\d(?::?\d\d)?)$")
    if offset.any():
        raise PipelineError(
            f"{where} carries a UTC offset, for example {text[offset].iloc[0]!r}. Local time without offset is "
            "expected: convert it in `read` in pipelines/problem/source.py."
        )
    time = pd.to_datetime(stripped, format="ISO8601", errors="coerce")
    return time.astype("datetime64[us]").where(stripped.str.len() >= SHORTEST_TIME)


def impossible(rows: pd.DataFrame, raw: pd.DataFrame, columns: Sequence[Column]) -> Iterator[pd.Series]:
    """Return a reason for every value outside of what is possible, quoted as it came."""
    for column in columns:
        if column.possible is not None:
            low, high = column.possible
            outside = (rows[column.name] < low) | (rows[column.name] > high)
            quoted = raw.loc[outside, column.upstream].astype("str")
            yield f"{column.name}: " + quoted + f" is impossible ({low} to {high})"


def conflicts(rows: pd.DataFrame, key: list[str], target: str) -> pd.Series:
    """Name the rows that share a key but not a target: nobody can tell which is true."""
    repeated = rows[rows.duplicated(key, keep=False)]
    groups = repeated.groupby(key)[target]
    torn = repeated[groups.transform("nunique") > 1]
    return pd.Series(f"{target}: rows with one {', '.join(key)} disagree", torn.index, dtype="str")


def quarantine(raw: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    """Keep the rejected rows as they came, sorted, with all reasons."""
    rejected = raw[raw.index.isin(reasons.index)].astype("str")
    rejected["reason"] = reasons.astype("str").groupby(level=0).agg("; ".join)
    return rejected.sort_values(list(rejected.columns))


def top(reasons: pd.Series, most: int = 20) -> dict[str, int]:
    """Count the reasons by column and rule, the most frequent first, whatever the order of the rows.

    Each rule is shown by an example: the middle one of its reasons, sorted as text.
    """
    texts = reasons.astype("str").sort_values(ignore_index=True)
    rule = texts.str.replace(r"^(\w+): .* (is not|is impossible)", r"\1: \2", regex=True)
    groups = texts.groupby(rule, sort=False)
    rules = pd.DataFrame({"example": groups.agg(lambda rows: rows.iloc[len(rows) // 2]), "size": groups.size()})
    rules = rules.sort_values("size", ascending=False, kind="stable").head(most)
    return {str(example): int(size) for example, size in zip(rules["example"], rules["size"], strict=True)}


def by_key(rows: pd.DataFrame, usable: np.ndarray, key: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the usable rows into those alone with their key and those that share it; no row is copied twice."""
    shared = np.zeros(len(rows), dtype=bool)
    shared[usable] = rows.loc[usable, key].duplicated(keep=False)
    return rows[usable & ~shared], rows[shared]
