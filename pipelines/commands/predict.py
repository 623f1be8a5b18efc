"""Let the champion answer for rows as upstream delivers them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pandas as pd

from pipelines import files
from pipelines.batch.rows import taken
from pipelines.documents.model import CARD, ModelCard
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable
from pipelines.problem.names import KEY, NAME
from pipelines.rebuild import environments, recorded
from pipelines.record import beginning, dvc, registry, tables, tracking
from pipelines.report import text as words

SUFFIXES = (".csv", ".parquet")


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


def predict(asked: Path, out: Path, wanted: str | None) -> str:
    """Write the answers of a version, by default the champion, to the rows of a file; return what was done.

    Rows that cannot be true are written beside, with their reasons.

    Raises:
        Refusal: if there is no champion yet, or no such version.
        PipelineError: if the rows cannot be read, or not be answered.
    """
    if out.suffix not in SUFFIXES:
        raise PipelineError(f"{out} ends in {out.suffix or 'nothing'}; {' or '.join(SUFFIXES)} is expected.")
    history = tables.read(dvc.path("ingest", "ingested") / "table.parquet")
    rows = taken(asked, history)
    with tempfile.TemporaryDirectory() as folder:
        model = _model(wanted, Path(folder))
        answers = model.answers(rows.rows)
    told = {"model": model.name, "model_sha256": model.card.model_sha256}
    table = pd.concat([rows.rows[KEY], answers], axis=1).assign(**told)
    _write(table, out)
    aside = out.with_name(f"{out.stem}.quarantine{out.suffix}")
    aside.unlink(missing_ok=True)
    said = f"{model.name} predicted {words.plural(len(table), 'row')}, made of the {rows.counts.source:,} in {asked}"
    if rows.set_aside.empty:
        return said
    _write(rows.set_aside, aside)
    reasons = "".join(f"\n  {count:,} like {reason}" for reason, count in rows.counts.reasons.items())
    return f"{said}; {words.plural(len(rows.set_aside), 'row')} set aside in {aside}:{reasons}"


def _model(wanted: str | None, folder: Path) -> Model:
    with tracking.explained():
        known = registry.Registry(NAME)
        number = wanted or known.champion()
        if number is None:
            raise beginning.no_champion()
        candidate = recorded.find(known, number, folder)
        served = known.fetch(candidate.version or candidate.run, folder / "model")
    return Model(candidate.name, served, ModelCard.read(served / CARD))


def _write(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        tables.write(table, path)
    else:
        files.write_bytes(path, table.to_csv(index=False).encode())


@click.command()
@click.argument("asked", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--version", "wanted", help="Of the model; by default the champion.")
def command(asked: Path, out: Path, wanted: str | None) -> None:
    """Let the champion predict the rows of IN, which are like the delivery; write OUT as CSV or Parquet.

    Features come from the project's own code and its canonical table, so that nothing is computed in two ways. The
    target of IN may be missing. Rows that cannot be true are set aside beside OUT, each with its reason.
    """
    click.echo(predict(asked, out, wanted))
