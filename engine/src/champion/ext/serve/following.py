"""Hold the model that the registry calls champion, and follow it: what answers is what was promoted, to the byte."""

import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlflow.models import Model
from mlflow.pyfunc import load_model, scoring_server
from starlette.types import ASGIApp

from champion.core import tables
from champion.core.documents.model import CARD, MODEL, REFIT, ModelCard
from champion.core.errors import ChampionUnusable
from champion.core.problem import Problem
from champion.ext.predict.predictions import LoadedModel
from champion.ext.predict.raw_rows import unlike
from champion.lineage import environments
from champion.metrics import comparable
from champion.registry import beginning, packaging, registry, tracking


@dataclass(frozen=True)
class Champion:
    """A version that answers."""

    number: str
    made_from: str  # the numbers of data, code and config
    model_sha256: str  # of the file that answers
    since: float  # when it began to answer, in seconds since 1970
    model: LoadedModel
    other_features: str  # why the features that are made here are not what it learned; empty if they are
    app: ASGIApp  # MLflow's scoring server


class Following:
    """The champion of a registered model, looked for again and again."""

    def __init__(self, problem: Problem, table: Path) -> None:
        """Follow the registered model of a problem; `table` is the canonical one, of which features are made."""
        self.problem, self.table = problem, table
        self.champion: Champion | None = None
        self.trouble = ""  # why the last look brought nothing; empty if all is well

    def look(self) -> None:
        """Ask the registry, and let another champion answer if there is one.

        Who answered before goes on until then.

        Raises:
            Refusal: if there is none yet.
            ChampionUnusable: if it was deleted, or its files are not what was promoted.
            RegistryUnavailable: if the registry does not answer.
        """
        with tracking.explained():
            known = registry.Registry(self.problem.name)
            number = known.champion()
            if number is None:
                raise beginning.no_champion()
            version = known.version(number)
            if version is None:
                raise ChampionUnusable(known.obstacle(number))
            if self.champion and version.number == self.champion.number:
                return
            with tempfile.TemporaryDirectory() as folder:
                served = known.fetch(version, Path(folder) / "fetched")
                card = ModelCard.read(served / CARD)
                here = environments.here(served, card)  # MLflow looks neither at types nor at answers
                app = scoring_server.init(load_model(str(_laid_out(Path(folder)))))
        model = LoadedModel(self.problem, version.name, card, partial(environments.predicted_here, here, card))
        made_from, other = version.tags["numbers"], self._other_features(version.name, card)
        self.champion = Champion(version.number, made_from, card.model_sha256, time.time(), model, other, app)
        print(f"{version.name} of {self.problem.name} answers, {card.model_sha256[:12]}", flush=True)

    def _other_features(self, name: str, card: ModelCard) -> str:
        """Compare features as this process makes them, whatever code is on disk by now, with what a model learned."""
        obstacle = unlike(self.problem, card, self.table) if self.table.exists() else ""
        return (
            f"{name}: {obstacle}. Start the server again with its code; /invocations takes its features"
            if obstacle
            else ""
        )

    def follow(self, seconds: float) -> None:
        """Look every so often, without end; what goes wrong is kept as `trouble`."""
        while True:
            time.sleep(seconds)
            try:
                self.look()
                trouble = ""
            except Exception as error:  # noqa: BLE001  # whatever it is, who answers goes on
                trouble = str(error) or type(error).__name__
            if trouble not in ("", self.trouble):
                print(f"still v{self.champion.number if self.champion else 0} answers: {trouble}", flush=True)
            self.trouble = trouble


def _laid_out(folder: Path) -> Path:
    """Write what MLflow loads around files that were checked.

    What stands beside them in the registry, MLmodel above all, has no digest on record, so it is made anew and not fetched.
    """
    fetched, laid_out, examples = folder / "fetched", folder / "model", folder / "examples.parquet"
    card = ModelCard.read(fetched / CARD)
    tables.write(comparable.example_features(card.examples, card.features), examples)
    laid_out.mkdir()
    packaging.lay_out(laid_out, Model(), fetched / MODEL, fetched / CARD, fetched / REFIT, examples, card.python)
    return laid_out
