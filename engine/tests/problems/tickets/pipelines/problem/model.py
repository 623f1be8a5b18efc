"""The model, and the naive one it has to beat."""

from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from pipelines.problem.params import Train

TRUSTED_TYPES: list[str] = []


def build(params: Train) -> Pipeline:
    """Return the unfitted model."""
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    boosting = HistGradientBoostingClassifier(
        max_iter=params.max_iter, learning_rate=params.learning_rate, random_state=params.seed
    )
    return make_pipeline(make_column_transformer((encoder, ["channel"]), remainder="passthrough"), boosting)


def naive() -> DummyClassifier:
    """Return the class shares."""
    return DummyClassifier(strategy="prior")
