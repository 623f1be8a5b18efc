"""Run the pipeline's own stages as of many days of the past, up to where candidates are compared."""

import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from pipelines import files, interface, naive, own_loss
from pipelines.columns import UNIT
from pipelines.config import Params
from pipelines.documents.model import CARD, MODEL, REFIT, ModelCard
from pipelines.documents.replay import ReplayStep
from pipelines.engines import task
from pipelines.errors import PipelineError
from pipelines.evaluation import losses
from pipelines.evaluation.decay import by_day
from pipelines.evaluation.holdout import blocks
from pipelines.problem.names import TARGET, TIME
from pipelines.record import models, tables
from pipelines.replay.made import DONE, ROWS, STEP, Made
from pipelines.stages.features import features
from pipelines.stages.ingest import ingest
from pipelines.stages.scoring import candidate_answers
from pipelines.stages.serving import Trained, served
from pipelines.stages.train import train

PARTS = ("training.parquet", "holdout.parquet")


def workers(count: int) -> ProcessPoolExecutor:
    """Return processes that are quiet, and fit with one thread each, as the stage train does."""
    return ProcessPoolExecutor(count, get_context("spawn"), _begin)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts is told once, by the process that waits
    os.environ |= {
        "OMP_NUM_THREADS": "1",
        task.WORKERS: "1",
        task.ENGINE: "local",
    }  # days are worked on side by side already
    sys.stdout = io.StringIO()


def make(
    folder: Path, source: Path, wanted: list[date], params: Params, pool: ProcessPoolExecutor
) -> list[ReplayStep | Made]:
    """Make the candidate of each day; what was made before is not made again. A day that stops is told as a step."""
    places = {day: folder / day.isoformat() for day in wanted}
    todo = {day: place for day, place in places.items() if not (place / STEP).exists()}
    _all(pool, [partial(_prepare, place, source, day, params) for day, place in todo.items()], "deliveries")
    going = [place for place in places.values() if not ReplayStep.read(place / STEP).stopped]
    _newest_rows(going)
    missing = [number for number, place in enumerate(going) if not (place / DONE).exists()]
    _all(pool, [partial(_fit, going[each], going[each + 1 :], params) for each in missing], "candidates")
    steps = {place: ReplayStep.read(place / STEP) for place in places.values()}
    return [step if step.stopped else Made(place) for place, step in steps.items()]


def _all(pool: ProcessPoolExecutor, todo: Sequence[Callable[[], None]], label: str) -> None:
    """Wait for all, or if one fails for none."""
    hidden = not (todo and sys.stderr.isatty())
    try:
        with click.progressbar(length=len(todo), label=label, file=sys.stderr, hidden=hidden) as bar:
            for done in as_completed([pool.submit(each) for each in todo]):
                done.result()
                bar.update(1)
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise


def _stopped(folder: Path, day: str, work: Callable[[], ReplayStep]) -> None:
    """Write what came of a step; a mistake that stops the pipeline as of that day is a result."""
    try:
        step = work()
    except PipelineError as error:
        step = ReplayStep(as_of=day, stopped=str(error).replace(f"{folder}/", ""))
    except Exception as error:
        if not (message := interface.blamed(error)):
            raise
        step = ReplayStep(as_of=day, stopped=message)
    step.write(folder / STEP)


def _prepare(folder: Path, source: Path, day: date, params: Params) -> None:
    """Run ingest, validate and features as of a day."""

    def work() -> ReplayStep:
        from pipelines.stages.validate import validate  # noqa: PLC0415  # Great Expectations costs seconds

        ingested, validation = folder / "ingested", folder / "validation"
        ingest(source, ingested, params.ingest.model_copy(update={"as_of": day}))
        validate(ingested, validation, params.contract)
        table, report, split = ingested / "table.parquet", validation / "report.json", folder / "split.json"
        features(table, report, folder / PARTS[0], folder / PARTS[1], split, params.features)
        return ReplayStep(as_of=day.isoformat())

    shutil.rmtree(folder, ignore_errors=True)
    _stopped(folder, day.isoformat(), work)
    for name in ("ingested", "validation"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _newest_rows(folders: list[Path]) -> None:
    """Keep of each table what somebody is asked about: the holdout, and the rows since the step before."""
    last = None
    for folder in folders:
        if (folder / ROWS).exists():
            last = tables.read(folder / ROWS)[TIME].max()
            continue
        training, holdout = (tables.read(folder / name) for name in PARTS)
        since = training[training[TIME] > last] if last is not None else training[:0]
        rows = pd.concat([since, holdout], ignore_index=True)
        tables.write(rows, folder / ROWS)
        last = rows[TIME].max()


def _fit(folder: Path, later: list[Path], params: Params) -> None:
    """Train the candidate of a step, measure it, and let it answer for all rows that came later."""
    day, stored = ReplayStep.read(folder / STEP).as_of, {}

    def work() -> ReplayStep:
        training, holdout = (folder / name for name in PARTS)
        model, card, refit = folder / MODEL, folder / CARD, folder / REFIT
        train(training, holdout, folder / "split.json", model, card, refit, params.train)
        past, held, trained = tables.read(training), tables.read(holdout), Trained.read(model, card, refit)
        ours, asked = trained.card, {each.name: tables.read(each / ROWS) for each in later}
        shipped = served(trained, past, held, params.evaluate)
        usual, classes = naive.answers(ours.columns, past, held)
        stored["candidate"] = candidate_answers(trained.judged, ours, held).predicted
        stored["naive"], stored["naive_classes"] = usual, np.array(classes or [])
        stored.update(_usual(ours, past, [held, *asked.values()], params))
        for name, fitted in (("judged", trained.judged), ("refit", trained.refitted)):
            if fitted is not None:
                answers = zip(asked, _answers(fitted, ours, list(asked.values())), strict=True)
                stored.update({f"{name} {each}": answer for each, answer in answers})
        return ReplayStep(
            as_of=day, rows=ours.rows, shipped_sha256=shipped.sha256, model_mb=shipped.mb,
            rows_per_second=shipped.rows_per_second, unlike=shipped.unlike,
        )  # fmt: skip

    _stopped(folder, day, work)
    with files.replacing(folder / DONE) as place, place.open("wb") as file:  # last: then all of it is there
        np.savez(file, **stored)  # type: ignore[arg-type]  # a name could be that of a parameter
    shutil.rmtree(folder / PARTS[0], ignore_errors=True)  # where rows come in parts, a folder
    for path in (folder / PARTS[0], folder / MODEL, folder / REFIT / MODEL):
        path.unlink(missing_ok=True)


def _answers(model: BaseEstimator, card: ModelCard, asked: list[pd.DataFrame]) -> Iterator[np.ndarray]:
    """Let a model answer for several tables, all at once where their columns are of the same types."""
    if not asked:
        return
    kinds = asked[0][card.columns].dtypes
    if not all(each[card.columns].dtypes.equals(kinds) for each in asked):
        yield from (models.predict(model, each[card.columns]) for each in asked)
        return
    together = pd.concat([each[card.columns] for each in asked], ignore_index=True)
    ends = np.cumsum([len(each) for each in asked])[:-1]
    yield from np.split(models.predict(model, together), ends)


def _usual(card: ModelCard, past: pd.DataFrame, later: list[pd.DataFrame], params: Params) -> dict[str, np.ndarray]:
    """Return what each day costs the naive model, before and after it was fitted."""
    parts, last = [past], past[TIME].max()
    for each in later:
        parts.append(each[each[TIME] > last])
        last = max(last, each[TIME].max())
    rows = pd.concat(parts, ignore_index=True)
    predicted, classes = naive.answers(card.columns, past, rows)
    told = own_loss.settings(rows, params.evaluate)
    costs = losses.losses(params.evaluate.metric, rows[TARGET], predicted, classes, told).by_row
    usual = by_day(costs, blocks(rows, UNIT, TIME), told.weights)
    return {"usual": usual.to_numpy(), "days": usual.index.to_numpy()}
