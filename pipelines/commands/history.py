"""List every change of the champion."""

from pipelines.problem.names import NAME
from pipelines.record import registry, tracking


def history() -> list[str]:
    """Return one line per move, oldest first."""
    with tracking.explained():
        moves = registry.Registry(NAME).ledger.moves()
    return [
        f"{move.when[:16].replace('T', ' ')}  {move.action:8}  {_shown(move.before):>4} → v{move.after:4} {move.who}: {move.why}"
        for move in moves
    ] or ["nobody became champion yet; run `dvc repro`"]


def _shown(version: str | None) -> str:
    return f"v{version}" if version else "none"
