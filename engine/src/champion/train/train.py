"""Fit models to rows, and pack each with a card that says what it was made from."""

import platform
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from champion.core import drift, files, installed, interface, models
from champion.core.documents.data import Split
from champion.core.documents.model import ModelCard
from champion.core.errors import PipelineError
from champion.core.holdout import after, position
from champion.core.params import Train
from champion.core.problem import Problem
from champion.core.records import Model, Trained
from champion.core.rows import season, window
from champion.core.table import scratch_path
from champion.metrics import comparable, losses, own_loss
from champion.metrics.by_row import Settings

LOCK = Path("requirements.lock")
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


def fit(problem: Problem, rows: pd.DataFrame, split: Split, params: Train) -> Fitted:
    """Return the model fitted to rows, or if they are more than `max_rows` to a sample; `split` says which were kept from it.

    Raises:
        PipelineError: if it cannot be fitted.
    """
    taken = _sample(problem, rows, params.max_rows if isinstance(params, Train) else None)
    weights = own_loss.weights(problem, taken)
    model, chosen = models.without_search(_fit(problem, taken, weights, params))
    return Fitted(model, chosen, taken, weights, split, len(rows) if len(taken) < len(rows) else 0)


def refit(problem: Problem, judged: Fitted, rows: pd.DataFrame, params: Train) -> Fitted | None:
    """Fit the same to all rows, in the order of the table; None if `train.refit` is false, or only some rows know a class.

    Raises:
        PipelineError: if it cannot be fitted.
    """
    if not (isinstance(params, Train) and params.refit):
        return None
    rows = rows.sort_values(problem.key, ignore_index=True)
    refitted = fit(problem, rows, after(rows, problem.time), params)
    known, now = models.classes(judged.model), models.classes(refitted.model)
    if known == now:
        return refitted
    new = ", ".join(str(name) for name in now or () if name not in (known or ()))
    print(f"train: not refitted: only the holdout has {new}, so the refit would know classes that nobody judged")
    return None


def packed(problem: Problem, judged: Fitted, refitted: Fitted | None) -> Trained:
    """Return both as files, each with the card that says what it was made from.

    Raises:
        PipelineError: if a model cannot be saved.
    """
    again = _packed(problem, refitted, "refit") if refitted else None
    card_sha256 = sha256(files.as_json(again.card.model_dump(mode="json"))).hexdigest() if again else ""
    model = _packed(problem, judged, "model")
    model = replace(model, card=model.card.model_copy(update={"refit_sha256": card_sha256}))
    _say(judged, refitted, model)
    return Trained(model, again)


def _say(judged: Fitted, refitted: Fitted | None, model: Model) -> None:
    for name, (locked, found) in model.card.not_as_locked.items():
        print(f"train: WARNING {name} {found} is installed, {LOCK} says {locked}: `make setup` installs that")
    again = f", refitted to {len(refitted.rows):,}" if refitted else ""
    sample = f" of {judged.sampled_from:,}" if judged.sampled_from else ""
    size = f"{model.file.stat().st_size / 1e6:.1f} MB"
    print(f"train: {type(judged.model).__name__} on {len(judged.rows):,}{sample} rows{again}, {size}")


def _sample(problem: Problem, rows: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """Return at most so many rows, in their order: with more data most of them are the same, as each is taken by its key."""
    if most is None or len(rows) <= most:
        return rows
    return rows[np.argsort(position(rows, problem.key), kind="stable").argsort() < most].reset_index(drop=True)


def _packed(problem: Problem, fitted: Fitted, name: str) -> Model:
    """Write a model; return it with its card."""
    file = scratch_path(f"{name}.skops")
    models.save(fitted.model, file, problem.model.TRUSTED_TYPES)
    made_with = installed.packages(models.packages(file))
    card = _card(problem, fitted, files.sha256(file), models.types(file)).model_copy(
        update={
            "chosen": fitted.chosen,
            "packages": made_with,
            "not_as_locked": installed.not_as_locked(made_with, LOCK),
        }
    )
    return Model(file, card)


def _fit(problem: Problem, rows: pd.DataFrame, weights: np.ndarray | None, params: Train) -> BaseEstimator:
    with threadpool_limits(1, user_api="openmp"):  # a second OpenMP program on the machine would stall both
        try:
            model = problem.model.build(params)
            return model.fit(
                rows.drop(columns=[*problem.row, problem.target]),
                rows[problem.target],
                **models.fit_params(model, weights),
            )
        except Exception as error:
            if interface.blamed(error):
                raise
            raise PipelineError(
                f"the model cannot be fitted to {len(rows):,} rows: {str(error).rstrip('.')}. Change params.yaml, section train, or "
                "pipelines/problem/model.py."
            ) from None


def _card(problem: Problem, fitted: Fitted, digest: str, trusted_types: list[str]) -> ModelCard:
    rows, model = fitted.rows, fitted.model
    features = rows.drop(columns=[*problem.row, problem.target])
    kinds = [(str(name), str(kind)) for name, kind in features.dtypes.items()]
    picks = np.unique(np.linspace(0, len(rows) - 1, EXAMPLES).astype(int))
    examples = comparable.examples(rows.iloc[picks].drop(columns=problem.target))
    classes, told = models.classes(model), Settings(weights=fitted.weights)
    return ModelCard(
        model_sha256=digest,
        trusted_types=trusted_types,
        target=problem.target,
        classes=classes,
        python=platform.python_version(),
        platform=installed.machine(),
        features=kinds,
        rows=len(rows),
        sampled_from=fitted.sampled_from,
        window=window(rows, problem.time),
        split=fitted.split,
        train_metrics=losses.metrics(rows[problem.target], models.predict(model, features), classes, told),
        profile=drift.profile(features, season(rows, problem.time, problem.entity)),
        examples=examples,
        answers=models.predict(model, comparable.example_features(examples, kinds)).astype(float).tolist(),
    )
