"""Score the champion on the rows since its promotion: it may have decayed, or the world drifted."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import click
import numpy as np
import pandas as pd

from champion.core import files, flow, pictures, tables, words
from champion.core.config import Params, load_params
from champion.core.documents.data import ValidationReport
from champion.core.documents.evaluation import ChampionIdentity, HoldoutRows, Metrics
from champion.core.documents.model import CARD, ModelCard
from champion.core.documents.monitor import Cause, Challenger, Monitor
from champion.core.errors import ATTENTION, FINE, ChampionUnknown, ChampionUnusable, PipelineError, RegistryUnavailable
from champion.core.problem import Problem, load
from champion.core.rows import labels, window
from champion.core.words import percent
from champion.evaluate import verdicts
from champion.features.rows import rows_of
from champion.lineage import dvc, environments, own_features
from champion.metrics import losses, scores
from champion.metrics.decay import WINDOW
from champion.monitor import prediction_log, shadow, watch
from champion.registry import beginning, disagreement, mlflow_uri, recorded, registry, tracking


@dataclass(frozen=True)
class Champion:
    """Who is watched. `folder` holds model.skops and card.json, unless there is an obstacle."""

    name: str
    folder: Path
    metrics: Metrics = field(default_factory=dict)  # of its promotion
    holdout: HoldoutRows | None = None  # the rows it was judged on
    predictions: Path = Path()  # CSV of those rows, where they have no time
    obstacle: str = ""
    disagreements: Mapping[Cause, str] = field(default_factory=dict)  # of alias and ledger


def monitor(problem: Problem, challenger: str | None = None) -> Monitor:
    """Return how the champion does, and why it needs attention, by cause; write reports/monitor-CAUSE.md for each.

    `challenger` is a version, a run, or `latest`: a candidate that is scored beside it.

    Raises:
        PipelineError: if the table is not there, or did not pass its contract.
        Refusal: if there is no champion yet, or no such challenger.
        RegistryUnavailable: if the registry cannot be asked.
    """
    params, table = load_params(), flow.path("ingest", "ingested") / "table.parquet"
    report = ValidationReport.read(flow.path("validate", "validation") / "report.json")
    if not table.exists():
        raise PipelineError(f"{table} is not there: ingest failed. Run `dvc repro validate`.")
    if not report.holds_for(files.sha256(table)):
        raise PipelineError(f"{table} did not pass its contract. Run `dvc repro validate`.")
    rows = tables.read(table)
    rows = tables.as_stored(rows_of(problem, rows))
    with tempfile.TemporaryDirectory() as folder:
        champion = _stand_in(flow.path("baseline", "stand-in")) or _registered(problem, Path(folder))
        watched, moved = _watched(problem, champion, rows, table, params)
        if challenger:
            beside = _beside(problem, challenger, champion, rows, table, params)
            watched = watched.model_copy(update={"challenger": beside})
    attention = {**watched.attention, **champion.disagreements}
    told = {
        "attention": attention,
        "stale": dvc.stale("validate"),
        "logged": prediction_log.scored(problem, rows, params.evaluate),
    }
    watched = watched.model_copy(update=told)
    for cause in get_args(Cause):
        path = files.REPORTS / f"monitor-{cause}.md"
        path.unlink(missing_ok=True)
        if why := watched.attention.get(cause):
            files.write_bytes(path, f"{why}\n\n{text(watched)}\n\nWhat to do: docs/operate.md\n".encode())
    _draw(moved, files.REPORTS / "monitor-moved.png")
    return watched


def _draw(moved: watch.Moved, place: Path) -> None:
    """Draw the columns that moved, then and now; no picture if none did."""
    place.unlink(missing_ok=True)
    if moved:
        from champion.report import moved as report  # noqa: PLC0415  # matplotlib

        pictures.save(report.picture(moved), place)


def text(watched: Monitor) -> str:
    """Return the answer for people."""
    lines = [f"champion   {watched.champion}"]
    if watched.rows is not None:
        lines[0] += f", {words.plural(watched.rows, 'row')} since its promotion"
    if watched.window:
        lines[0] += f", {watched.window[0]} to {watched.window[1]}"
    if watched.stale:
        lines.append(f"table      out of date ({', '.join(watched.stale)}): `dvc repro validate`, then ask again")
    if watched.features_note:
        lines.append(f"features   {watched.features_note}")
    if unknown := verdicts.unknown_classes(watched.unknown_classes):
        lines.append(f"classes    {unknown}")
    if loss := watched.loss:
        now, low, high, then = map(words.figure, (loss.now, loss.low, loss.high, loss.then))
        newest = f" in its newest {WINDOW} days" if watched.window else ""
        lines.append(f"{watched.metric:10} {now} ({low} to {high}){newest}, at promotion {then}")
        moved = (
            f"{name} {watched.drift[name]:.2f} (predictions by {percent(watched.effects[name])})"
            for name in watched.drifted
        )
        lines.append(f"drift      {', '.join(moved) or 'nothing moved'}")
        lines += ["           reports/monitor-moved.png shows then and now"] if watched.drifted else []
    elif "unusable" not in watched.attention:
        lines.append(f"{watched.metric:10} too few rows to tell; evaluate.min_rows and min_blocks say how many")
    lines += [f"logged     {prediction_log.said(each, watched.metric)}" for each in watched.logged]
    lines += [f"challenger {line}" for line in _challenger(watched)]
    lines += [f"ATTENTION  {cause}: {why}" for cause, why in watched.attention.items()]
    return "\n".join(lines)


def _challenger(watched: Monitor) -> list[str]:
    """Say how the candidate in shadow does, and whether that is proven."""
    beside = watched.challenger
    if beside is None:
        return []
    ours, theirs = words.figure(beside.loss), words.figure(beside.champion_loss)
    head = (
        f"{beside.name}, {watched.metric} {ours} beside the champion's {theirs} on {words.plural(beside.days, 'day')}"
    )
    if beside.gain_low is None or beside.gain_high is None:
        return [f"{head} that neither was fitted to: too few to tell"]
    said = "no difference is proven yet"
    if beside.gain_low > 0:
        said = f"proven better, it saves at least {percent(beside.gain_low)} a day"
    elif beside.gain_high < 0:
        said = f"proven worse, it adds at least {percent(-beside.gain_high)} a day"
    return [f"{head} that neither was fitted to", f"{said}; this may be asked each day"]


def _beside(
    problem: Problem, wanted: str, champion: Champion, rows: pd.DataFrame, table: Path, params: Params
) -> Challenger:
    """Score a candidate on record beside the champion."""
    if champion.obstacle:
        raise ChampionUnusable(champion.obstacle)
    with tempfile.TemporaryDirectory() as name, tracking.explained():
        folder, known = Path(name) / "challenger", registry.Registry(problem.name)
        candidate = recorded.find(known, recorded.latest(known) if wanted == "latest" else wanted, Path(name))
        known.fetch(candidate.version or candidate.run, folder)
        return shadow.compared(problem, candidate.name, champion.folder, folder, rows, table, params.evaluate)


def _stand_in(folder: Path) -> Champion | None:
    """Return the model that `pipeline champion-from` rebuilt, if no registry remembers a champion."""
    if not (mlflow_uri.missing() and folder.exists()):
        return None
    known = ChampionIdentity.read(folder / "identity.json")
    if known.unknown:
        raise ChampionUnknown(f"it cannot be told who is champion: {known.unknown}")
    if known.champion is None:
        return None
    return Champion(known.champion.name, folder, known.metrics, known.holdout, folder / "predictions.csv")


def _registered(problem: Problem, folder: Path) -> Champion:
    """Fetch the champion of the registry; what cannot be fetched is told by its obstacle."""
    with tracking.explained():
        known = registry.Registry(problem.name)
        number = known.champion()
        if number is None:
            raise beginning.no_champion()
        disagreements = disagreement.told(known, number)
        if obstacle := known.obstacle(number):
            return Champion(f"v{number}", folder, obstacle=obstacle, disagreements=disagreements)
        try:
            candidate = recorded.find(known, number, folder)
            known.fetch(candidate.version or candidate.run, folder)
            predictions = recorded.predictions(candidate, folder) if problem.time is None else Path()
        except ChampionUnusable as error:
            why = mlflow_uri.shown(str(error).splitlines()[0])
            return Champion(f"v{number}", folder, obstacle=why, disagreements=disagreements)
    made_of = candidate.provenance
    return Champion(f"v{number}", folder, made_of.metrics, made_of.holdout, predictions, disagreements=disagreements)


def _watched(
    problem: Problem, champion: Champion, rows: pd.DataFrame, table: Path, params: Params
) -> tuple[Monitor, watch.Moved]:
    """Score the champion on the rows that are new; one that cannot be scored needs attention for that."""
    watched = Monitor(champion=champion.name, metric=params.evaluate.loss)
    try:
        card = _card(champion)
        held = scores.unseen(problem, card.split, rows)
        since = _since(problem, rows, held, champion)
        asked = since if problem.time is None else held  # days that it was judged on are its past
        shown = own_features.shown_to(problem, champion.folder, card, rows[asked], rows[~asked], table)
        new = since[asked]
        answers = environments.answers(champion.folder, card, shown.rows, new)
        unseen = watch.Unseen(champion.folder, card, rows[~held], shown.rows, answers, new)
        unknown = losses.unknown_classes(unseen.new[problem.target], card.classes)
        told = {"rows": len(unseen.new), "window": window(unseen.new, problem.time), "unknown_classes": unknown}
        watched = watched.model_copy(update=told)
        if unseen.new.empty:
            return watched, {}
    except RegistryUnavailable:
        raise
    except PipelineError as error:
        return watched.model_copy(update={"attention": {"unusable": str(error).splitlines()[0]}}), {}
    then = champion.metrics["candidate"].get(params.evaluate.metric, float("nan"))
    watched = watched.model_copy(update={"features_note": shown.note})
    watched = watch.with_loss(problem, watched, then, unseen, rows, params.evaluate)
    if watched.loss is None:
        return watched, {}
    return watch.with_drift(problem, watched, unseen, params.evaluate, params.contract.drift_days)


def _card(champion: Champion) -> ModelCard:
    if champion.obstacle:
        raise ChampionUnusable(champion.obstacle)
    return ModelCard.read(champion.folder / CARD)


def _since(problem: Problem, rows: pd.DataFrame, held: np.ndarray, champion: Champion) -> np.ndarray:
    """Return True for rows, of those `held` out, that the champion was not judged on; with time, for those after them."""
    if problem.time is not None and champion.holdout is not None and champion.holdout.window is not None:
        return np.asarray(held & (rows[problem.time] > pd.Timestamp(champion.holdout.window[1])).to_numpy())
    judged = pd.read_csv(champion.predictions, usecols=["row"], dtype=str, keep_default_na=False)
    return held & ~np.isin(labels(rows, problem.row), judged["row"])


@click.command()
@click.option("--challenger", metavar="VERSION|RUN|latest", help="Score a candidate on record beside it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(challenger: str | None, as_json: bool) -> int:
    """Score the champion on the rows since its promotion. Exit 2 on decay, drift, or if it cannot be used."""
    problem = load()
    watched = monitor(problem, challenger)
    click.echo(watched.model_dump_json(indent=2) if as_json else text(watched))
    return ATTENTION if watched.attention else FINE
