"""What differs between the data, config and environment of two candidates. Pure."""

import re

import pandas as pd

from champion.core import drift
from champion.core.documents.answers import ColumnChange, DataChange
from champion.core.documents.provenance import Changed
from champion.core.rows import window


def of_tables(old: pd.DataFrame, new: pd.DataFrame, key: list[str], time: str | None) -> DataChange:
    """Count rows added, removed and corrected; per column tell type, missing values and how far it moved."""
    for name in key:
        if old[name].dtype != new[name].dtype:
            old, new = (table.assign(**{name: table[name].astype("str")}) for table in (old, new))
    both = old.merge(new, on=key, suffixes=(" old", " new"))
    shared = sorted(name for name in old.columns.drop(key) if name in new)
    corrected = pd.DataFrame(
        {name: _differs(both[f"{name} old"], both[f"{name} new"]) for name in shared}, index=both.index
    )
    fresh, gone = new[~_known(new, old, key)], old[~_known(old, new, key)]
    return DataChange(
        rows=(len(old), len(new)),
        added=len(new) - len(both),
        removed=len(old) - len(both),
        corrected=int(corrected.any(axis=1).sum()),
        window=(window(old, time), window(new, time)),
        added_window=window(fresh, time),
        removed_window=window(gone, time),
        corrected_window=window(both[corrected.any(axis=1)], time),
        columns_added=[name for name in new if name not in old],
        columns_removed=[name for name in old if name not in new],
        columns={name: _column(old[name], new[name], int(corrected[name].sum())) for name in shared},
    )


def of_locks(old: str, new: str) -> Changed:
    """Return the packages whose pinned version differs: (old, new)."""
    before, after = _pins(old), _pins(new)
    names = sorted({*before, *after})
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _pins(lock: str) -> dict[str, str]:
    """Return the version of each package; a universal lock may pin one for old Pythons and one for new ones."""
    pins: dict[str, str] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        pins[name] = f"{pins[name]} or {version}" if name in pins else version
    return pins


def _column(old: pd.Series, new: pd.Series, corrected: int) -> ColumnChange:
    season = pd.Series("all", index=old.index), pd.Series("all", index=new.index)
    reference = drift.profile(pd.DataFrame({"column": old}), season[0])
    return ColumnChange(
        type=(str(old.dtype), str(new.dtype)),
        missing=(round(float(old.isna().mean()), 6), round(float(new.isna().mean()), 6)),
        corrected=corrected,
        shift=drift.drift(reference, pd.DataFrame({"column": new}), season[1]).get("column", 0.0),
    )


def _differs(old: pd.Series, new: pd.Series) -> pd.Series:
    """Compare by value, whatever the types; missing equals missing."""
    known, differs = old.notna() & new.notna(), old.notna() != new.notna()
    differs[known] = old[known].astype(object) != new[known].astype(object)
    return differs


def _known(rows: pd.DataFrame, others: pd.DataFrame, key: list[str]) -> pd.Series:
    return pd.Series(pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(others[key])), rows.index)
