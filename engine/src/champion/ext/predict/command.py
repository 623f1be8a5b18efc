"""Let the champion answer for rows as upstream delivers them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from champion.core import flow
from champion.core.documents.model import REFIT
from champion.core.engines import engine
from champion.core.engines.task import ENGINE, Task
from champion.core.errors import PipelineError
from champion.core.problem import Problem, load
from champion.ext.predict import checkpoint, output, storage
from champion.ext.predict.feature_rows import FeatureRows
from champion.ext.predict.inputs import BatchInput
from champion.ext.predict.predictions import Model, predict_part
from champion.ext.predict.raw_rows import RawRows
from champion.registry import beginning, recorded, registry, tracking

PIECES = ("predicted", "set-aside", "reasons")  # of a part; the last is written last


def predict(
    problem: Problem, asked: Path, out: Path, wanted: str | None, *, has_features: bool = False, log: bool = False
) -> str:
    """Write what a version, by default the champion, predicts for the rows of a file or folder; return what was done.

    Rows that cannot be true are written beside, with their reasons. `has_features`: the rows do, and none are made.
    `log`: the predictions are added to the log as well.

    Raises:
        Refusal: if there is no champion yet, or no such version.
        PipelineError: if the rows cannot be read or predicted; then nothing is written, and parts that are done are kept.
    """
    output.check(out)
    engine.check()
    with tempfile.TemporaryDirectory() as scratch:
        fetched = _fetched(problem, wanted, Path(scratch))
        card, table = fetched.card(), flow.path("ingest", "ingested") / "table.parquet"
        given = FeatureRows(problem, asked, card, with_key=log) if has_features else RawRows(problem, asked, table)
        with checkpoint.kept(given.digest(), fetched.name, card.model_sha256) as place:
            if obstacle := given.obstacle(fetched.folder, card):
                raise PipelineError(
                    f"{fetched.name}: {obstacle}. `pipeline lineage {fetched.name}` says how to get back its code, which predicts."
                )
            checkpoint.filled(place / "model", partial(shutil.copytree, fetched.folder, dirs_exist_ok=True))
            tasks = [
                Task(given.reads(part), tuple(place / kind / f"{part.stem}.parquet" for kind in PIECES))
                for part in checkpoint.filled(place / "rows", given.spool)
            ]
            _predict_parts(tasks, replace(fetched, folder=place / "model"), given)
            done = output.write_out(tasks, asked, out, fetched.name)
            if log:
                done += output.log(problem, tasks, table, datetime.now(UTC))
    return done


def _predict_parts(tasks: Sequence[Task], model: Model, given: BatchInput) -> None:
    """Predict the parts that were not predicted before."""
    todo = [task for task in tasks if not task.writes[-1].exists()]
    if len(todo) < len(tasks):
        print(f"{len(tasks) - len(todo)} of {len(tasks)} parts were predicted before it was stopped", file=sys.stderr)
    model.loaded()  # once here, before many processes build the environment that it may need
    done = engine.mapped(partial(predict_part, model=model, given=given), todo)
    with click.progressbar(done, len(todo), "predict", hidden=not sys.stderr.isatty(), file=sys.stderr) as shown:
        for _ in shown:
            pass


def _fetched(problem: Problem, wanted: str | None, folder: Path) -> Model:
    with tracking.explained():
        known = registry.Registry(problem.name)
        number = wanted or known.champion()
        if number is None:
            raise beginning.no_champion()
        candidate = recorded.find(known, number, folder)
        served = known.fetch(candidate.version or candidate.run, folder / "model")
    return Model(problem, candidate.name, folder / "model", refit=served.name == REFIT)


def _check_apart(asked: str, out: str) -> None:
    """Refuse to write over what is asked about, or into the delivery."""
    source, target = (each.rstrip("/") if "://" in each else str(Path(each).resolve()) for each in (asked, out))
    delivery = str(flow.SOURCE.resolve())
    for place in (source, delivery):
        if target == place or target.startswith(f"{place}/"):
            raise PipelineError(
                f"{out} would be written over {asked if place == source else 'the delivery'}. Name another OUT."
            )


@click.command()
@click.argument("asked", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option("--version", "wanted", help="Of the model; by default the champion.")
@click.option(
    "--features",
    "has_features",
    is_flag=True,
    help="IN has features, as `features` makes them, and not upstream's columns.",
)
@click.option(
    "--engine",
    "wanted_engine",
    type=click.Choice(engine.ENGINES),
    help="Who works on the parts; by default PIPELINE_ENGINE says.",
)
@click.option(
    "--log",
    is_flag=True,
    help="Log the predictions in data/predictions: `pipeline monitor` scores them once their target is known.",
)
def command(
    asked: str, out: str, wanted: str | None, wanted_engine: str | None, *, has_features: bool, log: bool
) -> None:
    """Let the champion predict the rows of IN, which are like the delivery; write OUT as CSV or Parquet.

    IN is a file, or a folder of some; both may be addresses such as s3://bucket/rows.csv. Features come from the
    project's own code and its canonical table, so that nothing is computed in two ways. The target of IN may be missing.
    Rows that cannot be true are set aside beside OUT, each with its reason. Who stops it and asks again goes on where it was.
    """
    problem = load()
    _check_apart(asked, out)
    if wanted_engine:
        os.environ[ENGINE] = wanted_engine
    work = partial(predict, problem, wanted=wanted, has_features=has_features, log=log)
    click.echo(storage.with_files(asked, out, work))
