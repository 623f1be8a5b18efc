"""Turn the upstream delivery into one canonical table, and set aside what cannot be true."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines import returned
from pipelines.documents.data import Counts
from pipelines.errors import PipelineError
from pipelines.evaluation.rows import window
from pipelines.params import Ingest
from pipelines.problem.names import GROUP, KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS, CONFLICTS, merge
from pipelines.record import tables
from pipelines.stages import canonical, upstream

WHERE = "in pipelines/problem/source.py"


def ingest(source: Path, ingested: Path, params: Ingest) -> None:
    """Write table.parquet, quarantine.parquet, unlabelled.parquet and counts.json, which add up to the delivery."""
    canonical.check_names(COLUMNS, KEY, TIME, GROUP, TARGET)
    print(_summary(take_in(upstream.delivered(source), upstream.called(source), ingested, params)))


def take_in(raw: pd.DataFrame, delivery: str, ingested: Path, params: Ingest) -> Counts:
    """Write what becomes of the rows of a delivery, and count it; `delivery` is what messages call it.

    Raises:
        PipelineError: if a column is missing, or no row is usable.
    """
    ignored = canonical.check_columns(raw, COLUMNS, delivery)
    rows, reasons = canonical.parse(raw, COLUMNS, TARGET)
    due = _due(rows, params)
    if not due.all():
        raw, rows, reasons = raw[due], rows[due], reasons[reasons.index.isin(due[due].index)]
    reasons = canonical.with_headers(pd.concat([reasons, *canonical.impossible(rows, raw, COLUMNS)]), raw, COLUMNS)
    unspoilt = ~rows.index.isin(reasons.index)
    if CONFLICTS == "quarantine":
        reasons = pd.concat([reasons, canonical.conflicts(rows.loc[unspoilt, [*KEY, TARGET]], KEY, TARGET, COLUMNS)])
    quarantine = canonical.quarantine(raw[[column.upstream for column in COLUMNS]], reasons)
    delivered = len(raw)
    with_offset = canonical.with_offset(raw, COLUMNS)
    del raw  # large, and not needed again
    usable = ~rows.index.isin(quarantine.index)
    future = usable & canonical.is_empty(rows[TARGET])
    unlabelled = canonical.finished(rows[future].sort_values(KEY, ignore_index=True), COLUMNS)
    usable &= ~future
    _check_any(usable, reasons, delivery)
    alone, together = canonical.by_key(rows, usable, KEY)
    del rows  # as above
    table = _one_row_per_key(alone, together)
    counts = Counts(
        source=delivered,
        table=len(table),
        merged=len(alone) + len(together) - len(table),
        merged_exact_repeats=int(together.duplicated().sum()),
        quarantined=len(quarantine),
        unlabelled=len(unlabelled),
        with_offset=with_offset,
        after_as_of=int((~due).sum()),
        window=window(table, TIME),
        days_behind=_days_behind(table, params),
        reasons=canonical.top(reasons),
        ignored_columns=ignored,
    )
    tables.write(table, ingested / "table.parquet")
    tables.write(quarantine, ingested / "quarantine.parquet")
    tables.write(unlabelled, ingested / "unlabelled.parquet")
    counts.write(ingested / "counts.json")
    return counts


def _check_any(usable: np.ndarray, reasons: pd.Series, delivery: str) -> None:
    if not usable.any():
        because = "".join(f"{count:,} rows like {reason}. " for reason, count in canonical.top(reasons, 3).items())
        raise PipelineError(
            f"none of the {len(usable):,} rows of {delivery} is usable. {because}"
            "Repair the delivery, or change COLUMNS in pipelines/problem/source.py on purpose."
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


def _one_row_per_key(alone: pd.DataFrame, together: pd.DataFrame) -> pd.DataFrame:
    merged = together if together.empty else _merged(together)
    return canonical.finished(pd.concat([alone, merged[list(alone)]]).sort_values(KEY, ignore_index=True), COLUMNS)


def _merged(together: pd.DataFrame) -> pd.DataFrame:
    """Call the problem's `merge`, and hold it to what it has to give: every column, and each key once."""
    where = f"merge() {WHERE}"
    merged = returned.table(merge(together.copy()), where)
    if missing := [str(name) for name in together if name not in merged]:
        raise PipelineError(f"{where} returned no column {', '.join(missing)}; it has to keep all of COLUMNS.")
    if (again := merged.duplicated(KEY)).any():
        row = ", ".join(f"{name} {merged.loc[again, name].iloc[0]}" for name in KEY)
        raise PipelineError(f"{where} returned several rows for {row}; one row for each key is expected.")
    return merged


def _summary(counts: Counts) -> str:
    text = (
        f"ingest: {counts.source:,} source rows = {counts.table:,} in the table + {counts.merged:,} merged "
        f"+ {counts.quarantined:,} quarantined"
    )
    text += f" + {counts.unlabelled:,} without target" if counts.unlabelled else ""
    late = f"; {counts.after_as_of:,} rows after as_of left out" if counts.after_as_of else ""
    ignored = f"; unknown columns ignored: {', '.join(counts.ignored_columns)}" if counts.ignored_columns else ""
    return text + late + ignored
