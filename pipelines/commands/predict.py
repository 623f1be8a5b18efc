"""Let the champion answer for rows as upstream delivers them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pandas as pd

from pipelines.batch import output, storage
from pipelines.batch.ready import with_features
from pipelines.batch.rows import Sum, taken
from pipelines.documents.model import CARD, ModelCard
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable
from pipelines.problem.names import KEY, NAME
from pipelines.rebuild import environments, recorded
from pipelines.record import beginning, dvc, registry, tracking
from pipelines.report import text as words


@dataclass(frozen=True)
class Model:
    """Who answers: what serves of a version, in a folder."""

    name: str
    folder: Path
    card: ModelCard

    def answers(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return its prediction for each row; of a classifier the class it decides for, and the probability of each.

        Raises:
            PipelineError: if it does not take these rows.
        """
        rows = comparable.widened(rows, self.card.features)
        if lacking := comparable.lacking(self.card, rows, KEY):
            raise PipelineError(
                f"{lacking}. `pipeline lineage {self.name}` says how to get back its code, which predicts."
            )
        try:
            predicted = environments.predict(self.folder, self.card, rows)
        except PipelineError as error:
            raise PipelineError(f"{self.name} does not predict these rows: {str(error).splitlines()[0]}") from None
        if self.card.classes is None:
            return pd.DataFrame({"prediction": predicted})
        decided = np.asarray(self.card.classes, dtype=object)[predicted.argmax(axis=1)]
        likely = {f"probability of {name}": predicted[:, place] for place, name in enumerate(self.card.classes)}
        return pd.DataFrame({"prediction": decided, **likely})


def predict(asked: Path, out: Path, wanted: str | None, *, ready: bool = False) -> str:
    """Write the answers of a version, by default the champion, to the rows of a file or folder; return what was done.

    Rows that cannot be true are written beside, with their reasons. `ready`: the rows have features, and none are made.

    Raises:
        Refusal: if there is no champion yet, or no such version.
        PipelineError: if the rows cannot be read, or not be answered; then nothing is written.
    """
    output.check(out)
    history, total = dvc.path("ingest", "ingested") / "table.parquet", Sum()
    set_aside = out.with_name(f"{out.stem}.quarantine{out.suffix}")
    with tempfile.TemporaryDirectory() as folder, output.replacing(set_aside) as aside, output.replacing(out) as told:
        model = _model(wanted, Path(folder))
        for piece in with_features(asked, model.card) if ready else taken(asked, history):
            total.add(piece)
            if len(piece.set_aside):
                aside.write(piece.set_aside)
            if len(piece.rows):
                told.write(_table(model, piece.rows))
        if not told.rows:
            raise total.unusable(asked)
    said = f"{model.name} predicted {words.plural(told.rows, 'row')}, made of the {total.source:,} in {asked}"
    if not aside.rows:
        return said
    because = "".join(f"\n  {count:,} like {reason}" for reason, count in total.most().items())
    return f"{said}; {words.plural(aside.rows, 'row')} set aside in {set_aside}:{because}"


def _table(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the answers for rows with what names each row, and who answered."""
    known = rows[[name for name in KEY if name in rows]]
    told = {"model": model.name, "model_sha256": model.card.model_sha256}
    return pd.concat([known, model.answers(rows)], axis=1).assign(**told)


def _model(wanted: str | None, folder: Path) -> Model:
    with tracking.explained():
        known = registry.Registry(NAME)
        number = wanted or known.champion()
        if number is None:
            raise beginning.no_champion()
        candidate = recorded.find(known, number, folder)
        served = known.fetch(candidate.version or candidate.run, folder / "model")
    return Model(candidate.name, served, ModelCard.read(served / CARD))


@click.command()
@click.argument("asked", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option("--version", "wanted", help="Of the model; by default the champion.")
@click.option(
    "--features", "ready", is_flag=True, help="IN has features, as `features` makes them, and not upstream's columns."
)
def command(asked: str, out: str, wanted: str | None, *, ready: bool) -> None:
    """Let the champion predict the rows of IN, which are like the delivery; write OUT as CSV or Parquet.

    IN is a file, or a folder of some; both may be addresses such as s3://bucket/rows.csv. Features come from the
    project's own code and its canonical table, so that nothing is computed in two ways. The target of IN may be missing.
    Rows that cannot be true are set aside beside OUT, each with its reason.
    """
    click.echo(storage.with_files(asked, out, lambda source, target: predict(source, target, wanted, ready=ready)))
