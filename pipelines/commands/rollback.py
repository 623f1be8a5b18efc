"""Give back a champion of before."""

import tempfile
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError, Refusal
from pipelines.problem.names import NAME
from pipelines.record import files, registry, tracking
from pipelines.record.ledger import Move


def rollback(wanted: str | None, reason: str) -> str:
    """Make an earlier champion champion again, by default the one before; return what happened.

    The model that is left is marked: it will not be promoted again by itself.
    """
    with tracking.explained():
        book = registry.Registry(NAME)
        moves = book.ledger.moves()
        if not moves:
            raise Refusal("there is no champion yet, so there is nothing to go back to. Run `dvc repro`.")
        if book.alias() != moves[-1].after:
            book.follow_ledger()
            return f"An interrupted change is finished: champion is v{moves[-1].after}. Roll back again to go further."
        current, past = moves[-1].after, [move.after for move in moves]
        target = wanted.removeprefix("v") if wanted else _before(moves, current)
        if target is None:
            raise Refusal(f"v{current} is the first champion: there is nothing to go back to.")
        if target not in past or target == current:
            others = ", ".join(f"v{each}" for each in sorted({*past} - {current}, key=int)) or "none"
            raise Refusal(f"v{target} cannot be restored: past champions other than the present are {others}.")
        version = book.version(target)
        if version is None:
            raise Refusal(
                f"v{target} was deleted from the registry. Past champions: {', '.join(f'v{each}' for each in past)}."
            )
        _check_bytes(book, version)
        book.crown(version, "rollback", current, reason)
    marked = f"The model of v{current} will not be promoted again." if int(target) < int(current) else ""
    return (
        f"champion is v{target} again, v{current} was left: {reason}\n"
        f"models:/{NAME}@champion now gives v{target}, {version.tags['lineage']}. "
        f"{marked}"
    )


def _before(moves: list[Move], current: str) -> str | None:
    """Return the version that the current champion replaced when it was promoted."""
    for move in moves:
        if move.after == current and move.action == "promote":
            return move.before
    return None


def _check_bytes(book: registry.Registry, version: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        book.download(version, ["model.skops"], Path(folder))
        if files.sha256(Path(folder) / "model.skops") != version.tags["model_sha256"]:
            raise PipelineError(
                f"the model file of v{version.version} is not the one that was promoted: its digest differs. "
                "The champion was not changed."
            )
