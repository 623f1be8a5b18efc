"""Say where things stand: data, candidate, verdict, champion, and what is out of date."""

from contextlib import suppress

import click

from champion.core import files, flow
from champion.core.documents.data import Stopped, ValidationReport
from champion.core.documents.evaluation import Decision, Evaluation
from champion.core.documents.registry import RegistryState
from champion.core.errors import PipelineError
from champion.core.problem import Problem, load
from champion.evaluate import verdicts
from champion.lineage import dvc, identity
from champion.registry import beginning, disagreement, mlflow_uri, registry_state
from champion.report import text
from champion.validate import checks

INDENT = "\n           "
NEXT = """\
next       dvc exp run -S train.KEY=VALUE   try another model: recorded, not promoted
           make ui                          runs, pictures and versions in MLflow
           pipeline lineage                 what the champion was made of, and how to get each part back"""


def status(problem: Problem) -> str:
    """Return the summary that `make run` ends with.

    Raises:
        PipelineError: if there was no run yet.
    """
    failed = dvc.failed()
    decided = flow.path("promote", "decision")
    evaluated = flow.path("evaluate", "evaluation") / "evaluation.json"
    validated = flow.path("validate", "validation") / "report.json"
    if failed and not (validated.exists() and evaluated.exists() and decided.exists()):
        return _stopped(problem, failed)
    report = ValidationReport.read(validated)
    evaluation, decision = Evaluation.read(evaluated), Decision.read(decided)
    is_decided = files.sha256(evaluated) == decision.evaluation_sha256  # `dvc exp apply` brings another one
    here = identity.current()
    is_here = here.candidate == decision.candidate
    now, moved = champion(
        problem, decision if is_decided else decision.model_copy(update={"summary": "as decided before"})
    )
    lines = [
        f"data       {_data(report)}",
        f"holdout    {verdicts.headline(evaluation)}",
        f"verdict    {evaluation.outcome}: {INDENT.join(evaluation.texts)}",
        f"champion   {now}",
        f"candidate  {_candidate(decision, here) if is_decided else 'not decided on yet: `dvc repro` does'}",
    ]
    if moved:
        lines.append("changed    the registry, since: see `pipeline history`; `dvc repro` looks again")
    if failed:
        lines.append(f"stopped    {failed.stage}: {failed.message.splitlines()[0]}")
    if stale := dvc.stale() or ([] if is_here else ["promote"]):
        lines.append(f"stale      {', '.join(stale)}: run `dvc repro`")
    return "\n".join([*lines, "", NEXT])


def _stopped(problem: Problem, failed: Stopped) -> str:
    """Name the stage that stopped, what it said, and what still stands."""
    decided = flow.path("promote", "decision")
    now = (
        champion(problem, Decision.read(decided))[0] if decided.exists() else "nobody: no candidate came to the end yet"
    )
    message = failed.message.replace("\n", INDENT)
    return f"stopped    {failed.stage}: {message}\nchampion   {now}\n\nnext       mend that, then `dvc repro`"


def _candidate(decision: Decision, here: identity.Identity) -> str:
    """Say what it was made of, in numbers of today: what was not committed when it was decided on may be by now."""
    with suppress(PipelineError):  # a shallow clone has no numbers
        if here.candidate == decision.candidate:
            numbers = identity.numbers(here)
            return f"it {text.numbers(str(numbers.data), str(numbers.code), str(numbers.config))}"
    return f"it {decision.made_from}"


def champion(problem: Problem, decision: Decision) -> tuple[str, bool]:
    """Say who is champion, and whether that is another than the last run left.

    The registry is only asked if it changed since the last run, since that costs seconds.
    """
    known = f"v{decision.champion}" if decision.champion else "nobody"
    state = flow.path("baseline", "state")
    if state.exists() and registry_state.is_current(RegistryState.read(state)):
        return f"{known}: {decision.summary}", False
    if missing := mlflow_uri.missing():
        lost = f"{known} when `dvc repro` last looked; {missing} is gone. Restore it from a backup"
        return f"{lost}; `pipeline champion-from nobody` begins anew", False
    from champion.registry import registry, tracking  # noqa: PLC0415

    try:
        with tracking.explained():
            recorded = registry.Registry(problem.name)
            last = next(reversed(recorded.ledger().moves()), None)
            if last is None and (nowhere := beginning.lost()):
                raise nowhere
            told = disagreement.told(recorded, last.after).values() if last else ()
    except PipelineError as error:
        return f"{known} when `dvc repro` last looked; {str(error).splitlines()[0]}", False
    but = "".join(f"{INDENT}but {said}" for said in told)
    if last is None or f"v{last.after}" == known:
        return f"{known}: {decision.summary}{but}", False
    moved = f"v{last.after}: {last.action} by {last.who} on {last.when[:10]}: {last.why}"
    return f"{moved}{but}", True


def _data(report: ValidationReport) -> str:
    named = ", ".join(sorted({f"{check.view}.{check.column}" for check in report.failed}))
    shown = f" ({named})" if report.failed else ""
    stopped = "" if report.success else "STOPPED: "
    return f"{stopped}{checks.contract(report)}{shown}, {checks.quarantined(report)} rows quarantined"


@click.command()
def command() -> None:
    """Show data, candidate, verdict, champion, and what is stale."""
    problem = load()
    click.echo(status(problem))
