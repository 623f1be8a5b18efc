"""Let the champion answer for rows as upstream delivers them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from pipelines.batch import output, storage, work
from pipelines.batch.answers import Model, answer
from pipelines.batch.ready import Featured
from pipelines.batch.rows import Delivered, Question
from pipelines.engines.engine import ENGINES, mapped
from pipelines.engines.task import ENGINE, Task
from pipelines.problem.names import NAME
from pipelines.rebuild import recorded, served
from pipelines.record import beginning, dvc, registry, tracking


def predict(asked: Path, out: Path, wanted: str | None, *, has_features: bool = False, keep: bool = False) -> str:
    """Write the answers of a version, by default the champion, to the rows of a file or folder; return what was done.

    Rows that cannot be true are written beside, with their reasons. `has_features`: the rows do, and none are made.
    Parts that were answered before it was stopped are not answered again. `keep`: the answers stay in data/served as well.

    Raises:
        Refusal: if there is no champion yet, or no such version.
        PipelineError: if the rows cannot be read, or not be answered; then nothing is written.
    """
    output.check(out)
    with tempfile.TemporaryDirectory() as scratch:
        fetched = _model(wanted, Path(scratch))
        card = fetched.card()
        table = dvc.path("ingest", "ingested") / "table.parquet"
        question = Featured(asked, card) if has_features else Delivered(asked, table)
        with work.folder(question.digest(), fetched.name, card.model_sha256) as place:
            work.once(place / "model", partial(shutil.copytree, fetched.folder, dirs_exist_ok=True))
            model = Model(fetched.name, place / "model")
            spooled = work.once(place / "rows", question.spool)
            tasks = [Task(question.reads(part), _pieces(place, part.stem)) for part in spooled]
            _answer(tasks, model, question)
            if keep:
                served.keep([task.writes[0] for task in tasks if task.writes[0].exists()], datetime.now(UTC))
            return output.together(tasks, asked, out, model.name)


def _pieces(place: Path, part: str) -> tuple[Path, ...]:
    return tuple(place / kind / f"{part}.parquet" for kind in ("told", "aside", "reasons"))


def _answer(tasks: Sequence[Task], model: Model, question: Question) -> None:
    """Answer the parts that are not answered yet."""
    todo = [task for task in tasks if not task.writes[-1].exists()]
    if len(todo) < len(tasks):
        print(f"{len(tasks) - len(todo)} of {len(tasks)} parts were answered before it was stopped", file=sys.stderr)
    model.loaded()  # once here, before many processes build the environment that it may need
    done = mapped(partial(answer, model=model, question=question), todo)
    with click.progressbar(done, len(todo), "predict", hidden=not sys.stderr.isatty(), file=sys.stderr) as shown:
        for _ in shown:
            pass


def _model(wanted: str | None, folder: Path) -> Model:
    with tracking.explained():
        known = registry.Registry(NAME)
        number = wanted or known.champion()
        if number is None:
            raise beginning.no_champion()
        candidate = recorded.find(known, number, folder)
        return Model(candidate.name, known.fetch(candidate.version or candidate.run, folder / "model"))


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
@click.option("--engine", type=click.Choice(ENGINES), help="Who works on the parts; by default PIPELINE_ENGINE says.")
@click.option(
    "--keep",
    is_flag=True,
    help="Keep the answers in data/served: `pipeline monitor` scores them once the truth has come.",
)
def command(asked: str, out: str, wanted: str | None, engine: str | None, *, has_features: bool, keep: bool) -> None:
    """Let the champion predict the rows of IN, which are like the delivery; write OUT as CSV or Parquet.

    IN is a file, or a folder of some; both may be addresses such as s3://bucket/rows.csv. Features come from the
    project's own code and its canonical table, so that nothing is computed in two ways. The target of IN may be missing.
    Rows that cannot be true are set aside beside OUT, each with its reason. Who stops it and asks again goes on where it was.
    """
    if engine:
        os.environ[ENGINE] = engine
    work_on = partial(predict, wanted=wanted, has_features=has_features, keep=keep)
    click.echo(storage.with_files(asked, out, work_on))
