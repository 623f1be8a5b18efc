"""Turn the verdict into an exit code, for CI."""

from typing import TextIO

import click

from pipelines.documents.evaluation import Evaluation
from pipelines.errors import FINE, NO, PipelineError
from pipelines.record import dvc, registry_state
from pipelines.report import text


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


def passes(evaluation: Evaluation) -> bool:
    """Tell whether there is nothing against it: the verdict is promote, or the model is the champion itself."""
    return evaluation.decision == "promote" or evaluation.is_champion


@click.command()
@click.option("--output", type=click.File("a", lazy=False), help="Add decision=… to this file, as GitHub reads it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(output: TextIO | None, as_json: bool) -> int:
    """Exit 0 if the current verdict is promote or the model is the champion itself, 1 if not; say why."""
    evaluation = gate(output)
    verdict = evaluation.model_dump_json(include={"decision", "reasons"}, indent=2)
    click.echo(verdict if as_json else text.verdict(evaluation))
    return FINE if passes(evaluation) else NO
