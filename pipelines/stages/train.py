"""Fit a candidate on the training rows, and once more on all: the first is judged, the second serves."""

import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from pipelines import files, interface, own_loss
from pipelines import params as engine
from pipelines.columns import ENTITY, ROW
from pipelines.documents.data import Split
from pipelines.documents.model import CARD, MODEL, ModelCard
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable, drift, losses
from pipelines.evaluation.by_row import Settings
from pipelines.evaluation.holdout import after, position
from pipelines.evaluation.rows import season, window
from pipelines.problem.model import TRUSTED_TYPES, build
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.params import Train
from pipelines.record import identity, installed, models, tables

EXAMPLES = 200  # rows kept in the card, to notice later that a feature changed its meaning


@dataclass(frozen=True)
class Fitted:
    """A model, the rows that it was fitted to, and which rows it does not know."""

    model: BaseEstimator
    chosen: dict[str, str]  # by a search inside it
    rows: pd.DataFrame
    weights: np.ndarray | None
    split: Split
    sampled_from: int  # rows, if it was fitted to a sample of them; else 0


def train(training: Path, holdout: Path, split: Path, model: Path, card: Path, refit: Path, params: Train) -> None:
    """Write the model that is judged, with the card that says what it was made from; into `refit` those of the refit.

    The refit is the same recipe fitted to the holdout as well: what serves, once the judged model has passed the gate.
    The folder stays empty if `train.refit` is false, or if the holdout alone knows some class.

    Raises:
        PipelineError: if the model cannot be fitted or saved, or an input changes meanwhile.
    """
    with files.unchanged(training, holdout, split):
        rows, held = tables.read(training), tables.read(holdout)
        judged = _fitted(rows, Split.read(split), params)
        refitted = _refitted(judged, pd.concat([rows, held]), params)
    refit.mkdir(parents=True, exist_ok=True)
    if refitted:
        _write(refitted, refit / MODEL, refit / CARD)
    written = _write(judged, model, card, files.sha256(refit / CARD) if refitted else "")
    for name, (locked, found) in written.not_as_locked.items():
        print(
            f"train: WARNING {name} {found} is installed, {identity.ENVIRONMENT} says {locked}: `make setup` installs that"
        )
    again = f", refitted to {len(refitted.rows):,}" if refitted else ""
    sample = f" of {judged.sampled_from:,}" if judged.sampled_from else ""
    size = f"{model.stat().st_size / 1e6:.1f} MB"
    print(f"train: {type(judged.model).__name__} on {len(judged.rows):,}{sample} rows{again}, {size}")


def _refitted(judged: Fitted, rows: pd.DataFrame, params: Train) -> Fitted | None:
    """Fit the same to all rows, in the order of the table; None if that is not wanted, or would answer another question."""
    if not (isinstance(params, engine.Train) and params.refit):
        return None
    rows = rows.sort_values(KEY, ignore_index=True)
    refitted = _fitted(rows, after(rows, TIME), params)
    known, now = models.classes(judged.model), models.classes(refitted.model)
    if known == now:
        return refitted
    new = ", ".join(str(name) for name in now or () if name not in (known or ()))
    print(f"train: not refitted: only the holdout has {new}, so the refit would know classes that nobody judged")
    return None


def _fitted(rows: pd.DataFrame, split: Split, params: Train) -> Fitted:
    taken = _sample(rows, params.max_rows if isinstance(params, engine.Train) else None)
    weights = own_loss.weights(taken)
    model, chosen = models.without_search(_fit(taken, weights, params))
    return Fitted(model, chosen, taken, weights, split, len(rows) if len(taken) < len(rows) else 0)


def _sample(rows: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """Return at most so many rows, in their order: with more data most of them are the same, as each is taken by its key."""
    if most is None or len(rows) <= most:
        return rows
    return rows[np.argsort(position(rows, KEY), kind="stable").argsort() < most].reset_index(drop=True)


def _write(fitted: Fitted, model: Path, card: Path, refit_sha256: str = "") -> ModelCard:
    """Write model and card; return the card."""
    models.save(fitted.model, model, TRUSTED_TYPES)
    made_with = installed.packages(models.packages(model))
    described = _card(fitted, files.sha256(model), models.types(model)).model_copy(
        update={
            "chosen": fitted.chosen,
            "packages": made_with,
            "not_as_locked": installed.not_as_locked(made_with, Path(identity.ENVIRONMENT)),
            "refit_sha256": refit_sha256,
        }
    )
    described.write(card)
    return described


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


def _card(fitted: Fitted, digest: str, trusted_types: list[str]) -> ModelCard:
    rows, model = fitted.rows, fitted.model
    features = rows.drop(columns=[*ROW, TARGET])
    kinds = [(str(name), str(kind)) for name, kind in features.dtypes.items()]
    picks = np.unique(np.linspace(0, len(rows) - 1, EXAMPLES).astype(int))
    examples = comparable.examples(rows.iloc[picks].drop(columns=TARGET))
    classes, told = models.classes(model), Settings(weights=fitted.weights)
    return ModelCard(
        model_sha256=digest,
        trusted_types=trusted_types,
        target=TARGET,
        classes=classes,
        python=platform.python_version(),
        platform=installed.machine(),
        features=kinds,
        rows=len(rows),
        sampled_from=fitted.sampled_from,
        window=window(rows, TIME),
        split=fitted.split,
        train_metrics=losses.metrics(rows[TARGET], models.predict(model, features), classes, told),
        profile=drift.profile(features, season(rows, TIME, ENTITY)),
        examples=examples,
        answers=models.predict(model, comparable.example_features(examples, kinds)).astype(float).tolist(),
    )
