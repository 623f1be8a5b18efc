"""The holdout rows, what each model predicts for them, and what that costs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from champion.core import models
from champion.core.documents.model import Classes, ModelCard
from champion.core.errors import PipelineError
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.metrics import losses, scores
from champion.metrics.aggregates import Loss
from champion.metrics.slices import labelled

ByModel = dict[str, np.ndarray]  # candidate, champion (if it can be scored) and naive


@dataclass(frozen=True)
class Answers:
    """What a model predicts for some rows: values, or for a classifier a probability of each class."""

    predicted: np.ndarray
    classes: Classes | None


@dataclass(frozen=True)
class Scored:
    """The holdout rows, what each model predicts for them, and what that costs."""

    problem: Problem
    rows: pd.DataFrame
    predicted: ByModel
    loss: dict[str, Loss]
    judged: np.ndarray  # True for the rows that the champion was not trained on
    classes: Classes | None  # all that any of the models knows
    groups: pd.DataFrame  # one column per way to slice
    params: Evaluate

    @cached_property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Return every metric of each model on the rows that are judged."""
        rows = self.rows[self.judged]
        judged = {name: each[self.judged] for name, each in self.predicted.items()}
        return {
            name: scores.metrics(self.problem, self.params, rows, each, self.classes) for name, each in judged.items()
        }

    def decided(self, name: str) -> np.ndarray:
        """Return the class that a model gives each row."""
        return np.asarray(self.classes, dtype=object)[self.predicted[name].argmax(axis=1)]


def score(
    problem: Problem, answers: dict[str, Answers], rows: pd.DataFrame, judged: np.ndarray, params: Evaluate
) -> Scored:
    """Tell what the answers of each model to the holdout rows cost.

    Raises:
        PipelineError: if the metric cannot be told.
    """
    predicted, classes = {name: each.predicted for name, each in answers.items()}, None
    if answers["candidate"].classes is not None:
        known = {name: each.classes or [] for name, each in answers.items()}
        classes = list(dict.fromkeys(label for each in known.values() for label in each))
        predicted = {name: losses.align(each, known[name], classes) for name, each in predicted.items()}
    loss = {name: scores.loss(problem, params, rows, each, classes) for name, each in predicted.items()}
    return Scored(
        problem, rows, predicted, loss, judged, classes, labelled(problem.features.slices(rows), rows), params
    )


def candidate_answers(model: BaseEstimator, card: ModelCard, rows: pd.DataFrame) -> Answers:
    """Let the candidate predict the holdout; that it cannot is a mistake of the recipe, as is a gap it never met.

    Raises:
        PipelineError: if it does not predict each row.
    """
    features = rows[card.columns]
    try:
        return Answers(one_each(models.predict(model, features), features), card.classes)
    except Exception as error:  # noqa: BLE001  # whatever library it is of
        said = (str(error) or repr(error)).splitlines()[0].rstrip(".")
        raise PipelineError(
            f"the candidate does not predict the {len(features):,} holdout rows: {said}. "
            "It fitted the training rows: do these have a gap or a type that those have not? Change "
            "pipelines/problem/features.py or model.py."
        ) from None


def one_each(predicted: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Return predictions if there is one for each row."""
    if len(predicted) != len(rows):
        raise ValueError(f"it gave {len(predicted):,} predictions for {len(rows):,} rows")
    return predicted


def unseen(problem: Problem, rows: pd.DataFrame, card: ModelCard) -> np.ndarray:
    """Return True for the rows that the model with this card was not trained on."""
    return scores.unseen(problem, card.split, rows)
