"""Yours: the model, and the naive one it has to beat."""

from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from pipelines.problem.features import NO_HOLIDAY
from pipelines.problem.params import Train
from pipelines.problem.source import HOLIDAYS, SEVERITY

# Types of other libraries in the model, which skops asks about before it loads them; scikit-learn's own are known. Never
# list code of your own: loading a champion must not run today's version of it.
TRUSTED_TYPES: list[str] = []


def build(params: Train) -> Pipeline:
    """Return the unfitted model; scikit-learn types only. It refuses a category that the contract does not know."""
    encoder = OrdinalEncoder(categories=[[NO_HOLIDAY, *HOLIDAYS], SEVERITY])
    boosting = HistGradientBoostingRegressor(
        loss=params.loss,
        learning_rate=params.learning_rate,
        max_iter=params.max_iter,
        max_leaf_nodes=params.max_leaf_nodes,
        min_samples_leaf=params.min_samples_leaf,
        l2_regularization=params.l2_regularization,
        early_stopping=False,  # it would stop by rows drawn at random, which neighbours in time give away
        random_state=params.seed,
    )
    return make_pipeline(make_column_transformer((encoder, ["holiday", "weather"]), remainder="passthrough"), boosting)


class SeasonalNaive(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The same hour last week, or where that is missing the mean of this hour and weekday."""

    def fit(self, features: pd.DataFrame, target: pd.Series) -> "SeasonalNaive":
        """Remember the mean of each hour and weekday."""
        self.mean_ = target.groupby([features["weekday"], features["hour"]]).mean()
        return self

    def predict(self, features: pd.DataFrame) -> Any:
        """Return vehicles per hour."""
        usual = self.mean_.reindex(pd.MultiIndex.from_frame(features[["weekday", "hour"]]))
        return features["vehicles_week_before"].fillna(pd.Series(usual.to_numpy(), features.index)).to_numpy()


def naive() -> SeasonalNaive:
    """Return the unfitted model that costs nothing. It is never saved."""
    return SeasonalNaive()
