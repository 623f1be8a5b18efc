"""Score the champion on the rows since its promotion: it may have decayed, or the world drifted."""

import tempfile
from dataclasses import asdict, dataclass, field
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


@dataclass(frozen=True)
class Champion:
    """Who is watched. `folder` holds model.skops and card.json, unless there is an obstacle."""

    name: str
    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)  # metrics and holdout of its promotion
    predictions: Path = Path()  # CSV of the rows it was examined on, where they have no time
    obstacle: str = ""


def monitor() -> dict[str, Any]:
    """Return what was found, and why it needs attention, by cause; write reports/monitor-CAUSE.md for each."""
    rules, table = load_params().evaluate, flow.path_of("ingest", "1-ingest") / "table.parquet"
    if not tables.is_valid(table, flow.path_of("validate", "2-validate") / "report.json"):
        raise PipelineError(f"{table} did not pass its contract. Run `dvc repro validate`.")
    rows = tables.read(table)
    rows = pd.concat([rows[[*KEY, TARGET]], features.features(rows).set_axis(rows.index)], axis=1)
    with tempfile.TemporaryDirectory() as folder:
        champion = _of_commit(flow.path_of("baseline", "base")) or _registered(Path(folder))
        found = {"champion": champion.name, "metric": rules.metric, **_watched(champion, rows, rules)}
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


def _of_commit(base: Path) -> Champion | None:
    """Return the model that `pipeline base` rebuilt, if no registry remembers a champion."""
    if not (location.missing() and base.exists()):
        return None
    known = files.read_json(base / "identity.json")
    return Champion(known["champion"]["name"], base, known["facts"], base / "predictions.csv")


def _registered(folder: Path) -> Champion:
    """Fetch the champion of the registry; what cannot be fetched is told by its obstacle."""
    with tracking.explained():
        book = registry.Registry(NAME)
        head = book.head()
        if head is None:
            raise Refusal("there is no champion yet, so there is nothing to watch. Run `dvc repro`.")
        name, obstacle = f"v{head}", book.obstacle(head)
        if obstacle:
            return Champion(name, folder, obstacle=obstacle)
        try:
            origin = origins.find(book, head, folder)
            book.fetch(origin.version or origin.run, folder)
            predictions = origins.predictions(origin, folder) if TIME is None else Path()
        except (PipelineError, *tracking.REFUSED) as error:
            book.head()  # a server that is down is no fault of the champion's, and is told as such
            return Champion(name, folder, obstacle=location.shown(str(error).splitlines()[0]))
        return Champion(name, folder, origin.facts, predictions)


def _watched(champion: Champion, rows: pd.DataFrame, rules: Evaluate) -> dict[str, Any]:
    """Score the champion on the rows that are new; one that cannot be scored needs attention for that."""
    found: dict[str, Any] = {"rows": None, "window": None, "loss": None, "drift": {}, "drifted": [], "attention": {}}
    try:
        card, model = _usable(champion, rows)
        new = rows[_since(rows, card, champion)].reset_index(drop=True)
        found |= {"rows": len(new), "window": holdout.window(new, TIME)}
        if new.empty:
            return found
        _check_classes(card, new[TARGET])
        predicted = _predicted(model, new[list(dict(card["features"]))])
    except PipelineError as error:
        return {**found, "attention": {"unusable": str(error).splitlines()[0]}}
    return {**found, **_scored(predicted, card, champion.facts, new, rules)}


def _usable(champion: Champion, rows: pd.DataFrame) -> tuple[dict[str, Any], Any]:
    """Return the champion's card and model, or say why it cannot score these rows."""
    if champion.obstacle:
        raise PipelineError(champion.obstacle)
    card = files.read_json(champion.folder / "card.json")
    model = models.load(champion.folder / "model.skops", TRUSTED_TYPES)
    if obstacle := comparable.obstacle(card, rows, KEY, card["classes"]):
        raise PipelineError(obstacle)
    return card, model


def _check_classes(card: dict[str, Any], truth: pd.Series) -> None:
    """Refuse a class that the champion does not know."""
    unknown = truth[~truth.isin(card["classes"])] if card["classes"] else truth[:0]
    if not unknown.empty:
        raise PipelineError(f"{TARGET} is {unknown.iloc[0]!r} now, the champion knows {card['classes']}")


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


def _since(rows: pd.DataFrame, card: dict[str, Any], champion: Champion) -> np.ndarray:
    """Return True for rows that the champion was neither trained nor examined on; with time, for those after them."""
    unseen = holdout.Split(**card["split"]).held_out(rows, KEY, TIME)
    if TIME is not None:
        return np.asarray(unseen & (rows[TIME] > pd.Timestamp(champion.facts["holdout"]["window"][1])).to_numpy())
    examined = pd.read_csv(champion.predictions, usecols=["row"], dtype=str, keep_default_na=False)
    return unseen & ~np.isin(holdout.labels(rows, KEY), examined["row"])
