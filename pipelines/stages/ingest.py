"""Turn the upstream delivery into one canonical table, and set aside what cannot be true."""

import zlib
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.dials import Ingest
from pipelines.errors import PipelineError
from pipelines.judge import canonical
from pipelines.judge.holdout import window
from pipelines.problem import source
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import files, tables


def ingest(deliveries: Path, folder: Path, params: Ingest) -> None:
    """Write table.parquet, quarantine.parquet and counts.json; source = table + merged + quarantined."""
    delivery = deliveries / source.FILE
    raw = _read(deliveries)
    ignored = _check_columns(raw, delivery)
    rows, reasons = canonical.parse(raw, source.COLUMNS, str(delivery))
    due = _due(rows, params)
    if not due.all():
        raw, rows, reasons = raw[due], rows[due], reasons[reasons.index.isin(due[due].index)]
    reasons = pd.concat([reasons, *canonical.impossible(rows, raw, source.COLUMNS, source.POSSIBLE)])
    unspoilt = ~rows.index.isin(reasons.index)
    reasons = pd.concat([reasons, canonical.conflicts(rows.loc[unspoilt, [*KEY, TARGET]], KEY, TARGET)])
    quarantine = canonical.quarantine(raw[list(source.COLUMNS)], reasons)
    delivered = len(raw)
    del raw  # large, and not needed again
    usable = ~rows.index.isin(quarantine.index)
    if not usable.any():
        raise PipelineError(
            f"none of the {delivered:,} rows of {delivery} is usable. {_because(reasons)}"
            "Repair the delivery, or change COLUMNS and POSSIBLE in pipelines/problem/source.py on purpose."
        )
    alone, together = _by_key(rows, usable)
    del rows
    table = _one_row_per_key(alone, together)
    counts = {
        "source": delivered,
        "table": len(table),
        "merged": len(alone) + len(together) - len(table),
        "merged_exact_repeats": int(together.duplicated().sum()),
        "quarantined": len(quarantine),
        "after_as_of": int((~due).sum()),
        "window": window(table, TIME),
        "days_behind": _days_behind(table, params),
        "reasons": canonical.top(reasons),
        "ignored_columns": ignored,
    }
    tables.write(table, folder / "table.parquet")
    tables.write(quarantine, folder / "quarantine.parquet")
    files.write_json(folder / "counts.json", counts)
    print(_summary(counts))


def _read(deliveries: Path) -> pd.DataFrame:
    """Call the problem's reader and explain what the usual accidents look like."""
    delivery = deliveries / source.FILE
    remedy = f"Fetch the delivery again (`git checkout {delivery}` restores the sample)."
    try:
        raw = source.read(deliveries)
    except FileNotFoundError:
        raise PipelineError(f"{delivery} does not exist. {remedy}") from None
    except UnicodeDecodeError as error:
        raise PipelineError(
            f"{delivery} is not {error.encoding}: byte 0x{error.object[error.start]:02x} at position {error.start}. "
            "Export it in that encoding, or change `read` in pipelines/problem/source.py."
        ) from None
    except pd.errors.EmptyDataError:
        raise PipelineError(f"{delivery} is empty. {remedy}") from None
    except EOFError:
        raise PipelineError(f"{delivery} is truncated: the compressed stream ends early. {remedy}") from None
    except (ValueError, OSError, zlib.error) as error:
        raise PipelineError(f"{delivery} cannot be read: {str(error).strip()}. {remedy}") from None
    if not isinstance(raw.index, pd.RangeIndex):
        raise PipelineError(f"{delivery} has more fields in its rows than names in its header. {remedy}")
    return raw


def _check_columns(raw: pd.DataFrame, delivery: Path) -> list[str]:
    """Stop if a column is missing; return the columns nobody asked for."""
    if raw.empty and not raw.columns.empty:
        raise PipelineError(f"{delivery} has a header and no rows. Fetch the delivery again.")
    missing = [name for name in source.COLUMNS if name not in raw]
    extra = sorted(str(name) for name in raw if name not in source.COLUMNS)
    if not missing:
        return extra
    if len(raw.columns) == 1:
        raise PipelineError(
            f"{delivery} has one column, {raw.columns[0]!r}: another delimiter than `read` expects? "
            f"Expected {', '.join(source.COLUMNS)}. Change `read` in pipelines/problem/source.py."
        )
    near = [f"{name} (renamed to {match[0]}?)" if (match := get_close_matches(name, extra, n=1)) else name
            for name in missing]  # fmt: skip
    raise PipelineError(
        f"{delivery} has no column {', '.join(near)}; it has {', '.join(map(str, raw))}. "
        "Ask upstream for it, or change COLUMNS in pipelines/problem/source.py on purpose."
    )


def _due(rows: pd.DataFrame, params: Ingest) -> pd.Series:
    """Tell which rows belong to the delivery: those up to the end of the day `as_of`."""
    if TIME is None or params.as_of is None:
        if (TIME is None) != (params.as_of is None):
            need = "remove it: TIME is None" if TIME is None else f"needed: rows have a {TIME}"
            raise PipelineError(f"params.yaml: ingest.as_of is {params.as_of}; {need} in pipelines/problem/names.py.")
        return pd.Series(True, index=rows.index)
    end = pd.Timestamp(params.as_of + timedelta(days=1))
    return ~(rows[TIME] >= end)  # a row without a time stays, for the quarantine


def _days_behind(table: pd.DataFrame, params: Ingest) -> int:
    if TIME is None or params.as_of is None:
        return 0
    return (params.as_of - table[TIME].max().date()).days


def _by_key(rows: pd.DataFrame, usable: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the usable rows into those alone with their key and those that share it; no row is copied twice."""
    shared = np.zeros(len(rows), dtype=bool)
    shared[usable] = rows.loc[usable, KEY].duplicated(keep=False)
    return rows[usable & ~shared], rows[shared]


def _one_row_per_key(alone: pd.DataFrame, together: pd.DataFrame) -> pd.DataFrame:
    merged = together if together.empty else source.merge(together)
    table = pd.concat([alone, merged[list(alone)]]).sort_values(KEY, ignore_index=True)
    whole = {name: "int64" for name, kind in source.COLUMNS.values() if kind == "integer"}
    return table.astype(whole)


def _because(reasons: pd.Series) -> str:
    return "".join(f"{count:,} rows like {reason}. " for reason, count in canonical.top(reasons, 3).items())


def _summary(counts: dict[str, Any]) -> str:
    text = (
        f"ingest: {counts['source']:,} source rows = {counts['table']:,} in the table + {counts['merged']:,} merged "
        f"+ {counts['quarantined']:,} quarantined"
    )
    late = f"; {counts['after_as_of']:,} rows after as_of left out" if counts["after_as_of"] else ""
    ignored = f"; unknown columns ignored: {', '.join(counts['ignored_columns'])}" if counts["ignored_columns"] else ""
    return text + late + ignored
