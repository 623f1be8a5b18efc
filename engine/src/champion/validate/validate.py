"""Hold a table against the data contract."""

import pandas as pd

from champion.core import drift, returned, words
from champion.core.documents.data import Check, Counts, ValidationReport
from champion.core.params import Validate
from champion.core.problem import Problem
from champion.core.records import Ingested, Validated
from champion.core.rows import season
from champion.validate import checks, expectations


def check(problem: Problem, ingested: Ingested, params: Validate) -> Validated:
    """Hold a table against its contract: the problem's expectations of the delivery, the table, its drift and its own views.

    Raises:
        PipelineError: if the contract itself is not what is expected.
    """
    table, quarantine = ingested.table.rows, ingested.quarantine.rows
    drifts = _drift(problem, table, params)
    delivery = _delivery(problem, table, quarantine, ingested.counts, params)
    views = {"delivery": delivery, "table": table, "drift": drifts, **_views(problem, table)}
    checks, pages = expectations.run(views, problem.contract.expectations(params))
    report = ValidationReport(
        success=all(check.success or check.severity != "critical" for check in checks),
        table_sha256=ingested.table.sha256,
        counts=ingested.counts,
        checks=checks,
        drift=_by_column(drifts),
    )
    if report.success:
        quarantined = f"{ingested.counts.quarantined:,} rows quarantined"
        print(f"validate: {_summary(report)}, {quarantined}{_details(problem, report)}")
        return Validated(report, pages=pages)
    broken = f"{ingested.table.path.parent} breaks the contract: {_summary(report)}.{_details(problem, report)}"
    return Validated(report, pages=pages, broken=broken)


def _views(problem: Problem, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Call the problem's `views`, and hold it to a table for each name."""
    where = "views() in pipelines/problem/contract.py"
    own = returned.of_kind(problem.contract.views(table), dict, where, "a dictionary of tables")
    return {str(name): returned.table(view, f"{where}, {name},") for name, view in own.items()}


def _summary(report: ValidationReport) -> str:
    critical = sum(check.severity == "critical" for check in report.failed)
    warnings = words.plural(len(report.failed) - critical, "warning")
    return f"{words.plural(len(report.checks), 'check')}, {words.plural(critical, 'critical failure')}, {warnings}"


def _details(problem: Problem, report: ValidationReport) -> str:
    """Say what failed, and of the delivery the rows that it failed for: what was quarantined most, or has no target."""
    failed = sorted(report.failed, key=lambda check: check.severity)
    called = {column.name: column.called for column in problem.columns}
    details = "".join(f"\n  {checks.check(check, called.get(check.column or '', ''))}" for check in failed)
    if _is_critical(failed, "quarantined", "recently_quarantined"):
        most = sorted(report.counts.reasons.items(), key=lambda reason: -reason[1])[:3]
        details += "".join(f"\n  quarantined: {words.plural(count, 'row')} like {reason}" for reason, count in most)
    if report.counts.unlabelled and _is_critical(failed, "unlabelled", "days_behind"):
        details += f"\n  kept apart: {words.plural(report.counts.unlabelled, 'row')} without {problem.target}"
    return details


def _is_critical(failed: list[Check], *columns: str) -> bool:
    """Tell whether the delivery failed in one of these."""
    return any(
        check.view == "delivery" and check.severity == "critical" and check.column in columns for check in failed
    )


def _delivery(
    problem: Problem, table: pd.DataFrame, quarantine: pd.DataFrame, counts: Counts, params: Validate
) -> pd.DataFrame:
    """One row about ingest. Shares are of the source rows, of all and of the newest period."""
    row = {
        "source": counts.source,
        "quarantined": counts.quarantined / counts.source,
        "recently_quarantined": _recently_quarantined(problem, table, quarantine, params),
        "days_behind": counts.days_behind,
        "unlabelled": counts.unlabelled / counts.source,
        "with_offset": counts.with_offset / counts.source,
        "merged_exact_repeats": counts.merged_exact_repeats,
        "ignored_columns": len(counts.ignored_columns),
    }
    return pd.DataFrame([row])


def _recently_quarantined(problem: Problem, table: pd.DataFrame, quarantine: pd.DataFrame, params: Validate) -> float:
    if problem.time is None:
        return len(quarantine) / max(len(quarantine) + len(table), 1)
    upstream = next(column.upstream for column in problem.columns if column.name == problem.time)
    start = table[problem.time].max() - pd.Timedelta(days=params.drift_days)
    when = pd.to_datetime(quarantine[upstream], format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    bad = int(((when > start) | when.isna()).sum())  # an unreadable time may be of today
    return bad / (bad + int((table[problem.time] > start).sum()))


def _drift(problem: Problem, table: pd.DataFrame, params: Validate) -> pd.DataFrame:
    """Compare each column's newest period with the same season of earlier years, a week wider on both sides.

    An input that moved no further than it did in these weeks of a year before has no `input_drift`.
    """
    columns = ["column", "index", "input_drift", "target_drift"]
    if problem.time is None:
        return pd.DataFrame(columns=columns)
    end = table[problem.time].max().normalize() + pd.Timedelta(days=1)
    start, week = end - pd.Timedelta(days=params.drift_days), pd.Timedelta(days=7)
    years = range(1, end.year - table[problem.time].min().year + 1)
    back = [pd.DateOffset(years=year) for year in years]
    seasons = [pd.date_range(start - each - week, end - each + week, inclusive="left") for each in back]
    before = table[problem.time].dt.normalize().isin(set().union(*seasons))
    if not before.any():
        return pd.DataFrame(columns=columns, dtype=float)
    values, newest = table.drop(columns=problem.row), table[problem.time] >= start
    alike = season(table.assign(**{problem.time: start}), problem.time, problem.entity)
    indexes = drift.drift(drift.profile(values[before], alike[before]), values[newest], alike[newest])
    usual = drift.ordinary(values[before], alike[before], table.loc[before, problem.time], (start, end))
    told = pd.DataFrame({"column": list(indexes), "index": list(indexes.values())})
    is_target, moved = told["column"] == problem.target, told["column"].isin(drift.further(indexes, usual))
    return told.assign(input_drift=told["index"].where(~is_target & moved), target_drift=told["index"].where(is_target))


def _by_column(drifts: pd.DataFrame) -> dict[str, float]:
    return dict(zip(drifts["column"], drifts["index"].astype(float), strict=True))
