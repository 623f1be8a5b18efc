"""Make one canonical table of a delivery, and set aside what cannot be true."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from champion.core import parts, returned, tables
from champion.core.documents.data import Counts
from champion.core.engines import engine
from champion.core.engines.task import Task
from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.core.problem import Problem
from champion.core.records import Delivery, Ingested
from champion.core.rows import window
from champion.core.table import Table, scratch_path
from champion.ingest import canonical, upstream

WHERE = "in pipelines/problem/source.py"
SUMS = ("source", "table", "merged", "merged_exact_repeats", "with_offset", "after_as_of")


@dataclass(frozen=True)
class Delivered:
    """The rows of a delivery, as text under upstream names, in as many tables as `read` returns."""

    called: str  # what messages call it
    chunks: Iterator[pd.DataFrame]
    ignored: set[str] = field(default_factory=set)  # columns that nobody asked for, as far as chunks were read


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


def delivered(problem: Problem, delivery: Delivery) -> Delivered:
    """Return the rows of a delivery; they are read when they are sorted out.

    Raises:
        PipelineError: if names.py and source.py do not fit together, or there is no such delivery.
    """
    names = problem.key, problem.time, problem.group, problem.target
    canonical.check_names(problem.columns, *names)
    parts.check(problem.part, problem.key)
    return Delivered(upstream.called(problem, delivery.folder), upstream.chunks(problem, delivery.folder))


def sort_out(problem: Problem, rows: Delivered, params: Ingest) -> list[Tally]:
    """Make the canonical table, one row per key, and tell what became of every other row; with PART part by part.

    Rows are first written by part, so that no more of them are held than the largest part has.

    Raises:
        PipelineError: if a column is missing.
    """
    place = scratch_path("table.parquet")
    if problem.part is None:
        whole = upstream.whole(_checked(problem, rows))
        return [tally(problem, whole, place, params)]
    engine.check()
    by_part = ((chunk, part_of(problem, chunk)) for chunk in _checked(problem, rows))
    spooled = parts.spool(by_part, scratch_path("spooled"))
    tasks = [Task((each,), (place / each.name,)) for each in spooled]
    tallies = list(engine.mapped(partial(_tally_part, problem, params=params), tasks))
    kept = {task.writes[0]: each.kinds for task, each in zip(tasks, tallies, strict=True) if each.table}
    parts.harmonize(list(kept), list(kept.values()))
    return tallies


def _checked(problem: Problem, rows: Delivered) -> Iterator[pd.DataFrame]:
    for chunk in rows.chunks:
        rows.ignored.update(canonical.check_columns(chunk, problem.columns, rows.called))
        yield chunk


def _tally_part(problem: Problem, task: Task, params: Ingest) -> Tally:
    return tally(problem, tables.read(task.reads[0]), task.writes[0], params)


def part_of(problem: Problem, raw: pd.DataFrame) -> pd.Series:
    """Return the part that each row of a delivery belongs to, as text; however its value is written, it is the same."""
    [column] = [column for column in problem.columns if column.name == problem.part]
    return canonical.parse(raw, [column], problem.target)[0][column.name].astype("str").fillna("")


def tally(problem: Problem, raw: pd.DataFrame, path: Path, params: Ingest) -> Tally:
    """Write the table that rows make, if they make any; return what is known of them, and of those that are no part of it."""
    rows, reasons = canonical.parse(raw, problem.columns, problem.target)
    due = _due(problem, rows, params)
    if not due.all():
        raw, rows, reasons = raw[due], rows[due], reasons[reasons.index.isin(due[due].index)]
    reasons = canonical.with_headers(
        pd.concat([reasons, *canonical.impossible(rows, raw, problem.columns)]), raw, problem.columns
    )
    unspoilt = ~rows.index.isin(reasons.index)
    if problem.source.CONFLICTS == "quarantine":
        reasons = pd.concat(
            [
                reasons,
                canonical.conflicts(
                    rows.loc[unspoilt, [*problem.key, problem.target]], problem.key, problem.target, problem.columns
                ),
            ]
        )
    quarantine = canonical.quarantine(raw[[column.upstream for column in problem.columns]], reasons)
    delivered, with_offset = len(raw), canonical.with_offset(raw, problem.columns)
    del raw  # large, and not needed again
    usable = ~rows.index.isin(quarantine.index)
    future = usable & canonical.is_empty(rows[problem.target])
    unlabelled = canonical.finished(rows[future].sort_values(problem.key, ignore_index=True), problem.columns)
    alone, together = canonical.by_key(rows, usable & ~future, problem.key)
    del rows  # as above
    table = _one_row_per_key(problem, alone, together)
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
        window=window(table, problem.time),
    )


def add_up(problem: Problem, rows: Delivered, tallies: list[Tally], params: Ingest) -> Ingested:
    """Return the table and what is beside it; the counts add up to the delivery.

    Raises:
        PipelineError: if no row is usable.
    """
    windows = [each.window for each in tallies if each.window]
    span = (min(start for start, _ in windows), max(end for _, end in windows)) if windows else None
    sums = {name: sum(getattr(each, name) for each in tallies) for name in SUMS}
    reasons = pd.concat([each.reasons for each in tallies])
    if not sums["table"]:
        raise unusable(sums["source"], rows.called, reasons)
    beside = {name: pd.concat([getattr(each, name) for each in tallies]) for name in ("quarantine", "unlabelled")}
    counts = Counts(
        **sums,
        quarantined=len(beside["quarantine"]),
        unlabelled=len(beside["unlabelled"]),
        window=span,
        days_behind=(params.as_of - pd.Timestamp(span[1]).date()).days if span and params.as_of else 0,
        reasons=canonical.top(reasons),
        ignored_columns=sorted(rows.ignored),
    )
    print(_summary(counts))
    quarantine = beside["quarantine"].sort_values(list(beside["quarantine"].columns))
    unlabelled = beside["unlabelled"].sort_values(problem.key, kind="stable")
    named = {"quarantine": quarantine, "unlabelled": unlabelled}
    for name, table in named.items():
        tables.write(table, scratch_path(f"{name}.parquet"))
    table, aside, future = (Table(scratch_path(f"{name}.parquet")) for name in ("table", *named))
    return Ingested(table, aside, future, counts)


def unusable(rows: int, delivery: str, reasons: pd.Series) -> PipelineError:
    """Return what to raise if no row of a delivery is left."""
    because = "".join(f"{count:,} rows like {reason}. " for reason, count in canonical.top(reasons, 3).items())
    return PipelineError(
        f"none of the {rows:,} rows of {delivery} is usable. {because}"
        "Repair the delivery, or change COLUMNS in pipelines/problem/source.py on purpose."
    )


def _due(problem: Problem, rows: pd.DataFrame, params: Ingest) -> pd.Series:
    """Tell which rows belong to the delivery: those up to the end of the day `as_of`."""
    if problem.time is None or params.as_of is None:
        if (problem.time is None) != (params.as_of is None):
            need = "remove it: TIME is None" if problem.time is None else f"needed: rows have a {problem.time}"
            raise PipelineError(f"params.yaml: ingest.as_of is {params.as_of}; {need} in pipelines/problem/names.py.")
        return pd.Series(True, index=rows.index)
    end = pd.Timestamp(params.as_of + timedelta(days=1))
    return ~(rows[problem.time] >= end)  # a row without a time stays, for the quarantine


def _one_row_per_key(problem: Problem, alone: pd.DataFrame, together: pd.DataFrame) -> pd.DataFrame:
    merged = together if together.empty else _merged(problem, together)
    return canonical.finished(
        pd.concat([alone, merged[list(alone)]]).sort_values(problem.key, ignore_index=True), problem.columns
    )


def _merged(problem: Problem, together: pd.DataFrame) -> pd.DataFrame:
    """Call the problem's `merge`, and hold it to what it has to give: every column, and each key once."""
    where = f"merge() {WHERE}"
    merged = returned.table(problem.source.merge(together.copy()), where)
    if missing := [str(name) for name in together if name not in merged]:
        raise PipelineError(f"{where} returned no column {', '.join(missing)}; it has to keep all of COLUMNS.")
    if (again := merged.duplicated(problem.key)).any():
        row = ", ".join(f"{name} {merged.loc[again, name].iloc[0]}" for name in problem.key)
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
