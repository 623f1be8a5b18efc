"""Say where things stand: data, candidate, verdict, champion, and what is out of date."""

from pipelines.judge import words
from pipelines.record import files, flow, location

NEXT = """\
next       dvc exp run -S train.max_leaf_nodes=63   try another model: recorded, never promoted
           make ui                                  runs, pictures and versions in MLflow
           pipeline history                         who became champion, when and why"""


def status() -> str:
    """Return the summary that `make run` ends with."""
    report = files.read_json(flow.path_of("validate", "2-validate") / "report.json")
    evaluation = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    decision = files.read_json(flow.path_of("promote", "decision.json"))
    warnings = [f"{check['view']}.{check['column']}" for check in report["checks"] if not check["success"]]
    stale = flow.stale()
    seen = files.read_json(flow.path_of("baseline", "record.json"))["database"]
    moved = location.fingerprint() not in (None, seen)
    reasons = "\n           ".join(evaluation["reasons"])
    champion = f"v{decision['champion']}" if decision["champion"] else "nobody"
    return "\n".join(
        [
            f"data       {words.plural(len(report['checks']), 'check')}, {words.plural(len(warnings), 'warning')}"
            f"{' (' + ', '.join(warnings) + ')' if warnings else ''}, "
            f"{report['counts']['quarantined']:,} of {report['counts']['source']:,} rows quarantined",
            f"holdout    {words.headline(evaluation)}",
            f"verdict    {evaluation['decision']}: {reasons}",
            f"champion   {champion}; {decision['summary']}",
            f"           the candidate {decision['lineage']}",
            *(
                ["           the registry changed since; `pipeline history` says how, `dvc repro` looks again"]
                if moved
                else []
            ),
            *([f"stale      {', '.join(stale)}: run `dvc repro`"] if stale else []),
            "",
            NEXT,
        ]
    )
