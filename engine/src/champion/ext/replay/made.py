"""What was made at a step of the past: a candidate, and its answers for all that came later."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from champion.core import tables
from champion.core.documents.model import CARD, REFIT, ModelCard
from champion.core.documents.replay import ReplayStep
from champion.core.problem import Problem
from champion.evaluate.scoring import Answers
from champion.metrics import scores

STEP, ROWS, DONE = "step.json", "rows.parquet", "answers.npz"


@dataclass(frozen=True)
class Made:
    """A step that has a candidate. Its folder keeps the newest rows, cards and answers."""

    problem: Problem
    folder: Path  # called like its day

    @cached_property
    def step(self) -> ReplayStep:
        """Return what is known of it."""
        return ReplayStep.read(self.folder / STEP)

    @property
    def trained(self) -> Path:
        """Return the folder of its models' cards."""
        return self.folder / "train"

    @cached_property
    def card(self) -> ModelCard:
        """Return the card of the model that is judged."""
        return ModelCard.read(self.trained / CARD)

    @cached_property
    def refit(self) -> ModelCard | None:
        """Return the card of its refit."""
        return self.card.refit(self.trained / REFIT)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Return the newest rows of its table: the holdout, and all since the step before."""
        return tables.read(self.folder / ROWS)

    @cached_property
    def held(self) -> np.ndarray:
        """Return True for the rows that are its holdout."""
        return scores.unseen(self.problem, self.card.split, self.rows)

    @cached_property
    def usual(self) -> pd.Series:
        """Return what each day costs the naive model that was fitted to its training rows."""
        return pd.Series(self._stored["usual"], pd.DatetimeIndex(self._stored["days"]))

    @property
    def answers(self) -> Answers:
        """Return its answers to its holdout."""
        return Answers(self._stored["candidate"], self.card.classes)

    @property
    def naive(self) -> Answers:
        """Return the naive model's answers to its holdout."""
        known = self._stored["naive_classes"].tolist()
        return Answers(self._stored["naive"], known or None)

    def later(self, other: "Made", *, refit: bool) -> np.ndarray:
        """Return what it, or its refit, predicts for the rows of a later step."""
        name = "refit" if refit and self.refit else "judged"
        return self._stored[f"{name} {other.folder.name}"]

    @cached_property
    def _stored(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / DONE) as stored:
            return dict(stored)
