"""The model, and the naive one it has to beat."""

from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines.problem.params import Train

TRUSTED_TYPES: list[str] = []


def build(params: Train) -> Pipeline:
    """Return the unfitted model."""
    columns = make_column_transformer((TfidfVectorizer(), "note"), (StandardScaler(), ["age", "visits_before"]))
    return make_pipeline(columns, LogisticRegression(C=params.c, random_state=params.seed))


def naive() -> DummyClassifier:
    """Return the class shares."""
    return DummyClassifier(strategy="prior")
