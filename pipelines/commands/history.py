"""List every change of the champion."""

from dataclasses import asdict
from typing import Any

from pipelines.problem.names import NAME
from pipelines.record import registry, tracking


def history() -> list[dict[str, Any]]:
    """Return every move, oldest first."""
    with tracking.explained():
        return [asdict(move) for move in registry.Registry(NAME).ledger.moves()]


def text(moves: list[dict[str, Any]]) -> str:
    """Return a line per move."""
    lines = [
        f"{move['when'][:16].replace('T', ' ')}  {move['action']:8}  {_shown(move['before']):>4} → v{move['after']:4} "
        f"{move['who']}: {move['why']}"
        for move in moves
    ]
    return "\n".join(lines) or "nobody became champion yet; run `dvc repro`"


def _shown(version: str | None) -> str:
    return f"v{version}" if version else "none"
