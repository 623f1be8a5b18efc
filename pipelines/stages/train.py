"""Fit a candidate on the history."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.errors import PipelineError
from pipelines.judge import comparable, drift, losses
from pipelines.judge.holdout import season, window
from pipelines.problem.model import TRUSTED_TYPES, build
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.params import Train
from pipelines.record import files, models, tables

EXAMPLES = 200  # rows kept in the card, to notice later that a feature changed its meaning


def train(history: Path, split: Path, model: Path, card: Path, params: Train) -> None:
    """Write the fitted model, and the card that says what it was made from."""
    with files.unchanged(history, split):
        rows = tables.read(history)
        candidate = _fit(rows, params)
    models.save(candidate, model, TRUSTED_TYPES)
    files.write_json(card, _card(rows, candidate, files.read_json(split), files.sha256(model)))
    print(f"train: {type(candidate).__name__} on {len(rows):,} rows, {model.stat().st_size / 1e6:.1f} MB")


def _fit(rows: pd.DataFrame, params: Train) -> Any:
    with threadpool_limits(1, user_api="openmp"):  # a second OpenMP program on the machine would stall both
        try:
            return build(params).fit(rows.drop(columns=[*KEY, TARGET]), rows[TARGET])
        except (ValueError, TypeError) as error:
            raise PipelineError(
                f"the model cannot be fitted to {len(rows):,} rows: {str(error).rstrip('.')}. Change params.yaml, section train, or "
                "pipelines/problem/model.py."
            ) from None


def _card(rows: pd.DataFrame, model: Any, split: dict[str, Any], digest: str) -> dict[str, Any]:
    features = rows.drop(columns=[*KEY, TARGET])
    predicted = models.predict(model, features)
    picks = np.unique(np.linspace(0, len(rows) - 1, EXAMPLES).astype(int))
    card = {
        "model_sha256": digest,
        "trusted_types": [*TRUSTED_TYPES, *models.HARMLESS],
        "target": TARGET,
        "classes": models.classes(model),
        "features": [(name, str(kind)) for name, kind in features.dtypes.items()],  # pairs: order counts
        "rows": len(rows),
        "window": window(rows, TIME),
        "split": split,
        "history": losses.metrics(rows[TARGET], predicted, models.classes(model)),
        "profile": drift.profile(features, season(rows, TIME)),
        "examples": comparable.examples(rows.iloc[picks].drop(columns=TARGET)),
    }
    return {**card, "answers": models.predict(model, comparable.example_features(card)).tolist()}
