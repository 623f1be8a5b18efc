"""Give back a champion of before."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from champion.core import flow
from champion.core.documents.model import CARD, ModelCard
from champion.core.errors import ChampionUnusable, PipelineError, Refusal
from champion.core.problem import Problem, load
from champion.lineage import identity
from champion.lineage.subprocess_predict import Predictor
from champion.promote import hooks
from champion.registry import beginning

if TYPE_CHECKING:
    from champion.core.documents.registry import Move
    from champion.registry.entities import Version
    from champion.registry.registry import Registry


def rollback(problem: Problem, wanted: str | None, reason: str) -> str:
    """Make an earlier champion champion again, by default the one before; return what happened.

    The model that is left is marked: it will not be promoted again by itself.

    Raises:
        Refusal: if there is nothing to go back to.
        ChampionUnusable: if the version to go to does not load, or does not predict what it did.
    """
    predictor = Predictor()  # first: it takes as long to get ready as MLflow takes to load here
    try:
        from champion.registry import registry, tracking  # noqa: PLC0415

        with tracking.explained():
            return _roll_back(problem, registry.Registry(problem.name, migrate=True), predictor, wanted, reason)
    finally:
        predictor.close()


def _roll_back(problem: Problem, registry: Registry, predictor: Predictor, wanted: str | None, reason: str) -> str:
    moves = registry.ledger().moves()
    if not moves:
        raise beginning.no_champion()
    last, current = moves[-1], moves[-1].after
    # A kill between ledger and alias leaves the alias where it was. After a promotion, whoever asks for the one before
    # gets it all the same; after a rollback it would be one too far, and before the first champion there is none.
    stopped = registry.alias() == last.before and (last.action == "rollback" or last.before is None)
    if wanted is None and stopped and registry.version(current):
        registry.follow_ledger()
        return f"An interrupted change is finished: champion is v{current}. Roll back again to go further."
    version = _target(registry, moves, wanted)
    _check(registry, version, predictor)
    made_of = _made_of(registry, version)  # before the move: what fails after it would be tried again, one too far
    registry.set_champion(version, "rollback", current, reason)
    if (alias := registry.alias()) != version.number:
        raise PipelineError(f"the champion was moved to v{alias} meanwhile; see `pipeline history`.")
    marked = (
        f"\nThe model of v{current} will not be promoted again by itself; `pipeline rollback {current}` makes it champion "
        "again and lifts that."
    )
    return (
        f"champion is {version.name} again, v{current} was left: {reason}\n"
        f"models:/{problem.name}@champion now gives {version.name}, {made_of}; its file is the one that was promoted, "
        f"it loads and predicts as it did.{marked if int(version.number) < int(current) else ''}"
    )


def _made_of(registry: Registry, version: Version) -> str:
    """Return the numbers that a version's parts have now, or where that cannot be told those on record."""
    from champion.registry import recorded  # noqa: PLC0415  # MLflow, after the predictor has started

    try:
        return identity.numbers(recorded.identity_of(registry.run_of_version(version))).name
    except PipelineError:  # a shallow clone
        return version.tags["numbers"]


def _target(registry: Registry, moves: list[Move], wanted: str | None) -> Version:
    """Return the version to go to, or say why there is none."""
    current, past = moves[-1].after, [move.after for move in moves]
    target = wanted.removeprefix("v") if wanted else _before(moves, current)
    if target is None:
        raise Refusal(f"v{current} is the first champion: there is nothing to go back to.")
    if target not in past or target == current:
        others = ", ".join(f"v{number}" for number in sorted({*past} - {current}, key=int)) or "none"
        raise Refusal(f"v{target} cannot be restored: past champions other than the present are {others}.")
    version = registry.version(target)
    if version is None:
        raise Refusal(
            f"v{target} was deleted from the registry. Past champions: {', '.join(f'v{number}' for number in past)}."
        )
    return version


def _before(moves: list[Move], current: str) -> str | None:
    """Return the version that the current champion replaced when it was promoted."""
    for move in moves:
        if move.after == current and move.action == "promote":
            return move.before
    return None


def _check(registry: Registry, version: Version, predictor: Predictor) -> None:
    """Refuse a version whose files are not those that were promoted, or whose model does not say what it said then."""
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            served = registry.fetch(version, folder)
            _check_answers(served, ModelCard.read(served / CARD), predictor)
    except (PipelineError, OSError) as error:
        raise ChampionUnusable(
            f"{version.name} cannot be restored: {error}. The champion was not changed; `pipeline rollback "
            "VERSION` takes another one, `pipeline history` lists them."
        ) from None


def _check_answers(folder: Path, card: ModelCard, predictor: Predictor) -> None:
    from champion.lineage import environments  # noqa: PLC0415  # pandas, after the predictor has started

    why = "its model predicts something else than when it was trained"
    try:
        if environments.answers_as_before(folder, card, predictor):
            return
    except PipelineError as error:
        why = str(error)
    try:
        environments.its_own(folder, card)
    except PipelineError as error:
        raise ChampionUnusable(f"{why}; {error}") from None


@click.command()
@click.argument("version", required=False)
@click.option("--reason", default="rolled back by hand", show_default=True, help="Kept in the history.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(version: str | None, reason: str, yes: bool) -> None:
    """Make VERSION champion again; by default the one before."""
    problem = load()
    if not yes:
        click.confirm(f"Change the champion to {version or 'the one before'}?", abort=True)
    click.echo(rollback(problem, version, reason))
    hooks.tell_moved(problem, flow.folder("promote"))
