"""What was served is scored as the gate scores: values, or probabilities of whatever classes a model knew."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from pipelines.errors import PipelineError
from pipelines.params import Evaluate
from pipelines.rebuild import served
from pipelines.record import tables

THEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where answers are kept, of rows that a number names."""
    for name, value in {"FOLDER": tmp_path / "served", "KEY": ["id"], "TARGET": "kind", "TIME": None}.items():
        monkeypatch.setattr(served, name, value)
    return tmp_path


def keep(folder, at: datetime = THEN, **columns: list) -> None:
    place = folder / "answers.parquet"
    tables.write(pd.DataFrame(columns).assign(model_sha256="-"), place)
    served.keep([place], at)


def test_models_with_other_classes_are_scored_each_by_its_own(folder):
    """A class without a probability is one that this model did not know. Rows of before are named by other numbers."""
    keep(folder, id=["1", "2", "9"], prediction=["a", "b", "a"], model=["v1"] * 3,
         **{"probability of a": [0.9, 0.2, 1.0], "probability of b": [0.1, 0.8, 0.0]})  # fmt: skip
    keep(folder, id=["3"], prediction=["c"], model=["v2"],
         **{"probability of a": [0.0], "probability of b": [0.5], "probability of c": [0.5]})  # fmt: skip
    rows = pd.DataFrame({"id": [3, 2, 1], "kind": ["c", "b", "b"], "model": "a feature", "prediction": 7})

    first, second = served.scored(rows, Evaluate.model_construct(metric="brier"))

    assert (first.model, first.kept, first.rows, first.loss) == (
        "v1",
        3,
        2,
        pytest.approx((0.9**2 * 2 + 0.2**2 * 2) / 2),
    )
    assert (second.model, second.rows, second.loss) == ("v2", 1, pytest.approx(0.5))


def test_the_last_answer_counts_whatever_wrote_its_key(folder):
    """A key may come as text from one file and as a number from the next."""
    keep(folder, id=["1"], prediction=[5.0], model=["v1"])
    keep(folder, datetime(2025, 1, 1, tzinfo=UTC), id=[1], prediction=[9.0], model=["v1"])
    rows = pd.DataFrame({"id": [1], "kind": [4.0]})

    (told,) = served.scored(rows, Evaluate.model_construct(metric="mae"))

    assert (told.kept, told.loss) == (1, 1.0)
    assert served.said(told, "mae") == "v1: mae 1 on 1 of 1 answer kept"


def test_until_the_truth_comes_it_says_so(folder):
    """Nothing is claimed."""
    keep(folder, id=[5], prediction=[5.0], model=["v1"])

    (told,) = served.scored(pd.DataFrame({"id": [1], "kind": [4.0]}), Evaluate.model_construct(metric="mae"))

    assert served.said(told, "mae") == "v1: 1 answer kept, the target of none has come yet"


def test_another_key_is_named(folder):
    """Else every row would wait for ever."""
    keep(folder, id=["one"], prediction=[5.0], model=["v1"])

    with pytest.raises(PipelineError, match=r"what was kept is not of today's KEY, id: .* Move it away"):
        served.scored(pd.DataFrame({"id": [1], "kind": [4.0]}), Evaluate.model_construct(metric="mae"))
