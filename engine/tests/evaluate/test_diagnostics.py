"""How a model errs is drawn for each model, from what it predicted."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.metrics import average_precision_score, roc_auc_score

from champion.evaluate.diagnostics import curves, residuals
from champion.evaluate.figures import COLOURS

CHANCE = np.random.default_rng(7)
TRUTH = pd.Series(np.where(CHANCE.random(400) < 0.3, "spam", "ham"))
SCORE = np.clip((TRUTH == "spam") * 0.3 + CHANCE.random(400) * 0.7, 0, 1).to_numpy()
TOLD = {"candidate": np.stack([1 - SCORE, SCORE], axis=1), "naive": np.full((400, 2), [0.7, 0.3])}


def lines(axes):
    return {line.get_label().split(" (")[0]: line for line in axes.get_lines()}


def test_values_are_drawn_against_the_truth_and_against_what_was_missed():
    """Above, a row on the line was predicted well; below, a row on zero."""
    actual = np.array([10.0, 20.0, 30.0])

    figure = residuals(actual, {"candidate": actual + 2, "champion": np.array([np.nan, 25.0, 30.0])}, "sales")

    figure.savefig(BytesIO())
    against, champion, missed, _ = figure.axes
    assert [against.get_title(), champion.get_title()] == ["candidate", "champion"]
    assert against.collections[0].get_offsets().tolist() == [[12.0, 10.0], [22.0, 20.0], [32.0, 30.0]]
    assert missed.collections[0].get_offsets().tolist() == [[12.0, -2.0], [22.0, -2.0], [32.0, -2.0]]
    assert len(champion.collections[0].get_offsets()) == 2
    assert to_hex(against.collections[0].get_facecolor()[0]) == COLOURS["candidate"]
    assert (against.get_ylabel(), missed.get_ylabel()) == ("sales, actual", "sales, actual - predicted")


def test_a_model_that_predicts_nothing_has_an_empty_picture():
    """The gate refuses it; the picture must not stop it from being said."""
    figure = residuals(np.array([1.0, 2.0]), {"candidate": np.full(2, np.nan)}, "sales")

    assert [len(axes.collections) for axes in figure.axes] == [0, 0]


def test_the_curves_are_scikit_learns_of_the_second_class():
    """The areas in the legend are those that it computes."""
    figure = curves(TRUTH, TOLD, ["ham", "spam"])

    figure.savefig(BytesIO())
    roc, precision, calibration = figure.axes

    assert f"AUC = {roc_auc_score(TRUTH == 'spam', SCORE):.2f}" in roc.get_legend().get_texts()[0].get_text()
    area = average_precision_score(TRUTH == "spam", SCORE)
    assert f"AP = {area:.2f}" in precision.get_legend().get_texts()[0].get_text()
    assert lines(calibration)["candidate"].get_color() == COLOURS["candidate"]
    assert lines(calibration)["naive"].get_ydata().tolist() == [pytest.approx((TRUTH == "spam").mean())]


def test_several_classes_are_pooled():
    """Each is taken against the rest."""
    truth = pd.Series(["a", "b", "c", "a"])
    right = np.eye(3)[[0, 1, 2, 0]]

    figure = curves(truth, {"candidate": right}, ["a", "b", "c"])

    assert "AUC = 1.00" in figure.axes[0].get_legend().get_texts()[0].get_text()
    assert "each against the rest" in figure.get_suptitle()


def test_decisions_have_no_curve_and_that_is_said():
    """A model without probabilities is judged all the same."""
    figure = curves(TRUTH, {"candidate": np.stack([TRUTH == "ham", TRUTH == "spam"], axis=1)}, ["ham", "spam"])

    assert figure.get_suptitle() == "The model decides without probabilities: there is no curve"


def test_a_holdout_of_one_class_has_no_curve():
    """Neither rate can be told."""
    figure = curves(pd.Series(["ham"] * 400), TOLD, ["ham", "spam"])

    assert not figure.axes[0].get_lines()
