"""Fit a candidate on the training rows."""

import platform
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from pipelines import files, interface, own_loss
from pipelines.columns import ENTITY, ROW
from pipelines.documents.data import Split
from pipelines.documents.model import ModelCard
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable, drift, losses
from pipelines.evaluation.by_row import Settings
from pipelines.evaluation.rows import season, window
from pipelines.problem.model import TRUSTED_TYPES, build
from pipelines.problem.names import TARGET, TIME
from pipelines.problem.params import Train
from pipelines.record import identity, installed, models, tables

EXAMPLES = 200  # rows kept in the card, to notice later that a feature changed its meaning


def train(training: Path, split: Path, model: Path, card: Path, params: Train) -> None:
    """Write the fitted model, and the card that says what it was made from.

    Raises:
        PipelineError: if the model cannot be fitted or saved, or an input changes meanwhile.
    """
    with files.unchanged(training, split):
        rows = tables.read(training)
        weights = own_loss.weights(rows)
        candidate, chosen = models.without_search(_fit(rows, weights, params))
    models.save(candidate, model, TRUSTED_TYPES)
    described = _card(rows, candidate, Split.read(split), files.sha256(model), models.types(model), weights)
    made_with = installed.packages(models.packages(model))
    moved = installed.not_as_locked(made_with, Path(identity.ENVIRONMENT))
    described.model_copy(update={"chosen": chosen, "packages": made_with, "not_as_locked": moved}).write(card)
    for name, (locked, found) in moved.items():
        print(
            f"train: WARNING {name} {found} is installed, {identity.ENVIRONMENT} says {locked}: `make setup` installs that"
        )
    print(f"train: {type(candidate).__name__} on {len(rows):,} rows, {model.stat().st_size / 1e6:.1f} MB")


def _fit(rows: pd.DataFrame, weights: np.ndarray | None, params: Train) -> BaseEstimator:
    with threadpool_limits(1, user_api="openmp"):  # a second OpenMP program on the machine would stall both
        try:
            model = build(params)
            return model.fit(rows.drop(columns=[*ROW, TARGET]), rows[TARGET], **models.fit_params(model, weights))
        except Exception as error:
            if interface.blamed(error):
                raise
            raise PipelineError(
                f"the model cannot be fitted to {len(rows):,} rows: {str(error).rstrip('.')}. Change params.yaml, section train, or "
                "pipelines/problem/model.py."
            ) from None


def _card(
    rows: pd.DataFrame, model: BaseEstimator, split: Split, digest: str, trusted_types: list[str],
    weights: np.ndarray | None,
) -> ModelCard:  # fmt: skip
    features = rows.drop(columns=[*ROW, TARGET])
    kinds = [(str(name), str(kind)) for name, kind in features.dtypes.items()]
    picks = np.unique(np.linspace(0, len(rows) - 1, EXAMPLES).astype(int))
    examples = comparable.examples(rows.iloc[picks].drop(columns=TARGET))
    classes, told = models.classes(model), Settings(weights=weights)
    return ModelCard(
        model_sha256=digest,
        trusted_types=trusted_types,
        target=TARGET,
        classes=classes,
        python=platform.python_version(),
        platform=installed.machine(),
        features=kinds,
        rows=len(rows),
        window=window(rows, TIME),
        split=split,
        train_metrics=losses.metrics(rows[TARGET], models.predict(model, features), classes, told),
        profile=drift.profile(features, season(rows, TIME, ENTITY)),
        examples=examples,
        answers=models.predict(model, comparable.example_features(examples, kinds)).astype(float).tolist(),
    )
