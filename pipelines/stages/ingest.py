"""Turn the upstream delivery into one canonical table, and set aside what cannot be true."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from pipelines import returned
from pipelines.documents.data import Counts
from pipelines.engines import engine
from pipelines.engines.task import Task
from pipelines.errors import PipelineError
from pipelines.evaluation.rows import window
from pipelines.params import Ingest
from pipelines.problem.names import GROUP, KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS, CONFLICTS, merge
from pipelines.record import tables
from pipelines.stages import canonical, parts, upstream

WHERE = "in pipelines/problem/source.py"
TABLE = "table.parquet"
SUMS = ("source", "table", "merged", "merged_exact_repeats", "with_offset", "after_as_of")


def ingest(source: Path, ingested: Path, params: Ingest) -> None:
    """Write table.parquet, quarantine.parquet, unlabelled.parquet and counts.json, which add up to the delivery.

    With PART the table is a folder with a file for each part.
    """
    canonical.check_names(COLUMNS, KEY, TIME, GROUP, TARGET)
    parts.check(KEY)
    called = upstream.called(source)
    if parts.PART is None:
        counts = take_in(upstream.delivered(source), called, ingested, params)
    else:
        engine.check()
        counts = _take_in_parts(upstream.chunks(source), called, ingested, params)
    print(_summary(counts))


@dataclass(frozen=True)
class Tally:
    """What became of some rows of a delivery."""

    quarantine: pd.DataFrame  # as they came, with reasons
    unlabelled: pd.DataFrame
    reasons: pd.Series  # by row; several for some
    kinds: pd.DataFrame  # the table, without its rows
    source: int
    table: int
    merged: int
    merged_exact_repeats: int
    with_offset: int
    after_as_of: int
    window: tuple[str, str] | None


def take_in(raw: pd.DataFrame, delivery: str, ingested: Path, params: Ingest) -> Counts:
    """Write what becomes of the rows of a delivery, and count it; `delivery` is what messages call it.

    Raises:
        PipelineError: if a column is missing, or no row is usable.
    """
    ignored = canonical.check_columns(raw, COLUMNS, delivery)
    tally = sort_out(raw, ingested / TABLE, params)
    return _counted([tally], delivery, ingested, params, ignored)


def _take_in_parts(chunks: Iterable[pd.DataFrame], delivery: str, ingested: Path, params: Ingest) -> Counts:
    """Do so part by part: rows are first written by part, so that no more of them are held than the largest part has."""
    ignored: set[str] = set()

    def by_part() -> Iterator[tuple[pd.DataFrame, pd.Series]]:
        for rows in chunks:
            ignored.update(canonical.check_columns(rows, COLUMNS, delivery))
            yield rows, part_of(rows)

    ingested.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=ingested) as name:
        spooled = parts.spool(by_part(), Path(name))
        tasks = [Task((place,), (ingested / TABLE / place.name,)) for place in spooled]
        tallies = list(engine.mapped(partial(_take_in_part, params=params), tasks))
    kept = {task.writes[0]: tally.kinds for task, tally in zip(tasks, tallies, strict=True) if tally.table}
    counts = _counted(tallies, delivery, ingested, params, sorted(ignored))
    parts.harmonize(list(kept), list(kept.values()))
    return counts


def part_of(raw: pd.DataFrame) -> pd.Series:
    """Return the part that each row of a delivery belongs to, as text; however its value is written, it is the same."""
    [column] = [column for column in COLUMNS if column.name == parts.PART]
    return canonical.parse(raw, [column], TARGET)[0][column.name].astype("str").fillna("")


def _take_in_part(task: Task, params: Ingest) -> Tally:
    return sort_out(tables.read(task.reads[0]), task.writes[0], params)


def sort_out(raw: pd.DataFrame, path: Path, params: Ingest) -> Tally:
    """Write the table that rows make, if they make any; return what is known of them, and of those that are no part of it."""
    rows, reasons = canonical.parse(raw, COLUMNS, TARGET)
    due = _due(rows, params)
    if not due.all():
        raw, rows, reasons = raw[due], rows[due], reasons[reasons.index.isin(due[due].index)]
    reasons = canonical.with_headers(pd.concat([reasons, *canonical.impossible(rows, raw, COLUMNS)]), raw, COLUMNS)
    unspoilt = ~rows.index.isin(reasons.index)
    if CONFLICTS == "quarantine":
        reasons = pd.concat([reasons, canonical.conflicts(rows.loc[unspoilt, [*KEY, TARGET]], KEY, TARGET, COLUMNS)])
    quarantine = canonical.quarantine(raw[[column.upstream for column in COLUMNS]], reasons)
    delivered, with_offset = len(raw), canonical.with_offset(raw, COLUMNS)
    del raw  # large, and not needed again
    usable = ~rows.index.isin(quarantine.index)
    future = usable & canonical.is_empty(rows[TARGET])
    unlabelled = canonical.finished(rows[future].sort_values(KEY, ignore_index=True), COLUMNS)
    alone, together = canonical.by_key(rows, usable & ~future, KEY)
    del rows  # as above
    table = _one_row_per_key(alone, together)
    if len(table):
        tables.write(table, path)
    return Tally(
        quarantine,
        unlabelled,
        reasons,
        table.head(0),
        source=delivered,
        table=len(table),
        merged=len(alone) + len(together) - len(table),
        merged_exact_repeats=int(together.duplicated().sum()),
        with_offset=with_offset,
        after_as_of=int((~due).sum()),
        window=window(table, TIME),
    )


def _counted(tallies: list[Tally], delivery: str, ingested: Path, params: Ingest, ignored: list[str]) -> Counts:
    """Write what is beside the table, and what all of it adds up to."""
    quarantine = pd.concat([each.quarantine for each in tallies])
    unlabelled = pd.concat([each.unlabelled for each in tallies])
    reasons = pd.concat([each.reasons for each in tallies])
    windows = [each.window for each in tallies if each.window]
    span = (min(start for start, _ in windows), max(end for _, end in windows)) if windows else None
    sums = {name: sum(getattr(each, name) for each in tallies) for name in SUMS}
    if not sums["table"]:
        raise unusable(sums["source"], delivery, reasons)
    counts = Counts(
        **sums,
        quarantined=len(quarantine),
        unlabelled=len(unlabelled),
        window=span,
        days_behind=(params.as_of - pd.Timestamp(span[1]).date()).days if span and params.as_of else 0,
        reasons=canonical.top(reasons),
        ignored_columns=ignored,
    )
    tables.write(quarantine.sort_values(list(quarantine.columns)), ingested / "quarantine.parquet")
    tables.write(unlabelled.sort_values(KEY, kind="stable"), ingested / "unlabelled.parquet")
    counts.write(ingested / "counts.json")
    return counts


def unusable(rows: int, delivery: str, reasons: pd.Series) -> PipelineError:
    """Return what to raise if no row of a delivery is left."""
    because = "".join(f"{count:,} rows like {reason}. " for reason, count in canonical.top(reasons, 3).items())
    return PipelineError(
        f"none of the {rows:,} rows of {delivery} is usable. {because}"
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
