"""A model and its refit: which of the two would serve, and which of a champion's a candidate has to face."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from champion.core import models
from champion.core.documents.model import REFIT, ModelCard
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.core.records import Model, Trained
from champion.metrics import own_loss, scores
from champion.metrics.importance import some
from champion.metrics.refit import beyond_explanation

MOST = 10_000  # training rows that are asked about: enough for models that chance shakes, such as small forests


@dataclass(frozen=True)
class Served:
    """What is known of the model that would serve."""

    sha256: str  # of its file
    mb: float
    rows_per_second: float
    unlike: str = ""  # where it is not what was judged; empty if it is


def served(
    problem: Problem, trained: Trained, judged: BaseEstimator, past: pd.DataFrame, rows: pd.DataFrame, params: Evaluate
) -> Served:
    """Measure the refit, and hold it against the judged model on training rows and holdout; without a refit the judged one.

    Raises:
        PipelineError: if the refit does not load.
    """
    card = trained.judged.card
    if trained.refit is None:
        return _measured(judged, trained.judged, rows)
    refitted = trained.refit.load(problem.model.TRUSTED_TYPES)
    asked = past.iloc[some(len(past), MOST)], rows

    def costs(model: BaseEstimator) -> tuple[np.ndarray, np.ndarray]:
        of_past, of_holdout = (
            _costs(problem, models.predict(model, each[card.columns]), card, each, params) for each in asked
        )
        return of_past, of_holdout

    unlike = beyond_explanation(costs(judged), costs(refitted), (len(past), len(rows)), params.margin)
    return replace(_measured(refitted, trained.refit, rows), unlike=unlike)


def _measured(model: BaseEstimator, packed: Model, rows: pd.DataFrame) -> Served:
    speed = models.rows_per_second(model, rows[packed.card.columns])
    return Served(packed.card.model_sha256, packed.file.stat().st_size / 1e6, speed)


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


def _costs(
    problem: Problem, predicted: np.ndarray, card: ModelCard, rows: pd.DataFrame, params: Evaluate
) -> np.ndarray:
    """Return what each row costs, as much as it counts."""
    by_row, weights = (
        scores.loss(problem, params, rows, predicted, card.classes).by_row,
        own_loss.weights(problem, rows),
    )
    return by_row if weights is None else by_row * weights
