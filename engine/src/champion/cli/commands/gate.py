"""Turn the verdict into an exit code, for CI."""

import json
from typing import Literal, TextIO, get_args

import click

from champion.core import flow
from champion.core.documents.evaluation import Evaluation, Verdict
from champion.core.errors import FINE, NO, PipelineError
from champion.core.problem import Problem, load
from champion.evaluate import verdicts
from champion.lineage import dvc
from champion.registry import disagreement, registry_state

FailOn = Literal["held", "harm", "kept"]


def gate(output: TextIO | None = None) -> Evaluation:
    """Return the evaluation that the current verdict stands in.

    What there is to do is added to the file `output`: decision=promote, promoted (already), reject or hold.

    Raises:
        PipelineError: if the verdict is out of date.
    """
    if stale := dvc.stale("evaluate"):
        raise PipelineError(f"the verdict is out of date: {', '.join(stale)} changed or failed. Run `dvc repro`.")
    evaluation = Evaluation.read(flow.path("evaluate", "evaluation") / "evaluation.json")
    if output:
        settled = registry_state.is_settled(flow.path("baseline", "state"))
        output.write(f"decision={'promoted' if settled else evaluation.decision}\n")
    return evaluation


def elsewhere(problem: Problem) -> str:
    """Say that consumers get another version than the champion that the candidate faced; empty if they do not."""
    known = registry_state.known(flow.path("baseline", "state"))
    return disagreement.of_alias(problem.name, known.alias, known.champion) if known.champion else ""


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
    problem = load()
    evaluation = gate(output)
    verdict = {"outcome": evaluation.outcome, **evaluation.model_dump(include={"decision", "reasons"})}
    click.echo(json.dumps(verdict, indent=2) if as_json else verdicts.verdict(evaluation))
    if said := elsewhere(problem):
        click.echo(said, err=True)
    return FINE if passes(evaluation, fail_on) else NO
