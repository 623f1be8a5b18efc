"""How ingest makes the canonical table: typed rows of a delivery, one per key, and a reason for each that cannot be true."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches

import numpy as np
import pandas as pd

from champion.core.errors import PipelineError
from champion.core.interface import Column

TRUTH = dict.fromkeys(("true", "yes", "t", "y", "1"), True) | dict.fromkeys(("false", "no", "f", "n", "0"), False)
SHORT_DECIMAL = r"[+-]?[0-9.]{1,15}"
EXACT = 2**53  # a float64 holds every whole number up to it
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


def check_names(
    columns: Sequence[Column], key: Sequence[str], time: str | None, group: str | None, target: str
) -> None:
    """Compare what names.py calls key, time, group and target with what is declared.

    Raises:
        PipelineError: if one is no column, or the time is none, or two columns are called alike.
    """
    if others := [column for column in columns if not isinstance(column, Column)]:
        raise PipelineError(f"pipelines/problem/source.py: COLUMNS has {others[0]!r}; a Column(…) is expected.")
    (first, times), *_ = Counter(column.name for column in columns).most_common()
    if times > 1:
        raise PipelineError(
            f"pipelines/problem/source.py: {times} Columns are called {first!r}; each has a name of its own."
        )
    kinds = {column.name: column.kind for column in columns}
    for what, name in (*(("KEY", name) for name in key), ("TIME", time), ("GROUP", group), ("TARGET", target)):
        if name is not None and name not in kinds:
            raise PipelineError(
                f"pipelines/problem/names.py: {what} has {name!r}; no Column in pipelines/problem/source.py is called so, "
                f"only {', '.join(kinds)}."
            )
    if time is not None and kinds[time] not in ("time", "date"):
        raise PipelineError(f"pipelines/problem/source.py: {time} is a {kinds[time]}; TIME has to be a time or a date.")
    if time is not None and group is not None:
        raise PipelineError(
            "pipelines/problem/names.py: GROUP is for rows without time. With TIME the latest days are held out: make "
            "GROUP None."
        )


def parse(raw: pd.DataFrame, columns: Sequence[Column], target: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return typed rows under our names, and a reason for every value that is not of its kind.

    A target may be empty: the row is of the future.
    """
    typed, reasons = {}, [pd.Series(dtype="str")]
    for column in columns:
        text = raw[column.upstream]
        empty = text.isna() | (text.astype("str").str.strip() == "")
        value = _convert(text, column)
        odd = _is_odd(_stripped(text)) & ~empty if column.kind == "time" else pd.Series(False, index=raw.index)
        bad = value.isna() & ~empty & ~odd
        reasons.append(f"{column.called}: " + text[bad].astype("str").map(repr) + f" {_not_a(column)}")
        reasons.append(
            f"{column.called}: " + text[odd].astype("str").map(repr) + " differs from most in its UTC offset"
        )
        if not column.optional and column.name != target:
            reasons.append(pd.Series(f"{column.called}: is empty", index=raw.index[empty], dtype="str"))
        typed[column.name] = value
    return pd.DataFrame(typed), pd.concat(reasons)


def finished(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return a table without bad rows in its final types: nothing is missing where nothing may be."""
    final = {"integer": "int64", "boolean": "bool"}
    return table.astype({c.name: final[c.kind] for c in columns if c.kind in final and not table[c.name].hasnans})


def is_empty(values: pd.Series) -> np.ndarray:
    """Return True for each value that is missing, or a text without a letter."""
    return (values.isna() | (values.astype("str") == "")).to_numpy(dtype=bool)


def with_offset(raw: pd.DataFrame, columns: Sequence[Column]) -> int:
    """Count the rows that have a time with UTC offset."""
    times = [raw[column.upstream] for column in columns if column.kind == "time"]
    return int(np.logical_or.reduce([_has_offset(_stripped(text)) for text in times]).sum()) if times else 0


def _not_a(column: Column) -> str:
    return {
        "number": "is not a number",
        "integer": "is not a whole number",
        "decimal": "is not a decimal that can be held exactly",
        "boolean": "is neither true nor false",
        "category": f"is none of {', '.join(column.values)}",
        "time": "is not a time",
        "date": "is not a day",
    }.get(column.kind, "")


def _convert(text: pd.Series, column: Column) -> pd.Series:
    """Convert to the type; what does not convert becomes missing."""
    stripped = _stripped(text)
    match column.kind:
        case "text":
            return stripped
        case "category":
            return stripped.where(stripped.isin(column.values))
        case "boolean":
            return stripped.str.lower().map(TRUTH).astype("boolean")
        case "time":
            return _times(stripped)
        case "date":
            return _times(stripped).where(stripped.str.len() == SHORTEST_TIME)
    return _number(stripped, column.kind)


def _number(stripped: pd.Series, kind: str) -> pd.Series:
    number = pd.to_numeric(stripped, errors="coerce").astype("float64")
    number = number.where(np.isfinite(number))
    if kind == "integer":
        return _whole(number, stripped)
    return number.where(_is_exact(number, stripped)) if kind == "decimal" else number


def _stripped(text: pd.Series) -> pd.Series:
    return text.astype("str").str.strip()


def _whole(number: pd.Series, text: pd.Series) -> pd.Series:
    """Return whole numbers, exact to 64 bits: a float64 holds them up to 2^53, beyond that the text tells."""
    whole = number.where(number % 1 == 0)
    large = whole.abs() >= EXACT
    exact = whole.mask(large).astype("Int64")
    if large.any():
        digits = [int(Decimal(value)) for value in text[large]]
        exact[large] = pd.array([each if abs(each) < 2**63 else None for each in digits], dtype="Int64")
    return exact


def _is_exact(number: pd.Series, text: pd.Series) -> pd.Series:
    """Tell whether a float64 reads back as the decimal that was delivered: up to 15 digits always (IEEE 754)."""
    exact = number.notna().to_numpy(copy=True)
    for place in np.flatnonzero(exact & ~text.str.fullmatch(SHORT_DECIMAL, na=False).to_numpy(dtype=bool)):
        exact[place] = Decimal(repr(float(number.iloc[place]))) == Decimal(text.iloc[place])
    return pd.Series(exact, index=number.index)


def _times(stripped: pd.Series) -> pd.Series:
    """Convert ISO 8601 times: local ones as they are, or if most have a UTC offset, to UTC. A month alone is not a time."""
    time = pd.to_datetime(stripped, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    return time.astype("datetime64[us]").where((stripped.str.len() >= SHORTEST_TIME) & ~_is_odd(stripped))


def _is_odd(stripped: pd.Series) -> pd.Series:
    """Tell which times have a UTC offset where most have none, or none where most have one: local time of an unknown place."""
    offset = _has_offset(stripped)
    return offset if offset.mean() < 0.5 else ~offset


def _has_offset(stripped: pd.Series) -> pd.Series:
    return stripped.str.contains(r":.*(?:Z|[+-]\d\d(?::?\d\d)?)$", na=False)


def impossible(rows: pd.DataFrame, raw: pd.DataFrame, columns: Sequence[Column]) -> Iterator[pd.Series]:
    """Return a reason for every value outside of what is possible, quoted as it came."""
    for column in columns:
        if column.possible is not None:
            low, high = column.possible
            outside = ((rows[column.name] < low) | (rows[column.name] > high)).fillna(False).astype(bool)
            quoted = raw.loc[outside, column.upstream].astype("str")
            yield f"{column.called}: " + quoted + f" is impossible ({low} to {high})"


def with_headers(reasons: pd.Series, raw: pd.DataFrame, columns: Sequence[Column]) -> pd.Series:
    """Say of a row that repeats the header no more than that: files were put one behind the other."""
    names = [column.upstream for column in columns]
    again = raw.index[(raw[names].astype("str") == names).all(axis=1)]
    return pd.concat(
        [reasons[~reasons.index.isin(again)], pd.Series("the row is the header again", again, dtype="str")]
    )


def conflicts(rows: pd.DataFrame, key: list[str], target: str, columns: Sequence[Column]) -> pd.Series:
    """Name the rows that share a key but not a target: nobody can tell which is true."""
    called = {column.name: column.called for column in columns}
    clock = any(column.kind == "time" for column in columns if column.name in key)
    guess = ". If clocks are set back, the hour comes twice: a UTC offset tells which is which" if clock else ""
    repeated = rows[rows.duplicated(key, keep=False)]
    groups = repeated.groupby(key)[target]
    torn = repeated[groups.transform("nunique") > 1]
    said = f"{called[target]}: rows with one {', '.join(called[name] for name in key)} disagree{guess}"
    return pd.Series(said, torn.index, dtype="str")


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
    rule = texts.str.replace(r"^(.+?): .* (is not|is impossible|is none|is neither|differs)", r"\1: \2", regex=True)
    groups = texts.groupby(rule, sort=False)
    rules = pd.DataFrame({"example": groups.agg(lambda rows: rows.iloc[len(rows) // 2]), "size": groups.size()})
    rules = rules.sort_values("size", ascending=False, kind="stable").head(most)
    return {str(example): int(size) for example, size in zip(rules["example"], rules["size"], strict=True)}


def by_key(rows: pd.DataFrame, usable: np.ndarray, key: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the usable rows into those alone with their key and those that share it; no row is copied twice."""
    shared = np.zeros(len(rows), dtype=bool)
    shared[usable] = rows.loc[usable, key].duplicated(keep=False)
    return rows[usable & ~shared], rows[shared]
