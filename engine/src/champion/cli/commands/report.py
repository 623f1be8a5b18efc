"""Write what the last run found: a page for people, and Markdown for a pull request or a job's summary."""

from pathlib import Path

import click
import yaml

from champion.cli.commands import status
from champion.core import files, flow
from champion.core.documents.data import ValidationReport
from champion.core.documents.evaluation import ChampionIdentity, Decision, Evaluation
from champion.core.documents.model import ModelCard
from champion.core.errors import PipelineError
from champion.core.problem import Problem, load
from champion.lineage import dvc, identity
from champion.lineage.provenance import provenance
from champion.registry import mlflow_uri, registry_state
from champion.report import mlflow_fields, run


def report(problem: Problem) -> str:
    """Write reports/report.html and reports/summary.md; return the Markdown. Without data there is no page."""
    failed, page = dvc.failed(), files.REPORTS / "report.html"
    parts = [run.MARKER, *([run.stopped(failed.stage, failed.message)] if failed else [])]
    if failed and failed.stage in ("ingest", "validate"):
        page.unlink(missing_ok=True)
    else:
        last = _last_run(problem)
        parts.append(run.summary(last))
        files.write_bytes(page, run.page(last).encode())
    summary = "\n".join(parts)
    files.write_bytes(files.REPORTS / "summary.md", summary.encode())
    return summary


def _last_run(problem: Problem) -> run.Run:
    checked = ValidationReport.read(flow.path("validate", "validation") / "report.json")
    stale = dvc.stale("evaluate")
    if checked.success and {"ingest", "validate"} & {*stale}:
        raise PipelineError("the data changed since it was validated, or could not be read. Run `dvc repro validate`.")
    judged = None if stale or not checked.success else _judged(problem, checked)  # what was evaluated before is no news
    return run.Run(flow.names(), checked, judged)


def _judged(problem: Problem, checked: ValidationReport) -> run.Judged:
    folder = flow.path("evaluate", "evaluation")
    evaluation, card = Evaluation.read(folder / "evaluation.json"), ModelCard.read(flow.path("train", "card"))
    theirs = ChampionIdentity.read(flow.path("baseline", "champion") / "identity.json").params
    tree, decision = identity.working_tree(), _decision(folder / "evaluation.json")
    params = mlflow_fields.params(yaml.safe_load(Path(identity.CONFIG).read_text()), card, tree.python)
    changed = mlflow_fields.changed(theirs, params) if theirs else {}
    promoted = decision is not None and decision.action == "promoted"
    return run.Judged(
        evaluation=evaluation,
        card=card,
        made_of=provenance(tree, checked.counts, card, evaluation, changed, card.refit(flow.path("train", "refit"))),
        params=params,
        pictures={picture.stem: picture.read_bytes() for picture in sorted(folder.glob("*.png"))},
        predictions=(folder / "predictions.csv").read_text(encoding="utf-8"),
        outcome=_applied(problem, decision) if decision else _not_applied(evaluation),
        promoted=promoted or _is_settled(),
    )


def _decision(judged: Path) -> Decision | None:
    """Return what became of this very evaluation, None if it was not applied."""
    path = flow.path("promote", "decision")
    decision = Decision.read(path) if path.exists() else None
    return decision if decision and decision.evaluation_sha256 == files.sha256(judged) else None


def _applied(problem: Problem, decision: Decision) -> str:
    """Say what became of the decision, and who is champion if that is no longer so."""
    now, moved = status.champion(problem, decision)
    return f"{decision.summary}; now {now}" if moved else decision.summary


def _is_settled() -> bool:
    return registry_state.is_settled(flow.path("baseline", "state"))


def _not_applied(evaluation: Evaluation) -> str:
    """Say why the decision was not applied."""
    if evaluation.is_champion or _is_settled():
        return "nothing to promote: it is the champion already"
    if evaluation.decision != "promote":
        return ""
    if mlflow_uri.is_shared():
        return f"not applied yet: `make promote` does, in {mlflow_uri.shown(mlflow_uri.tracking_uri())}"
    return "not applied: no registry was asked. Where MLFLOW_TRACKING_URI is set, a push to main applies it, see docs/team.md"


@click.command()
def command() -> None:
    """Write reports/report.html, a page of all that the last run found, and reports/summary.md, also to stdout."""
    problem = load()
    click.echo(report(problem))
