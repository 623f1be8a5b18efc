"""What a version answers for the rows of a part, wherever that is worked on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.batch.rows import Question
from pipelines.documents.model import CARD, ModelCard
from pipelines.engines.task import Task
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable
from pipelines.problem.names import KEY
from pipelines.rebuild import environments
from pipelines.record import tables


@dataclass(frozen=True)
class Answering:
    """What serves of a version, loaded."""

    name: str
    card: ModelCard
    predict: Callable[[pd.DataFrame], np.ndarray]

    def answers(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what names each row, its prediction, and who answered.

        Of a classifier the prediction is the class it decides for, and the probability of each class stands beside.

        Raises:
            PipelineError: if it does not take these rows.
        """
        rows = comparable.widened(rows, self.card.features)
        if lacking := comparable.lacking(self.card, rows, KEY):
            raise PipelineError(
                f"{lacking}. `pipeline lineage {self.name}` says how to get back its code, which predicts."
            )
        try:
            predicted = self.predict(rows)
        except PipelineError as error:
            raise PipelineError(f"{self.name} does not predict these rows: {str(error).splitlines()[0]}") from None
        told = rows[[name for name in KEY if name in rows]].assign(**_decided(predicted, self.card))
        return told.assign(model=self.name, model_sha256=self.card.model_sha256)


@dataclass(frozen=True)
class Model:
    """What serves of a version, in a folder; it can be pickled."""

    name: str
    folder: Path

    def card(self) -> ModelCard:
        """Return what it was made of."""
        return ModelCard.read(self.folder / CARD)

    def loaded(self) -> Answering:
        """Return it loaded, in each process once; what it needs is built if it works with the packages of its lock alone.

        Raises:
            ChampionUnusable: if it works nowhere.
        """
        return _loaded(self)


@cache
def _loaded(model: Model) -> Answering:
    card = model.card()
    return Answering(model.name, card, environments.working(model.folder, card))


def _decided(predicted: np.ndarray, card: ModelCard) -> dict[str, np.ndarray]:
    if card.classes is None:
        return {"prediction": predicted}
    decided = np.asarray(card.classes, dtype=object)[predicted.argmax(axis=1)]
    likely = {f"probability of {name}": predicted[:, place] for place, name in enumerate(card.classes)}
    return {"prediction": decided, **likely}


def answer(task: Task, model: Model, question: Question) -> None:
    """Write the answers for a part, the rows of it that cannot be true, and last of all the reasons of those."""
    asked = question.asked(task)
    told, aside, reasons = task.writes
    if len(asked.rows):
        tables.write(model.loaded().answers(asked.rows), told)
    if len(asked.set_aside):
        tables.write(asked.set_aside, aside)
    tables.write(asked.reasons.to_frame("reason"), reasons)
