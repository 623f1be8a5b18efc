"""Say where things stand: data, candidate, verdict, champion, and what is out of date."""

from typing import Any

from pipelines.errors import PipelineError
from pipelines.judge import words
from pipelines.problem.names import NAME
from pipelines.record import files, flow, lineage, location

INDENT = "\n           "
NEXT = """\
next       dvc exp run -S train.KEY=VALUE   try another model: recorded, not promoted
           make ui                          runs, pictures and versions in MLflow
           pipeline lineage                 what the champion was made of, and how to get each part back"""


def status() -> str:
    """Return the summary that `make run` ends with."""
    report = files.read_json(flow.path_of("validate", "2-validate") / "report.json")
    evaluation = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    decision = files.read_json(flow.path_of("promote", "decision.json"))
    now, moved = champion(decision)
    lines = [
        f"data       {_data(report)}",
        f"holdout    {words.headline(evaluation)}",
        f"verdict    {evaluation['decision']}: {INDENT.join(evaluation['reasons'])}",
        f"champion   {now}",
        f"candidate  it {decision['lineage']}",
    ]
    if moved:
        lines.append("changed    the registry, since: see `pipeline history`; `dvc repro` looks again")
    if failed := flow.failed():
        lines.append(f"stopped    {failed['stage']}: {failed['message'].splitlines()[0]}")
    recorded = lineage.inputs().candidate == decision["candidate"]
    if stale := flow.stale() or ([] if recorded else ["promote"]):
        lines.append(f"stale      {', '.join(stale)}: run `dvc repro`")
    return "\n".join([*lines, "", NEXT])


def _looked_at() -> bool:
    """Tell whether the embedded database is as the last run left it."""
    return bool(location.fingerprint() == files.read_json(flow.path_of("baseline", "record.json"))["database"])


def champion(decision: dict[str, Any]) -> tuple[str, bool]:
    """Say who is champion, and whether that is another than the last run left.

    The registry is only asked if it changed since the last run, since that costs seconds.
    """
    known = f"v{decision['champion']}" if decision["champion"] else "nobody"
    if _looked_at() and not location.is_shared():
        return f"{known}: {decision['summary']}", False
    if missing := location.missing():
        return f"nobody: {missing} is gone; `dvc repro` records the candidate anew", True
    from pipelines.record import registry, tracking  # noqa: PLC0415

    try:
        with tracking.explained():
            last = next(reversed(registry.Registry(NAME).ledger.moves()), None)
    except PipelineError as error:
        return f"{known} when `dvc repro` last looked; {str(error).splitlines()[0]}", False
    if last is None or f"v{last.after}" == known:
        return f"{known}: {decision['summary']}", False
    return f"v{last.after}: {last.action} by {last.who} on {last.when[:10]}: {last.why}", True


def _data(report: dict[str, Any]) -> str:
    failed = [check for check in report["checks"] if not check["success"]]
    named = ", ".join(sorted({f"{check['view']}.{check['column']}" for check in failed}))
    shown = f" ({named})" if failed else ""
    checks = words.plural(len(report["checks"]), "check")
    found = words.plural(len(failed), "warning" if report["success"] else "failure")
    counts = report["counts"]
    stopped = "" if report["success"] else "STOPPED: "
    return f"{stopped}{checks}, {found}{shown}, {counts['quarantined']:,} of {counts['source']:,} rows quarantined"
