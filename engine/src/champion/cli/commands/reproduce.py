"""Rebuild a version from what is on record, and compare."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from champion.core import files, tables
from champion.core.config import load_params
from champion.core.documents.data import Split
from champion.core.documents.model import CARD, MODEL, REFIT, ModelCard
from champion.core.errors import FINE, NO, PipelineError
from champion.core.problem import Problem, load
from champion.lineage import environments, identity
from champion.lineage.project_copy import ProjectCopy, copy_of
from champion.lineage.subprocess_predict import Predictor
from champion.metrics import scores
from champion.registry import recorded, registry, tracking
from champion.registry.recorded import RecordedCandidate

CLOSE = 1e-9  # share of the largest prediction: sums that are rounded in another order


def reproduce(problem: Problem, wanted: str, *, fresh: bool, say: Callable[[str], None]) -> bool:
    """Train a version again in a copy of the project as it was then; return whether it came out the same.

    `fresh` builds the recorded environment first. Nothing is changed here.

    Raises:
        Refusal: if there is no such version.
        PipelineError: if some part of it is gone.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        with tracking.explained():
            known = registry.Registry(problem.name)
            candidate = recorded.find(known, wanted, Path(folder))
            known.fetch(candidate.version or candidate.run, kept)
        _say_environment(candidate, fresh, say)
        with copy_of(candidate) as copy:
            say(f"code         {candidate.provenance.code.version}, commit {candidate.commit[:12]}")
            copy.configure(candidate)
            copy.fill(candidate)
            say(f"data         {candidate.provenance.data.version} ({candidate.identity.data[:12]})")
            if note := copy.equip(candidate, build=fresh):
                say(f"environment  {note}")
            copy.repro("features", "train", cached=False)
            return _compare(problem, copy, candidate, kept, say)


def _say_environment(candidate: RecordedCandidate, fresh: bool, say: Callable[[str], None]) -> None:
    same = candidate.identity.environment == identity.environment()
    if fresh:
        say("environment  is being built from the recorded lock")
    elif same:
        say("environment  the recorded one")
    else:
        say("environment  NOT the recorded one; --fresh-env builds that. Predictions may differ in the last digits")


def _compare(
    problem: Problem, copy: ProjectCopy, candidate: RecordedCandidate, kept: Path, say: Callable[[str], None]
) -> bool:
    """Compare holdout, model bytes, predictions and metrics with what was recorded."""
    if Split.read(copy.path("features", "split")).holdout_sha256 != candidate.run.tags["holdout"]:
        say(f"holdout      DIFFERENT, so the rest cannot be compared: {candidate.name} was not reproduced")
        return False
    model, card = copy.path("train", "model"), copy.path("train", "card")
    expected_digest = candidate.run.tags["model_sha256"]
    same_bytes = files.sha256(model) == expected_digest
    say(
        f"model        {'identical to the byte' if same_bytes else 'other bytes than recorded'}, {expected_digest[:12]}"
    )
    rows = copy.path("features", "holdout")
    predicted = Predictor(copy.programs).predict(model, card, rows)
    expected = _expected(copy, kept, rows)
    furthest = float(np.max(np.abs(predicted.astype(float) - expected.astype(float))))
    compared = "identical" if furthest == 0 else f"differ by up to {furthest:.3g}"
    say(f"predictions  {compared} on {len(expected):,} holdout rows")
    holdout, rules = tables.read(rows), load_params().evaluate
    measured = scores.metrics(problem, rules, holdout, predicted, ModelCard.read(card).classes)
    before = candidate.provenance.metrics["candidate"]
    moved = {name: (before[name], score) for name, score in measured.items() if before.get(name) not in (None, score)}
    if len(expected) == candidate.provenance.holdout.rows:  # else the champion had seen some, and the rest was judged
        changes = ", ".join(f"{name} {old:g} → {new:g}" for name, (old, new) in moved.items()) or "identical"
        say(f"metrics      {changes}")
    same_refit = _is_same_refit(copy, kept, say)
    if same_bytes and furthest == 0 and same_refit:
        say(f"{candidate.name} was reproduced exactly")
        return True
    then, here = ModelCard.read(kept / CARD).platform, ModelCard.read(card).platform
    elsewhere = f"on another kind of machine ({then}; here {here})" if then != here else ""
    if elsewhere and furthest <= CLOSE * float(np.max(np.abs(expected.astype(float)))):
        say(f"{candidate.name} was reproduced: same within {CLOSE:g}; other bytes, made {elsewhere}")
        return True
    say(f"{candidate.name} came out DIFFERENTLY{f', {elsewhere}' if elsewhere else ''}")
    return False


def _is_same_refit(copy: ProjectCopy, kept: Path, say: Callable[[str], None]) -> bool:
    """Tell whether what serves came out the same to the byte; what was recorded without a refit has none."""
    refit = ModelCard.read(kept / CARD).refit(kept / REFIT)
    if refit is None:
        return True
    made = copy.path("train", "refit") / MODEL
    same = made.exists() and files.sha256(made) == refit.model_sha256
    came_out = "identical to the byte" if same else "other bytes than recorded"
    say(f"refit        {came_out}, {refit.model_sha256[:12]}: what serves")
    return same


def _expected(copy: ProjectCopy, kept: Path, rows: Path) -> np.ndarray:
    """Return what the recorded model predicts: with the packages that stages ran with, or else with its own."""
    try:
        return Predictor(copy.programs).predict(kept / MODEL, kept / CARD, rows)
    except PipelineError:  # it does not load there
        return environments.predict(kept, ModelCard.read(kept / CARD), tables.read(rows))


@click.command()
@click.argument("version")
@click.option("--fresh-env", is_flag=True, help="Build the recorded environment from its lock first.")
def command(version: str, fresh_env: bool) -> int:
    """Train VERSION again from what is on record, in a temporary copy, and compare. Exit 1 if it differs."""
    problem = load()
    return FINE if reproduce(problem, version, fresh=fresh_env, say=click.echo) else NO
