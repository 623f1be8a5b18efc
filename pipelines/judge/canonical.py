"""Typed rows of a delivery, and a reason for each that cannot be true. Pure."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from pipelines.errors import PipelineError

Columns = Mapping[str, tuple[str, str]]  # upstream name: (our name, type)
NOT_A = {"number": "is not a number", "integer": "is not a whole number", "time": "is not a time"}
SHORTEST_TIME = len("2018-09-30")


def parse(raw: pd.DataFrame, columns: Columns, delivery: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return typed rows under our names, and a reason for every value that is not of its type."""
    typed, reasons = {}, [pd.Series(dtype="str")]
    for upstream, (name, kind) in columns.items():
        text = raw[upstream]
        empty = text.isna() | (text.astype("str").str.strip() == "")
        value = _convert(text, kind.rstrip("?"), f"{delivery}: {upstream}")
        bad = value.isna() & ~empty
        reasons.append(f"{name}: " + text[bad].astype("str").map(repr) + f" {NOT_A.get(kind.rstrip('?'))}")
        if not kind.endswith("?"):
            reasons.append(pd.Series(f"{name}: is empty", index=raw.index[empty], dtype="str"))
        typed[name] = value
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


def impossible(
    rows: pd.DataFrame, raw: pd.DataFrame, columns: Columns, possible: Mapping[str, tuple[float, float]]
) -> Iterator[pd.Series]:
    """Return a reason for every value outside of what is possible, quoted as it came."""
    upstream = {ours: name for name, (ours, _) in columns.items()}
    for name, (low, high) in possible.items():
        outside = (rows[name] < low) | (rows[name] > high)
        yield f"{name}: " + raw.loc[outside, upstream[name]].astype("str") + f" is impossible ({low} to {high})"


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
    """Count the reasons by column and rule, the most frequent first; each is shown by the row in the middle of its rows."""
    texts = reasons.sort_index(kind="stable").astype("str").reset_index(drop=True)
    rule = texts.str.replace(r"^(\w+): .* (is not|is impossible)", r"\1: \2", regex=True)
    groups = texts.groupby(rule, sort=False)
    rules = pd.DataFrame({"example": groups.agg(lambda rows: rows.iloc[len(rows) // 2]), "size": groups.size()})
    rules = rules.sort_values("size", ascending=False, kind="stable").head(most)
    return {str(example): int(size) for example, size in zip(rules["example"], rules["size"], strict=True)}
