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

from champion.core import files, flow, interface, models, tables
from champion.core.config import Params
from champion.core.documents.model import MODEL, REFIT, ModelCard
from champion.core.documents.replay import ReplayStep
from champion.core.engines import task
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.core.records import Divided, Trained
from champion.core.stage import run_between
from champion.evaluate import naive
from champion.evaluate.evaluate import candidate
from champion.ext.replay.made import DONE, ROWS, STEP, Made
from champion.metrics import scores


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
    problem: Problem, folder: Path, source: Path, wanted: list[date], params: Params, pool: ProcessPoolExecutor
) -> list[ReplayStep | Made]:
    """Make the candidate of each day; what was made before is not made again. A day that stops is told as a step."""
    places = {day: folder / day.isoformat() for day in wanted}
    todo = {day: place for day, place in places.items() if not (place / STEP).exists()}
    _all(pool, [partial(_prepare, problem, place, source, day, params) for day, place in todo.items()], "deliveries")
    going = [place for place in places.values() if not ReplayStep.read(place / STEP).stopped]
    _newest_rows(problem, going)
    missing = [number for number, place in enumerate(going) if not (place / DONE).exists()]
    _all(
        pool, [partial(_fit, problem, going[each], going[each + 1 :], source, params) for each in missing], "candidates"
    )
    steps = {place: ReplayStep.read(place / STEP) for place in places.values()}
    return [step if step.stopped else Made(problem, place) for place, step in steps.items()]


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


def _prepare(problem: Problem, folder: Path, source: Path, day: date, params: Params) -> None:
    """Run the stages before train as of a day, and keep what the last of them divided."""

    def work() -> ReplayStep:
        ingest = params.ingest.model_copy(update={"as_of": day})
        *before, _ = flow.between("ingest", "train")
        run_between("ingest", before[-1], problem, params.model_copy(update={"ingest": ingest}), folders)
        return ReplayStep(as_of=day.isoformat())

    shutil.rmtree(folder, ignore_errors=True)
    folders = _folders(folder, source)
    _stopped(folder, day.isoformat(), work)
    for name, place in folders.items():
        if name not in ("source", _divider()):
            shutil.rmtree(place, ignore_errors=True)


def _folders(folder: Path, source: Path) -> dict[str, Path]:
    """Return where the stages of a step keep their results."""
    return {"source": source, **{name: folder / name for name in flow.between("ingest", "train")}}


def _divider() -> str:
    """Return the stage whose rows train gets."""
    giver = flow.giver("Divided", "train")
    return giver.name if giver else "features"


def _newest_rows(problem: Problem, folders: list[Path]) -> None:
    """Keep of each table what somebody is asked about: the holdout, and the rows since the step before."""
    last = None
    for folder in folders:
        if (folder / ROWS).exists():
            last = tables.read(folder / ROWS)[problem.time].max()
            continue
        divided = Divided.read(folder / _divider())
        training, holdout = divided.training.rows, divided.holdout.rows
        since = training[training[problem.time] > last] if last is not None else training[:0]
        rows = pd.concat([since, holdout], ignore_index=True)
        tables.write(rows, folder / ROWS)
        last = rows[problem.time].max()


def _fit(problem: Problem, folder: Path, later: list[Path], source: Path, params: Params) -> None:
    """Train the candidate of a step, measure it, and let it answer for all rows that came later."""
    day, stored, folders = ReplayStep.read(folder / STEP).as_of, {}, _folders(folder, source)

    def work() -> ReplayStep:
        run_between("train", "train", problem, params, folders)
        divided, trained = Divided.read(folders[_divider()]), Trained.read(folders["train"])
        past, held, ours = divided.training.rows, divided.holdout.rows, trained.judged.card
        asked = {each.name: tables.read(each / ROWS) for each in later}
        judged = candidate(problem, trained, divided, params.evaluate, validated=True)
        usual, classes = naive.answers(problem, ours.columns, past, held)
        stored["candidate"] = judged.answers.predicted
        stored["naive"], stored["naive_classes"] = usual, np.array(classes or [])
        stored.update(_usual(problem, ours, past, [held, *asked.values()], params))
        for name, model in (("judged", trained.judged), ("refit", trained.refit)):
            if model is not None:
                fitted = model.load(problem.model.TRUSTED_TYPES)
                answers = zip(asked, _answers(fitted, ours, list(asked.values())), strict=True)
                stored.update({f"{name} {each}": answer for each, answer in answers})
        shipped = judged.shipped
        return ReplayStep(
            as_of=day, rows=ours.rows, shipped_sha256=shipped.sha256, model_mb=shipped.mb,
            rows_per_second=shipped.rows_per_second, unlike=shipped.unlike,
        )  # fmt: skip

    _stopped(folder, day, work)
    with files.replacing(folder / DONE) as place, place.open("wb") as file:  # last: then all of it is there
        np.savez(file, **stored)  # type: ignore[arg-type]  # a name could be that of a parameter
    shutil.rmtree(folders[_divider()], ignore_errors=True)
    for path in (folders["train"] / MODEL, folders["train"] / REFIT / MODEL):
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


def _usual(
    problem: Problem, card: ModelCard, past: pd.DataFrame, later: list[pd.DataFrame], params: Params
) -> dict[str, np.ndarray]:
    """Return what each day costs the naive model, before and after it was fitted."""
    parts, last = [past], past[problem.time].max()
    for each in later:
        parts.append(each[each[problem.time] > last])
        last = max(last, each[problem.time].max())
    rows = pd.concat(parts, ignore_index=True)
    predicted, classes = naive.answers(problem, card.columns, past, rows)
    usual = scores.daily(problem, params.evaluate, rows, predicted, classes)
    return {"usual": usual.to_numpy(), "days": usual.index.to_numpy()}
