"""Score the champion on the rows since its promotion: it may have decayed, or the world drifted."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.dials import Evaluate
from pipelines.entry import load_params
from pipelines.errors import PipelineError, Refusal
from pipelines.judge import comparable, decay, drift, holdout, losses, words
from pipelines.problem import features
from pipelines.problem.model import TRUSTED_TYPES
from pipelines.problem.names import KEY, NAME, TARGET, TIME
from pipelines.record import files, flow, location, models, origins, registry, tables, tracking

CAUSES = ("unusable", "decay", "drift")  # each gets an issue of its own


def monitor() -> dict[str, Any]:
    """Return what was found, and why it needs attention, by cause; write reports/monitor-CAUSE.md for each."""
    rules, table = load_params().evaluate, flow.path_of("ingest", "1-ingest") / "table.parquet"
    if not tables.is_valid(table, flow.path_of("validate", "2-validate") / "report.json"):
        raise PipelineError(f"{table} did not pass its contract. Run `dvc repro validate`.")
    rows = tables.read(table)
    rows = pd.concat([rows[[*KEY, TARGET]], features.features(rows).set_axis(rows.index)], axis=1)
    with tracking.explained(), tempfile.TemporaryDirectory() as folder:
        book = registry.Registry(NAME)
        head = book.head()
        if head is None:
            raise Refusal("there is no champion yet, so there is nothing to watch. Run `dvc repro`.")
        found = {"champion": f"v{head}", "metric": rules.metric, **_watched(book, head, rows, rules, Path(folder))}
    for cause in CAUSES:
        path = files.REPORTS / f"monitor-{cause}.md"
        path.unlink(missing_ok=True)
        if said := found["attention"].get(cause):
            files.write_bytes(path, f"{said}\n\n{text(found)}\n\nWhat to do: docs/operate.md\n".encode())
    return found


def text(found: dict[str, Any]) -> str:
    """Return the answer for people."""
    lines = [f"champion   {found['champion']}"]
    if found["rows"] is not None:
        lines[0] += f", {words.plural(found['rows'], 'row')} since its promotion"
    if found["window"]:
        lines[0] += f", {found['window'][0]} to {found['window'][1]}"
    if loss := found["loss"]:
        now, low, high = (words.figure(loss[name]) for name in ("now", "low", "high"))
        lines.append(f"{found['metric']:10} {now} ({low} to {high}), at promotion {words.figure(loss['then'])}")
        moved = ", ".join(f"{name} {found['drift'][name]:.2f}" for name in found["drifted"])
        lines.append(f"drift      {moved or 'nothing moved'}")
    elif "unusable" not in found["attention"]:
        lines.append(f"{found['metric']:10} too few rows to tell; evaluate.min_rows and min_blocks say how many")
    lines += [f"ATTENTION  {cause}: {said}" for cause, said in found["attention"].items()]
    return "\n".join(lines)


def _watched(book: registry.Registry, head: str, rows: pd.DataFrame, rules: Evaluate, folder: Path) -> dict[str, Any]:
    """Score the champion on the rows that are new; one that cannot be scored needs attention for that."""
    found: dict[str, Any] = {"rows": None, "window": None, "loss": None, "drift": {}, "drifted": [], "attention": {}}
    obstacle = book.obstacle(head)
    try:
        if not obstacle:
            origin = origins.find(book, head, folder)
            book.fetch(origin.version or origin.run, folder)
            card, model = files.read_json(folder / "card.json"), models.load(folder / "model.skops", TRUSTED_TYPES)
            new = rows[_since(rows, card, origin, folder)].reset_index(drop=True)
            found |= {"rows": len(new), "window": holdout.window(new, TIME)}
            obstacle = comparable.obstacle(card, rows, KEY, card["classes"]) or _unknown(card, new[TARGET])
            predicted = None if obstacle or new.empty else _predicted(model, new[list(dict(card["features"]))])
    except (PipelineError, *tracking.REFUSED) as error:
        book.head()  # a server that is down is no fault of the champion's, and is told as such
        obstacle = location.shown(str(error).splitlines()[0])
    if obstacle:
        return {**found, "attention": {"unusable": obstacle}}
    return found if predicted is None else {**found, **_scored(predicted, card, origin.facts, new, rules)}


def _unknown(card: dict[str, Any], truth: pd.Series) -> str:
    """Name a class that the champion does not know, if there is one."""
    unknown = truth[~truth.isin(card["classes"])] if card["classes"] else truth[:0]
    return "" if unknown.empty else f"{TARGET} is {unknown.iloc[0]!r} now, the champion knows {card['classes']}"


def _predicted(model: Any, rows: pd.DataFrame) -> np.ndarray:
    try:
        return models.predict(model, rows)
    except models.UNREADABLE as error:
        raise PipelineError(f"the champion does not predict: {error}") from None


def _scored(
    predicted: np.ndarray, card: dict[str, Any], facts: dict[str, Any], new: pd.DataFrame, rules: Evaluate
) -> dict[str, Any]:
    """Return what there is to say about the champion after these rows; nothing if they are too few."""
    loss = losses.losses(rules.metric, new[TARGET], predicted, card["classes"])
    then = facts["metrics"]["candidate"].get(rules.metric, float("nan"))
    told = decay.decay(then, loss, holdout.blocks(new, KEY, TIME), rules)
    if told is None:
        return {}
    moved = drift.drift(card["profile"], new, holdout.season(new, TIME))
    drifted = [name for name, psi in moved.items() if psi > rules.max_drift]
    attention = {}
    if told.decayed:
        attention["decay"] = (
            f"{rules.metric} is {words.figure(told.now)}, it was {words.figure(told.then)} at promotion"
        )
    if drifted:
        attention["drift"] = f"{', '.join(drifted)} moved from what the champion was trained on"
    return {"loss": asdict(told), "drift": moved, "drifted": drifted, "attention": attention}


def _since(rows: pd.DataFrame, card: dict[str, Any], origin: origins.Origin, folder: Path) -> np.ndarray:
    """Return True for rows that the champion was neither trained nor examined on; with time, for those after them."""
    unseen = holdout.Split(**card["split"]).held_out(rows, KEY, TIME)
    window = origin.facts["holdout"]["window"]
    if TIME is not None and window:
        return np.asarray(unseen & (rows[TIME] > pd.Timestamp(window[1])).to_numpy())
    return unseen & ~np.isin(holdout.labels(rows, KEY), origins.examined(origin, folder))
