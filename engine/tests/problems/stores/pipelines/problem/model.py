"""The model, and the naive one it has to beat."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from pipelines.problem.params import Train

TRUSTED_TYPES: list[str] = []


def build(params: Train) -> Pipeline:
    """Return the unfitted model."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    boosting = HistGradientBoostingRegressor(
        max_iter=params.max_iter, learning_rate=params.learning_rate, random_state=params.seed
    )
    return make_pipeline(make_column_transformer((encoder, ["holiday"]), remainder="passthrough"), boosting)


class LastWeek(RegressorMixin, BaseEstimator):
    """What the store sold a week before, or else the mean of all."""

    def fit(self, features: pd.DataFrame, target: pd.Series) -> "LastWeek":
        """Remember the mean."""
        del features  # scikit-learn hands them over
        self.mean_ = float(target.mean())
        return self

    def predict(self, features: pd.DataFrame) -> Any:
        """Return sales per store and day."""
        return np.where(features["open"], features["sales_week_before"].fillna(self.mean_), 0.0)


def naive() -> LastWeek:
    """Return the unfitted model that costs nothing."""
    return LastWeek()
