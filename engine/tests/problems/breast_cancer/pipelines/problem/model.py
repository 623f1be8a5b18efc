"""The model, and the naive one it has to beat."""

from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines.problem.params import Train

TRUSTED_TYPES: list[str] = []


def build(params: Train) -> Pipeline:
    """Return the unfitted model."""
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=params.c, random_state=params.seed))


def naive() -> DummyClassifier:
    """Return the class shares."""
    return DummyClassifier(strategy="prior")
