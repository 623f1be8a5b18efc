"""Give back a champion of before."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.errors import PipelineError, Refusal
from pipelines.problem.names import NAME
from pipelines.record import answers, lineage


def rollback(wanted: str | None, reason: str) -> str:
    """Make an earlier champion champion again, by default the one before; return what happened.

    The model that is left is marked: it will not be promoted again by itself.
    """
    oracle = answers.Oracle()  # first: it takes as long to get ready as MLflow takes to load here
    try:
        from pipelines.record import registry, tracking  # noqa: PLC0415

        with tracking.explained():
            return _roll_back(registry.Registry(NAME), oracle, wanted, reason)
    finally:
        oracle.dismiss()


def _roll_back(book: Any, oracle: answers.Oracle, wanted: str | None, reason: str) -> str:
    moves = book.ledger.moves()
    if not moves:
        raise Refusal("there is no champion yet, so there is nothing to go back to. Run `dvc repro`.")
    last, current = moves[-1], moves[-1].after
    # A kill between ledger and alias leaves the alias where it was. After a promotion, whoever asks for the one before
    # gets it all the same; after a rollback it would be one too far, and before the first champion there is none.
    stopped = book.alias() == last.before and (last.action == "rollback" or last.before is None)
    if wanted is None and stopped and book.version(current):
        book.follow_ledger()
        return f"An interrupted change is finished: champion is v{current}. Roll back again to go further."
    version = _target(book, moves, wanted)
    target = str(version.version)
    _check(book, version, oracle)
    made_of = _made_of(book, version)  # before the move: what fails after it would be tried again, one champion further
    book.crown(version, "rollback", current, reason)
    if (found := book.alias()) != target:
        raise PipelineError(f"the champion was moved to v{found} meanwhile; see `pipeline history`.")
    marked = (
        f"\nThe model of v{current} will not be promoted again by itself; `pipeline rollback {current}` makes it champion "
        "again and lifts that."
    )
    return (
        f"champion is v{target} again, v{current} was left: {reason}\n"
        f"models:/{NAME}@champion now gives v{target}, {made_of}; its file is the one that was promoted, "
        f"it loads and predicts as it did.{marked if int(target) < int(current) else ''}"
    )


def _made_of(book: Any, version: Any) -> str:
    """Return the numbers that a version's parts have now, or where that cannot be told those on record."""
    from pipelines.record import origins  # noqa: PLC0415  # MLflow, after the oracle has started

    try:
        return lineage.parts(origins.inputs_of(book.client.get_run(version.run_id))).name
    except PipelineError:  # a shallow clone
        return str(version.tags["lineage"])


def _target(book: Any, moves: list[Any], wanted: str | None) -> Any:
    """Return the version to go to, or say why there is none."""
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
    return version


def _before(moves: list[Any], current: str) -> str | None:
    """Return the version that the current champion replaced when it was promoted."""
    for move in moves:
        if move.after == current and move.action == "promote":
            return move.before
    return None


def _check(book: Any, version: Any, oracle: answers.Oracle) -> None:
    """Refuse a version whose files are not those that were promoted, or whose model does not say what it said then."""
    from pipelines.judge import comparable  # noqa: PLC0415  # pandas, after the oracle has started
    from pipelines.record import files  # noqa: PLC0415

    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            book.fetch(version, folder)
            card = files.read_json(folder / "card.json")
            comparable.example_features(card).to_parquet(folder / "examples.parquet")
            found = oracle.ask(folder / "model.skops", folder / "card.json", folder / "examples.parquet")
            expected = np.asarray(card["answers"])
            if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-6):
                raise PipelineError("its model predicts something else than when it was trained")  # noqa: TRY301
    except (PipelineError, OSError) as error:
        raise PipelineError(
            f"v{version.version} cannot be restored: {error}. The champion was not changed; `pipeline rollback "
            "VERSION` takes another one, `pipeline history` lists them."
        ) from None
