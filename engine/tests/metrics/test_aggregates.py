"""A metric of rows taken together is what scikit-learn says it is, on all rows, on a part, and on every resample."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs

from champion.metrics.aggregates import mean
from champion.metrics.by_row import Settings
from champion.metrics.losses import losses, metrics

CLASSES = ["bus", "car", "tram"]
BLOCKS = np.repeat(np.arange(20), 10)
ERRORS = {
    "mae": theirs.mean_absolute_error,
    "rmse": theirs.root_mean_squared_error,
    "wape": lambda truth, said, sample_weight: (
        np.average(np.abs(truth - said), weights=sample_weight) / np.average(np.abs(truth), weights=sample_weight)
    ),
    "r2": lambda truth, said, sample_weight: 1 - theirs.r2_score(truth, said, sample_weight=sample_weight),
}


def one_class(function):
    """Return a score of the positive class, that is the second."""
    return lambda truth, said, sample_weight: 1 - function(truth == "car", said[:, 1], sample_weight=sample_weight)


def averaged(function):
    """Return the mean over classes, each against the rest."""
    return lambda truth, said, sample_weight: (
        1
        - np.mean(
            [function(truth == name, said[:, at], sample_weight=sample_weight) for at, name in enumerate(CLASSES)]
        )
    )


def f1(average, **how):
    def score(truth, said, sample_weight):
        decided = np.array(CLASSES)[said.argmax(axis=1)]
        return 1 - theirs.f1_score(truth, decided, average=average, sample_weight=sample_weight, **how)

    return score


SCORES = {"roc_auc": theirs.roc_auc_score, "average_precision": theirs.average_precision_score}
JUDGED = {
    **{name: ("values", name, None, score) for name, score in ERRORS.items()},
    **{f"{name} of two": ("two", name, None, one_class(score)) for name, score in SCORES.items()},
    **{f"{name} of one": ("three", name, "car", one_class(score)) for name, score in SCORES.items()},
    **{f"{name} of all": ("three", name, None, averaged(score)) for name, score in SCORES.items()},
    "f1 of two": ("two", "f1", None, f1("binary", pos_label="car")),
    "f1 of one": ("three", "f1", "tram", f1(None, labels=["tram"])),
    "f1_macro": ("three", "f1_macro", "tram", f1("macro")),
}


def problem(kind):
    """Return 200 rows: what was, and what a model that knows a little says of it, with ties."""
    chance = np.random.default_rng(5)
    if kind == "values":
        truth = pd.Series(1e6 + chance.normal(0, 30, 200))
        return truth, truth.to_numpy() + chance.normal(0, 20, 200), None
    classes = CLASSES[: {"two": 2, "three": 3}[kind]]
    truth = pd.Series(chance.choice(classes, 200))
    said = np.equal.outer(truth.to_numpy(), np.array(classes)) + chance.integers(1, 6, (200, len(classes)))
    return truth, said / said.sum(axis=1, keepdims=True), classes


@pytest.fixture(params=JUDGED)
def case(request):
    kind, metric, positive, score = JUDGED[request.param]
    truth, said, classes = problem(kind)

    def loss(weights=None):
        return losses(metric, truth, said, classes, Settings(positive=positive, weights=weights))

    return loss, lambda weights: np.ravel(score(truth, said, sample_weight=weights))[0]


def test_it_is_what_scikit_learn_says(case):
    """A figure in the registry must mean what everybody means by it; of a score, 1 - score is the loss."""
    loss, expected = case

    assert loss().total == pytest.approx(expected(np.ones(200)))


def test_rows_weigh_what_they_are_said_to(case):
    """As scikit-learn's sample_weight."""
    loss, expected = case
    weights = np.random.default_rng(6).integers(0, 5, 200).astype(float)

    assert loss(weights).total == pytest.approx(expected(weights))


def test_a_block_that_is_drawn_twice_counts_twice(case):
    """A resample is a weighting of the rows; weights of their own are kept."""
    loss, expected = case
    own = np.random.default_rng(6).uniform(0.5, 2, 200)
    draws = np.random.default_rng(7).multinomial(20, np.full(20, 1 / 20), size=5)

    found = loss(own).resampled(BLOCKS, draws)

    assert found == pytest.approx([expected(own * each[BLOCKS]) for each in draws])


def test_a_part_is_judged_as_if_there_were_no_other_rows(case):
    """That is how slices are compared."""
    loss, expected = case
    rows = BLOCKS < 12

    assert loss().at(rows).total == pytest.approx(expected(rows.astype(float)))
    assert loss().at(rows).by_row.shape == (120,)


def test_many_rounds_are_the_same_as_few_at_a_time(monkeypatch):
    """Memory is bounded, and that changes no figure."""
    truth, said, classes = problem("two")
    loss, draws = (
        losses("roc_auc", truth, said, classes),
        np.random.default_rng(7).multinomial(20, np.full(20, 1 / 20), 50),
    )
    whole = loss.resampled(BLOCKS, draws)

    monkeypatch.setattr("champion.metrics.aggregates.CELLS", 1000)

    assert np.array_equal(loss.resampled(BLOCKS, draws), whole)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "f1"])
def test_a_class_that_does_not_occur_tells_nothing(metric):
    """Neither 0 nor 1 would be true; the others still count, as every model is judged on the same rows."""
    truth, said = pd.Series(["car", "car"]), np.array([[0.0, 1.0], [0.2, 0.8]])
    positive = Settings(positive="bus")

    assert np.isnan(losses(metric, truth, said, ["bus", "car"], positive).total)
    assert metric not in metrics(truth, said, ["bus", "car"], positive)


def test_a_target_that_does_not_vary_has_no_r2():
    """There is nothing to explain."""
    assert "r2" not in metrics(pd.Series([3.0, 3.0]), np.array([2.0, 3.0]), None)


def test_blocks_without_weight_tell_nothing():
    """0 / 0 is no loss of 0."""
    draws = np.array([[2, 0], [0, 2]])

    assert np.isnan(mean(np.array([1.0, 2.0]), np.array([1.0, 0.0])).resampled(np.array([0, 1]), draws)).tolist() == [
        False,
        True,
    ]
