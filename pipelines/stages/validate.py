"""Hold the table against the data contract; nothing downstream runs on data that breaks it."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import PipelineError
from pipelines.judge import drift, words
from pipelines.problem import contract
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.params import Validate
from pipelines.problem.source import COLUMNS
from pipelines.record import expectations, files, tables


def validate(ingested: Path, folder: Path, params: Validate) -> None:
    """Write report.json and the Data Docs pages, then stop if a critical expectation fails."""
    table = tables.read(ingested / "table.parquet")
    quarantine = tables.read(ingested / "quarantine.parquet")
    counts = files.read_json(ingested / "counts.json")
    views = {
        "delivery": _delivery(table, quarantine, counts, params),
        "table": table,
        "drift": _drift(table, params),
        **contract.views(table),
    }
    checks, pages = expectations.run(views, contract.expectations(params))
    failed = [check for check in checks if not check.success]
    critical = [check for check in failed if check.severity == "critical"]
    for name, page in pages.items():
        files.write_bytes(folder / "docs" / f"{name}.html", page.encode())
    report = {
        "success": not critical,
        "table_sha256": files.sha256(ingested / "table.parquet"),
        "counts": counts,
        "checks": [check.to_json() for check in checks],
        "drift": _records(views["drift"]),
    }
    files.write_json(folder / "report.json", report)
    warnings = words.plural(len(failed) - len(critical), "warning")
    summary = f"{words.plural(len(checks), 'check')}, {words.plural(len(critical), 'critical failure')}, {warnings}"
    details = "".join(f"\n  {check.sentence()}" for check in sorted(failed, key=lambda check: check.severity))
    if any(check.view == "delivery" for check in critical):
        quarantined = sorted(counts["reasons"].items(), key=lambda reason: -reason[1])[:3]
        details += "".join(
            f"\n  quarantined: {words.plural(count, 'row')} like {reason}" for reason, count in quarantined
        )
    if critical:
        raise PipelineError(
            f"{ingested} breaks the contract: {summary}.{details}\n"
            f"  Repair the source, or change pipelines/problem/contract.py on purpose. Details: {folder}/report.json, "
            f"{folder}/docs/. Nothing downstream ran; the champion is untouched."
        )
    print(f"validate: {summary}, {counts['quarantined']:,} rows quarantined{details}")


def _delivery(table: pd.DataFrame, quarantine: pd.DataFrame, counts: dict[str, Any], params: Validate) -> pd.DataFrame:
    """One row about ingest. Shares are of the source rows, of all and of the newest period."""
    row = {
        "source": counts["source"],
        "quarantined": counts["quarantined"] / counts["source"],
        "recently_quarantined": _recently_quarantined(table, quarantine, params),
        "days_behind": counts["days_behind"],
        "merged_exact_repeats": counts["merged_exact_repeats"],
        "ignored_columns": len(counts["ignored_columns"]),
    }
    return pd.DataFrame([row])


def _recently_quarantined(table: pd.DataFrame, quarantine: pd.DataFrame, params: Validate) -> float:
    if TIME is None:
        return len(quarantine) / max(len(quarantine) + len(table), 1)
    upstream = next(name for name, (ours, _) in COLUMNS.items() if ours == TIME)
    start = table[TIME].max() - pd.Timedelta(days=params.drift_days)
    when = pd.to_datetime(quarantine[upstream], format="ISO8601", errors="coerce")
    bad = int(((when > start) | when.isna()).sum())  # an unreadable time may be of today
    return bad / (bad + int((table[TIME] > start).sum()))


def _drift(table: pd.DataFrame, params: Validate) -> pd.DataFrame:
    """Compare each column's newest period with the same season of earlier years, a week wider on both sides."""
    columns = ["column", "input_drift", "target_drift"]
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
    values, newest = table.drop(columns=KEY), table[TIME] >= start
    season = pd.Series("season", index=table.index)
    found = drift.drift(drift.profile(values[before], season[before]), values[newest], season[newest])
    return pd.DataFrame(
        [(name, psi, None) if name != TARGET else (name, None, psi) for name, psi in found.items()],
        columns=columns,
    ).astype({"input_drift": float, "target_drift": float})


def _records(drifts: pd.DataFrame) -> dict[str, float]:
    psi = drifts["input_drift"].fillna(drifts["target_drift"])
    return dict(zip(drifts["column"], psi.astype(float), strict=True))
