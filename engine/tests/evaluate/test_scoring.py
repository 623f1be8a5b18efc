"""Every model is scored on the same rows, and whoever cannot answer is named."""

import numpy as np
import pandas as pd
import pytest
from conftest import Prepared
from sklearn.dummy import DummyRegressor
from stages import PROBLEM

from champion.core import models, tables
from champion.core.config import Params
from champion.core.documents.model import ModelCard
from champion.core.errors import PipelineError
from champion.evaluate import naive, scoring
from pipelines.problem.model import TRUSTED_TYPES


@pytest.fixture(scope="module")
def run(first_champion: Prepared):
    """The candidate of the first run, its card, and training and holdout rows."""
    data = first_champion.path / "data"
    parts = [tables.read(data / "3-features" / f"{part}.parquet") for part in ("training", "holdout")]
    card = ModelCard.read(data / "4-train/card.json")
    return models.load(data / "4-train/model.skops", TRUSTED_TYPES), card, *parts


def test_all_models_answer_the_same_rows(run, params: Params):
    """Candidate, naive model and, if there is one, the champion."""
    candidate, card, past, rows = run
    ours = scoring.candidate_answers(candidate, card, rows)
    usual = scoring.Answers(*naive.answers(PROBLEM, card.columns, past, rows))
    theirs, every = scoring.Answers(np.full(len(rows), 3000.0), None), np.ones(len(rows), dtype=bool)

    alone = scoring.score(PROBLEM, {"candidate": ours, "naive": usual}, rows, every, params.evaluate)
    faced = scoring.score(
        PROBLEM, {"candidate": ours, "champion": theirs, "naive": usual}, rows, every, params.evaluate
    )

    assert list(alone.loss) == ["candidate", "naive"]
    assert list(faced.loss) == ["candidate", "champion", "naive"]
    assert {len(loss.by_row) for loss in faced.loss.values()} == {len(rows)}
    assert faced.metrics["champion"]["mae"] == pytest.approx((rows["vehicles"] - 3000).abs().mean(), abs=1e-6)


def test_rows_that_a_model_was_trained_on_are_not_unseen(run):
    """Its own split says which."""
    _, card, _, rows = run
    later = card.model_copy(update={"split": card.split.model_copy(update={"start": "2018-09-17T00:00:00"})})

    assert scoring.unseen(PROBLEM, rows, later).tolist() == (rows["time"] >= pd.Timestamp("2018-09-17")).tolist()


class Short(DummyRegressor):
    """It predicts five values, whatever it is asked."""

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return super().predict(features)[:5]


@pytest.mark.parametrize(
    ("broken", "said"),
    [(lambda: None, "AttributeError"), (Short, r"ValueError.*5 predictions for 672 rows")],
    ids=["none", "one that predicts too few"],
)
def test_a_naive_model_that_does_not_work_is_named(run, monkeypatch, broken, said):
    """It is the problem's, and the message says where."""
    _, card, past, rows = run
    monkeypatch.setattr("pipelines.problem.model.naive", broken)

    with pytest.raises(PipelineError, match=rf"naive\(\) in pipelines/problem/model.py does not work: {said}"):
        naive.answers(PROBLEM, card.columns, past, rows)
