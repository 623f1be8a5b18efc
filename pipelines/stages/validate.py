"""Hold the table against the data contract; nothing downstream runs on data that breaks it."""

from pathlib import Path

import pandas as pd

from pipelines import files, returned
from pipelines.columns import ENTITY, ROW
from pipelines.documents.data import Check, Counts, ValidationReport
from pipelines.errors import ContractBroken
from pipelines.evaluation import drift
from pipelines.evaluation.rows import season
from pipelines.problem import contract
from pipelines.problem.names import TARGET, TIME
from pipelines.problem.params import Validate
from pipelines.problem.source import COLUMNS
from pipelines.record import expectations, tables
from pipelines.report import text


def validate(ingested: Path, validation: Path, params: Validate) -> None:
    """Write report.json and the Data Docs pages, then stop if a critical expectation fails.

    Raises:
        ContractBroken: if one does; what it wrote says why.
    """
    table = tables.read(ingested / "table.parquet")
    quarantine = tables.read(ingested / "quarantine.parquet")
    counts = Counts.read(ingested / "counts.json")
    drifts = _drift(table, params)
    delivery = _delivery(table, quarantine, counts, params)
    views = {"delivery": delivery, "table": table, "drift": drifts, **_views(table)}
    checks, pages = expectations.run(views, contract.expectations(params))
    for name, page in pages.items():
        files.write_bytes(validation / "docs" / f"{name}.html", page.encode())
    report = ValidationReport(
        success=all(check.success or check.severity != "critical" for check in checks),
        table_sha256=files.sha256(ingested / "table.parquet"),
        counts=counts,
        checks=checks,
        drift=_by_column(drifts),
    )
    report.write(validation / "report.json")
    if not report.success:
        raise ContractBroken(
            f"{ingested} breaks the contract: {_summary(report)}.{_details(report)}\n"
            f"  Repair the source, or change pipelines/problem/contract.py on purpose. Details: {validation}/report.json, "
            f"{validation}/docs/. Nothing downstream ran; the champion is untouched."
        )
    print(f"validate: {_summary(report)}, {counts.quarantined:,} rows quarantined{_details(report)}")


def _views(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Call the problem's `views`, and hold it to a table for each name."""
    where = "views() in pipelines/problem/contract.py"
    own = returned.of_kind(contract.views(table), dict, where, "a dictionary of tables")
    return {str(name): returned.table(view, f"{where}, {name},") for name, view in own.items()}


def _summary(report: ValidationReport) -> str:
    critical = sum(check.severity == "critical" for check in report.failed)
    warnings = text.plural(len(report.failed) - critical, "warning")
    return f"{text.plural(len(report.checks), 'check')}, {text.plural(critical, 'critical failure')}, {warnings}"


def _details(report: ValidationReport) -> str:
    """Say what failed, and of the delivery the rows that it failed for: what was quarantined most, or has no target."""
    failed = sorted(report.failed, key=lambda check: check.severity)
    called = {column.name: column.called for column in COLUMNS}
    details = "".join(f"\n  {text.check(check, called.get(check.column or '', ''))}" for check in failed)
    if _is_critical(failed, "quarantined", "recently_quarantined"):
        most = sorted(report.counts.reasons.items(), key=lambda reason: -reason[1])[:3]
        details += "".join(f"\n  quarantined: {text.plural(count, 'row')} like {reason}" for reason, count in most)
    if report.counts.unlabelled and _is_critical(failed, "unlabelled", "days_behind"):
        details += f"\n  kept apart: {text.plural(report.counts.unlabelled, 'row')} without {TARGET}"
    return details


def _is_critical(failed: list[Check], *columns: str) -> bool:
    """Tell whether the delivery failed in one of these."""
    return any(
        check.view == "delivery" and check.severity == "critical" and check.column in columns for check in failed
    )


def _delivery(table: pd.DataFrame, quarantine: pd.DataFrame, counts: Counts, params: Validate) -> pd.DataFrame:
    """One row about ingest. Shares are of the source rows, of all and of the newest period."""
    row = {
        "source": counts.source,
        "quarantined": counts.quarantined / counts.source,
        "recently_quarantined": _recently_quarantined(table, quarantine, params),
        "days_behind": counts.days_behind,
        "unlabelled": counts.unlabelled / counts.source,
        "with_offset": counts.with_offset / counts.source,
        "merged_exact_repeats": counts.merged_exact_repeats,
        "ignored_columns": len(counts.ignored_columns),
    }
    return pd.DataFrame([row])


def _recently_quarantined(table: pd.DataFrame, quarantine: pd.DataFrame, params: Validate) -> float:
    if TIME is None:
        return len(quarantine) / max(len(quarantine) + len(table), 1)
    upstream = next(column.upstream for column in COLUMNS if column.name == TIME)
    start = table[TIME].max() - pd.Timedelta(days=params.drift_days)
    when = pd.to_datetime(quarantine[upstream], format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    bad = int(((when > start) | when.isna()).sum())  # an unreadable time may be of today
    return bad / (bad + int((table[TIME] > start).sum()))


def _drift(table: pd.DataFrame, params: Validate) -> pd.DataFrame:
    """Compare each column's newest period with the same season of earlier years, a week wider on both sides.

    An input that moved no further than it did in these weeks of a year before has no `input_drift`.
    """
    columns = ["column", "index", "input_drift", "target_drift"]
    if TIME is None:
        return pd.DataFrame(columns=columns)
    end = table[TIME].max().normalize() + pd.Timedelta(days=1)
    start, week = end - pd.Timedelta(days=params.drift_days), pd.Timedelta(days=7)
    years = range(1, end.year - table[TIME].min().year + 1)
    back = [pd.DateOffset(years=year) for year in years]
    seasons = [pd.date_range(start - each - week, end - each + week, inclusive="left") for each in back]
    before = table[TIME].dt.normalize().isin(set().union(*seasons))
    if not before.any():
        return pd.DataFrame(columns=columns, dtype=float)
    values, newest = table.drop(columns=ROW), table[TIME] >= start
    alike = season(table.assign(**{TIME: start}), TIME, ENTITY)
    indexes = drift.drift(drift.profile(values[before], alike[before]), values[newest], alike[newest])
    usual = drift.ordinary(values[before], alike[before], table.loc[before, TIME], (start, end))
    told = pd.DataFrame({"column": list(indexes), "index": list(indexes.values())})
    is_target, moved = told["column"] == TARGET, told["column"].isin(drift.further(indexes, usual))
    return told.assign(input_drift=told["index"].where(~is_target & moved), target_drift=told["index"].where(is_target))


def _by_column(drifts: pd.DataFrame) -> dict[str, float]:
    return dict(zip(drifts["column"], drifts["index"].astype(float), strict=True))
