"""Rebuild a version from what is on record, and compare."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.judge import losses
from pipelines.problem.names import NAME, TARGET
from pipelines.record import answers, files, lineage, origins, registry, tables, tracking
from pipelines.record.replica import Replica, replica


def reproduce(wanted: str, *, fresh: bool, say: Callable[[str], None]) -> bool:
    """Train a version again in a copy of the project as it was then; return whether it came out the same.

    `fresh` builds the recorded environment first. Nothing is changed here.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        with tracking.explained():
            book = registry.Registry(NAME)
            origin = origins.find(book, wanted, Path(folder))
            book.fetch(origin.version or origin.run, kept)
        _say_environment(origin, fresh, say)
        with replica(origin) as copy:
            say(f"code         {origin.facts['code']['version']}, commit {origin.commit[:12]}")
            copy.configure(origin)
            copy.fill(origin)
            say(f"data         {origin.facts['data']['version']} ({origin.inputs.data[:12]})")
            if note := copy.equip(origin, build=fresh):
                say(f"environment  {note}")
            copy.repro("features", "train", cached=False)
            return _compare(copy, origin, kept, say)


def _say_environment(origin: origins.Origin, fresh: bool, say: Callable[[str], None]) -> None:
    same = origin.inputs.environment == lineage.environment()
    if fresh:
        say("environment  is being built from the recorded lock")
    elif same:
        say("environment  the recorded one")
    else:
        say("environment  NOT the recorded one; --fresh-env builds that. Predictions may differ in the last digits")


def _compare(copy: Replica, origin: origins.Origin, kept: Path, say: Callable[[str], None]) -> bool:
    """Compare holdout, model bytes, predictions and metrics with what was recorded."""
    split = files.read_json(copy.path("features", "split.json"))
    if split["holdout_sha256"] != origin.tags["holdout"]:
        say(f"holdout      DIFFERENT, so the rest cannot be compared: {origin.name} was not reproduced")
        return False
    model, card = copy.path("train", "model.skops"), copy.path("train", "card.json")
    expected_digest = origin.tags["model_sha256"]
    same_bytes = files.sha256(model) == expected_digest
    say(
        f"model        {'identical to the byte' if same_bytes else 'other bytes than recorded'}, {expected_digest[:12]}"
    )
    rows = copy.path("features", "holdout.parquet")
    found = answers.Oracle(copy.programs).ask(model, card, rows)
    expected = answers.Oracle(copy.programs).ask(kept / "model.skops", kept / "card.json", rows)
    furthest = float(np.max(np.abs(found - expected)))
    said = "identical" if furthest == 0 else f"differ by up to {furthest:.3g}"
    say(f"predictions  {said} on {len(expected):,} holdout rows")
    scores = losses.metrics(tables.read(rows)[TARGET], found, files.read_json(card)["classes"])
    recorded = origin.facts["metrics"]["candidate"]
    moved = {name: (recorded[name], score) for name, score in scores.items() if recorded.get(name) not in (None, score)}
    if len(expected) == origin.facts["holdout"]["rows"]:  # else the champion had seen some, and the rest was judged
        said = ", ".join(f"{name} {old:g} → {new:g}" for name, (old, new) in moved.items()) or "identical"
        say(f"metrics      {said}")
    same = same_bytes and furthest == 0
    say(f"{origin.name} {'was reproduced exactly' if same else 'came out DIFFERENTLY'}")
    return same
