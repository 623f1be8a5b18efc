"""Turn the verdict into an exit code, for CI."""

import json
from typing import Literal, TextIO, get_args

import click

from pipelines.documents.evaluation import Evaluation, Verdict
from pipelines.errors import FINE, NO, PipelineError
from pipelines.problem.names import NAME
from pipelines.record import disagreement, dvc, registry_state
from pipelines.report import text

FailOn = Literal["held", "harm", "kept"]


def gate(output: TextIO | None = None) -> Evaluation:
    """Return the evaluation that the current verdict stands in.

    What there is to do is added to the file `output`: decision=promote, promoted (already), reject or hold.

    Raises:
        PipelineError: if the verdict is out of date.
    """
    if stale := dvc.stale("evaluate"):
        raise PipelineError(f"the verdict is out of date: {', '.join(stale)} changed or failed. Run `dvc repro`.")
    evaluation = Evaluation.read(dvc.path("evaluate", "evaluation") / "evaluation.json")
    if output:
        settled = registry_state.is_settled(dvc.path("baseline", "state"))
        output.write(f"decision={'promoted' if settled else evaluation.decision}\n")
    return evaluation


def elsewhere() -> str:
    """Say that consumers get another version than the champion that the candidate faced; empty if they do not."""
    known = registry_state.known(dvc.path("baseline", "state"))
    return disagreement.of_alias(NAME, known.alias, known.champion) if known.champion else ""


def passes(verdict: Verdict, fail_on: FailOn) -> bool:
    """Tell whether a verdict is fine for who asks.

    `held`: shall it be champion? Yes and no are both answers, that it cannot be judged is none. `harm`: does this change
    do harm? Not if it promotes or the champion is kept. `kept`: only what beats the champion passes, or is it.
    """
    outcome = verdict.outcome
    if outcome == "cannot be judged":
        return False
    if fail_on == "held":
        return True
    return outcome in ("promote", "kept: same model") or (fail_on == "harm" and outcome == "kept: not proven better")


@click.command()
@click.option("--output", type=click.File("a", lazy=False), help="Add decision=… to this file, as GitHub reads it.")
@click.option(
    "--fail-on",
    type=click.Choice(get_args(FailOn)),
    default="harm",
    show_default=True,
    help="held: it cannot be judged. harm: also what is refused. kept: also what is not proven better.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(output: TextIO | None, fail_on: FailOn, as_json: bool) -> int:
    """Exit 0 if the current verdict is fine, 1 if not; say why. By default fine is what does no harm."""
    evaluation = gate(output)
    verdict = {"outcome": evaluation.outcome, **evaluation.model_dump(include={"decision", "reasons"})}
    click.echo(json.dumps(verdict, indent=2) if as_json else text.verdict(evaluation))
    if said := elsewhere():
        click.echo(said, err=True)
    return FINE if passes(evaluation, fail_on) else NO
