"""Every regressor and classifier of scikit-learn can be a champion: saved, loaded, the same bytes a second time."""

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import all_estimators

from champion.core import models

pytestmark = pytest.mark.weekly
PAGE = Path(__file__).parents[3] / "docs/estimators.md"
# They predict several targets, or take one feature only.
OTHER = {
    "CCA", "ClassifierChain", "IsotonicRegression", "MultiOutputClassifier", "MultiOutputRegressor",
    "MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV", "PLSCanonical", "RegressorChain",
}  # fmt: skip
CHANCE = np.random.default_rng(0)
ROWS = pd.DataFrame(CHANCE.normal(size=(120, 4)), columns=list("abcd"))
NUMBERS = ROWS["a"] * 2 + CHANCE.normal(size=120) * 0.1 + 10
CLASSES = pd.Series(np.where(ROWS["a"] + ROWS["b"] > 0, "yes", "no"))
EVERY = {
    name: (kind, made)
    for kind in ("regressor", "classifier")
    for name, made in all_estimators(type_filter=kind)
    if name not in OTHER
}


def build(kind: str, made: type) -> object:
    """Return it with what it needs, and no chance."""
    takes = inspect.signature(made).parameters
    inner = Ridge() if kind == "regressor" else LogisticRegression()
    asked = {name: inner for name in ("estimator", "base_estimator") if name in takes}
    if "estimators" in takes:
        asked["estimators"] = [("one", inner), ("two", inner)]
    if "min_samples" in takes and "estimator" in takes:
        asked["min_samples"] = 10  # RANSAC
    if "random_state" in takes:
        asked["random_state"] = 0
    return make_pipeline(MinMaxScaler(), made(**asked))


@pytest.mark.parametrize(("kind", "made"), EVERY.values(), ids=EVERY)
def test_it_is_saved_without_trusting_anything_and_predicts_as_before(kind, made, tmp_path):
    """Twice the same bytes, and the same answers from the file."""
    target = NUMBERS if kind == "regressor" else CLASSES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # small data: some do not converge
        fitted = [build(kind, made).fit(ROWS, target) for _ in range(2)]
    for name, model in zip(("one", "two"), fitted, strict=True):
        models.save(model, tmp_path / name, trusted=[])

    loaded = models.load(tmp_path / "one", trusted=[])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert np.array_equal(models.predict(loaded, ROWS), models.predict(fitted[0], ROWS), equal_nan=True)


def line(kind: str, made: type) -> str:
    """Return its line of the page, as tried."""
    target = NUMBERS if kind == "regressor" else CLASSES
    gaps = ROWS.mask(np.eye(*ROWS.shape, dtype=bool))
    model = build(kind, made)
    missing = works(lambda: build(kind, made).fit(gaps, target).predict(gaps))
    weights = works(lambda: model.fit(ROWS, target, **models.fit_params(model, np.ones(len(ROWS)))))
    model.fit(ROWS, target)
    judged = "value" if kind == "regressor" else "probabilities" if hasattr(model, "predict_proba") else "class alone"
    return f"| `{made.__name__}` | {judged} | {missing} | {weights} |"


def works(step: Callable[[], object]) -> str:
    try:
        step()
    except (ValueError, TypeError):
        return "no"
    return "yes"


@pytest.mark.filterwarnings("ignore")  # small data: some do not converge
def test_the_page_lists_every_estimator_and_what_it_can():
    """A release of scikit-learn that brings one, or changes one, is seen here."""
    lines = [line(*each) for each in EVERY.values()]

    written = [said for said in PAGE.read_text().splitlines() if said.startswith("| `")]
    assert written == lines, "docs/estimators.md should list:\n" + "\n".join(lines)
    assert all(f"`{name}`" in PAGE.read_text() for name in OTHER)
