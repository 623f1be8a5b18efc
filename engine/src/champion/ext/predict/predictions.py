"""What a version predicts for the rows of a part, wherever that is worked on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from champion.core import tables
from champion.core.documents.model import CARD, REFIT, ModelCard
from champion.core.engines.task import Task
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.ext.predict.inputs import BatchInput
from champion.lineage import environments
from champion.metrics import comparable


@dataclass(frozen=True)
class LoadedModel:
    """What serves of a version, loaded."""

    problem: Problem
    name: str
    card: ModelCard
    predict: Callable[[pd.DataFrame], np.ndarray]

    def predictions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what names each row, its prediction, and who answered.

        Of a classifier the prediction is the class it decides for, and the probability of each class stands beside.

        Raises:
            PipelineError: if it does not take these rows.
        """
        rows = comparable.widened(rows, self.card.features)
        if lacking := comparable.lacking(self.card, rows, self.problem.key):
            raise PipelineError(
                f"{lacking}. `pipeline lineage {self.name}` says how to get back its code, which predicts."
            )
        try:
            predicted = self.predict(rows)
        except PipelineError as error:
            why = _unknown(self.problem, rows, self.card) or str(error).splitlines()[0]
            raise PipelineError(f"{self.name} does not predict these rows: {why}") from None
        named = rows[[name for name in self.problem.key if name in rows]].assign(**_decided(predicted, self.card))
        return named.assign(model_version=self.name, model_sha256=self.card.model_sha256)


def _unknown(problem: Problem, rows: pd.DataFrame, card: ModelCard) -> str:
    """Name the first text that the model did not learn, which most do not take; empty if there is none."""
    for name, described in card.profile.items():
        if name in rows and described.bins and isinstance(described.bins[0], str):
            new = rows[rows[name].notna() & ~rows[name].astype("str").isin(described.bins)]
            if len(new):
                where = ", ".join(f"{key} {new[key].iloc[0]}" for key in problem.key if key in new)
                return (
                    f"it did not learn {name} {new[name].iloc[0]!r} ({where}). Take such rows out, or train with some."
                )
    return ""


@dataclass(frozen=True)
class Model:
    """What serves of a version, in a folder; it can be pickled."""

    problem: Problem
    name: str
    folder: Path  # what `fetch` writes: the lock lies in it, and the refit in a folder of it
    refit: bool

    @property
    def _served(self) -> Path:
        return self.folder / REFIT if self.refit else self.folder

    def card(self) -> ModelCard:
        """Return what it was made of."""
        return ModelCard.read(self._served / CARD)

    def loaded(self) -> LoadedModel:
        """Return it loaded, in each process once; what it needs is built if it works with the packages of its lock alone.

        Raises:
            ChampionUnusable: if it works nowhere.
        """
        return LoadedModel(self.problem, self.name, *_working(self._served))


@cache
def _working(folder: Path) -> tuple[ModelCard, Callable[[pd.DataFrame], np.ndarray]]:
    card = ModelCard.read(folder / CARD)
    return card, environments.working(folder, card)


def _decided(predicted: np.ndarray, card: ModelCard) -> dict[str, np.ndarray]:
    if card.classes is None:
        return {"prediction": predicted}
    decided = np.asarray(card.classes, dtype=object)[predicted.argmax(axis=1)]
    likely = {f"probability of {name}": predicted[:, place] for place, name in enumerate(card.classes)}
    return {"prediction": decided, **likely}


def predict_part(task: Task, model: Model, given: BatchInput) -> None:
    """Write the predictions for a part, the rows of it that cannot be true, and last of all the reasons of those."""
    part = given.prepared(task)
    predicted, aside, reasons = task.writes
    if len(part.rows):
        tables.write(model.loaded().predictions(part.rows), predicted)
    if len(part.set_aside):
        tables.write(part.set_aside, aside)
    tables.write(part.reasons.to_frame("reason"), reasons)
