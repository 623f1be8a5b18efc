"""List every change of the champion."""

import click
from pydantic import TypeAdapter

from champion.core.documents.registry import Move
from champion.core.problem import Problem, load
from champion.registry import beginning, disagreement, registry, tracking


def history(problem: Problem) -> list[Move]:
    """Return every move, oldest first."""
    with tracking.explained():
        known = registry.Registry(problem.name)
        moves = known.ledger().moves()
        if moves:
            warn(known, moves[-1].after)
        elif lost := beginning.lost():
            raise lost
    return moves


def warn(known: registry.Registry, champion: str) -> None:
    """Say on stderr what does not agree with the ledger."""
    for said in disagreement.told(known, champion).values():
        click.echo(said, err=True)


def text(moves: list[Move]) -> str:
    """Return a line per move."""
    lines = [
        f"{move.when[:16].replace('T', ' ')}  {move.action:8}  {_shown(move.before):>4} → v{move.after:4} "
        f"{move.who}: {move.why}{f' ({move.job_url})' if move.job_url else ''}"
        for move in moves
    ]
    return "\n".join(lines) or "nobody became champion yet; run `dvc repro`"


def _shown(number: str | None) -> str:
    return f"v{number}" if number else "none"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(as_json: bool) -> None:
    """List every change of the champion: when, who, from, to, why, and in which CI job."""
    problem = load()
    moves = history(problem)
    click.echo(TypeAdapter(list[Move]).dump_json(moves, indent=2).decode() if as_json else text(moves))
