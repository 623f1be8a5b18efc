"""Score the champion on the rows since its promotion: it may have decayed, or the world drifted."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.entry import load_params
from pipelines.errors import PipelineError, Refusal
from pipelines.judge import comparable, decay, drift, holdout, losses, words
from pipelines.judge.rules import Evaluate
from pipelines.problem import features
from pipelines.problem.model import TRUSTED_TYPES
from pipelines.problem.names import KEY, NAME, TARGET, TIME
from pipelines.record import files, flow, models, origins, registry, tables, tracking

CAUSES = ("unusable", "decay", "drift")  # each gets an issue of its own


def monitor() -> dict[str, Any]:
    """Return what was found, and why it needs attention, by cause; write reports/monitor-CAUSE.md for each."""
    rules, table = load_params().evaluate, flow.path_of("ingest", "1-ingest") / "table.parquet"
    if not tables.is_valid(table, flow.path_of("validate", "2-validate") / "report.json"):
        raise PipelineError(f"{table} did not pass its contract. Run `dvc repro validate`.")
    with tracking.explained(), tempfile.TemporaryDirectory() as folder:
        book = registry.Registry(NAME)
        head = book.head()
        if head is None:
            raise Refusal("there is no champion yet, so there is nothing to watch. Run `dvc repro`.")
        origin = origins.find(book, head, Path(folder))
        book.fetch(origin.version or origin.run, Path(folder))
        found = _scored(Path(folder), origin.facts, tables.read(table), rules)
    found = {"champion": origin.name, "metric": rules.metric, **found}
    for cause in CAUSES:
        path = files.REPORTS / f"monitor-{cause}.md"
        path.unlink(missing_ok=True)
        if said := found["attention"].get(cause):
            files.write_bytes(path, f"{said}\n\n{text(found)}\n\nWhat to do: docs/operate.md\n".encode())
    return found


def text(found: dict[str, Any]) -> str:
    """Return the answer for people."""
    lines = [f"champion   {found['champion']}, {words.plural(found['rows'], 'row')} since its promotion"]
    if found["window"]:
        lines[0] += f", {found['window'][0]} to {found['window'][1]}"
    if loss := found["loss"]:
        now, low, high = (words.figure(loss[name]) for name in ("now", "low", "high"))
        lines.append(f"{found['metric']:10} {now} ({low} to {high}), at promotion {words.figure(loss['then'])}")
    else:
        lines.append(f"{found['metric']:10} too few rows to tell; evaluate.min_rows and min_blocks say how many")
    moved = ", ".join(f"{name} {psi:.2f}" for name, psi in found["drift"].items() if name in found["drifted"])
    lines.append(f"drift      {moved or 'nothing moved'}")
    lines += [f"ATTENTION  {cause}: {said}" for cause, said in found["attention"].items()]
    return "\n".join(lines)


def _scored(folder: Path, facts: dict[str, Any], table: pd.DataFrame, rules: Evaluate) -> dict[str, Any]:
    """Score the champion in a folder on the rows of a table that came after those it was promoted on."""
    card = files.read_json(folder / "card.json")
    rows = pd.concat([table[[*KEY, TARGET]], features.features(table).set_axis(table.index)], axis=1)
    recent = _since(rows, card, facts)
    new = rows[recent].reset_index(drop=True)
    found: dict[str, Any] = {"rows": len(new), "window": holdout.window(new, TIME), "loss": None, "drift": {}}
    found |= {"drifted": [], "attention": {}}
    if obstacle := comparable.obstacle(card, rows, KEY, card["classes"]):
        return {**found, "attention": {"unusable": obstacle}}
    if new.empty:
        return found
    predicted = models.predict(models.load(folder / "model.skops", TRUSTED_TYPES), new[list(dict(card["features"]))])
    loss = losses.losses(rules.metric, new[TARGET], predicted, card["classes"])
    then = facts["metrics"]["candidate"].get(rules.metric, float("nan"))
    told = decay.decay(then, loss, holdout.blocks(new, KEY, TIME), rules)
    moved = drift.drift(card["profile"], new, holdout.season(new, TIME)) if told else {}
    drifted = [name for name, psi in moved.items() if psi > rules.max_drift]
    attention = {}
    if told and told.decayed:
        attention["decay"] = (
            f"{rules.metric} is {words.figure(told.now)}, it was {words.figure(told.then)} at promotion"
        )
    if drifted:
        attention["drift"] = f"{', '.join(drifted)} moved from what the champion was trained on"
    return {**found, "loss": asdict(told) if told else None, "drift": moved, "drifted": drifted, "attention": attention}


def _since(rows: pd.DataFrame, card: dict[str, Any], facts: dict[str, Any]) -> np.ndarray:
    """Return True for rows that the champion was not trained on and, with time, that came after its promotion."""
    unseen = holdout.Split(**card["split"]).held_out(rows, KEY, TIME)
    if TIME is None or not facts["holdout"]["window"]:
        return unseen
    later = rows[TIME] > pd.Timestamp(facts["holdout"]["window"][1])
    return np.asarray(unseen & later.to_numpy())
