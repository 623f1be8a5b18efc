"""A model and its refit: which of the two would serve, and which of a champion's a candidate has to face."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from pipelines import own_loss
from pipelines.documents.model import MODEL, REFIT, ModelCard
from pipelines.evaluation import losses
from pipelines.evaluation.importance import some
from pipelines.evaluation.refit import beyond_explanation
from pipelines.params import Evaluate
from pipelines.problem.model import TRUSTED_TYPES
from pipelines.problem.names import TARGET
from pipelines.record import models

MOST = 10_000  # training rows that are asked about: enough for models that chance shakes, such as small forests


@dataclass(frozen=True)
class Served:
    """What is known of the model that would serve."""

    sha256: str  # of its file
    mb: float
    rows_per_second: float
    unlike: str = ""  # where it is not what was judged; empty if it is


@dataclass(frozen=True)
class Trained:
    """A candidate's models, read back: the one that is judged, and its refit if there is one."""

    card: ModelCard
    file: Path
    judged: BaseEstimator
    refit: Path  # folder
    refitted: BaseEstimator | None

    @classmethod
    def read(cls, model: Path, card: Path, refit: Path) -> "Trained":
        """Read what train wrote.

        Raises:
            PipelineError: if a model does not load.
        """
        described = ModelCard.read(card)
        refitted = models.load(refit / MODEL, TRUSTED_TYPES) if described.refit_sha256 else None
        return cls(described, model, models.load(model, TRUSTED_TYPES), refit, refitted)


def served(trained: Trained, past: pd.DataFrame, rows: pd.DataFrame, params: Evaluate) -> Served:
    """Measure the refit, and hold it against the judged model on training rows and holdout; without a refit the judged one."""
    card, refit = trained.card, trained.card.refit(trained.refit)
    if trained.refitted is None or refit is None:
        return _measured(trained.judged, card, trained.file, rows)
    asked = past.iloc[some(len(past), MOST)], rows

    def costs(model: BaseEstimator) -> tuple[np.ndarray, np.ndarray]:
        of_past, of_holdout = (_costs(models.predict(model, each[card.columns]), card, each, params) for each in asked)
        return of_past, of_holdout

    unlike = beyond_explanation(costs(trained.judged), costs(trained.refitted), (len(past), len(rows)), params.margin)
    return replace(_measured(trained.refitted, refit, trained.refit / MODEL, rows), unlike=unlike)


def _measured(model: BaseEstimator, card: ModelCard, file: Path, rows: pd.DataFrame) -> Served:
    return Served(card.model_sha256, file.stat().st_size / 1e6, models.rows_per_second(model, rows[card.columns]))


def its_model(folder: Path, card: ModelCard, ours: ModelCard) -> tuple[Path, ModelCard]:
    """Return which of a champion's models is faced: its refit, which serves, unless that knows what the candidate does not.

    Against a model that was fitted to rows of the holdout, or to newer ones than the candidate was given, the better
    recipe would lose. Without time it cannot be told what a refit knows.
    """
    refit = card.refit(folder / REFIT)
    if refit is None or refit.split.start is None or ours.split.start is None:
        return folder, card
    knows_more = pd.Timestamp(refit.split.start) > pd.Timestamp(ours.split.start)
    return (folder, card) if knows_more else (folder / REFIT, refit)


def _costs(predicted: np.ndarray, card: ModelCard, rows: pd.DataFrame, params: Evaluate) -> np.ndarray:
    """Return what each row costs, as much as it counts."""
    told = own_loss.settings(rows, params)
    by_row = losses.losses(params.metric, rows[TARGET], predicted, card.classes, told).by_row
    return by_row if told.weights is None else by_row * told.weights
