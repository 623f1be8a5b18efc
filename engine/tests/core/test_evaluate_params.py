"""A dial that is out of its range, misspelt or of another type is refused before anything runs."""

import pytest
from pydantic import ValidationError

NAN = float("nan")


def test_the_usual_dials_are_accepted(rules):
    """YAML has lists where we have pairs."""
    assert rules.mode == "superior"
    assert rules.limits == {"mae": (40.0, 500.0)}


@pytest.mark.parametrize(
    ("dial", "value"),
    [
        ("metric", "rmsle"),
        ("metric", "accuracy"),
        ("mode", "off"),
        ("min_improvement", -0.01),
        ("min_improvement", 1.0),
        ("min_improvement", "5%"),
        ("margin", -0.01),
        ("max_improvement", 0.0),
        ("max_improvement", 1.1),
        ("max_improvement", NAN),
        ("confidence", 0.5),
        ("confidence", 1.0),
        ("confidence", 95),
        ("confidence", NAN),
        ("bootstrap_rounds", 999),
        ("bootstrap_rounds", 10_000.5),
        ("seed", -1),
        ("seed", True),
        ("limits", {"rmsle": [0.0, 1.0]}),
        ("limits", {"mae": [300.0]}),
        ("limits", {"mae": 300.0}),
        ("limits", {"mae": ["40", "300"]}),
        ("max_slice_regression", -0.1),
        ("max_slice_regression", 10),
        ("min_slice_rows", 0),
        ("min_rows", 0),
        ("min_blocks", 1),
        ("max_drift", 0.0),
        ("max_decay", -0.1),
        ("max_model_mb", 0.0),
        ("max_model_mb", "20 MB"),
        ("max_model_mb", NAN),
        ("min_rows_per_second", -1.0),
        ("min_rows_per_second", None),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(dials, dial, value):
    """A gate that is open by accident is worse than none."""
    with pytest.raises(ValidationError, match=dial):
        dials(**{dial: value})


@pytest.mark.parametrize(
    ("dial", "value"),
    [
        ("mode", "non_inferior"),
        ("mode", "replace"),
        ("min_improvement", 0),
        ("max_improvement", 1.0),
        ("min_blocks", 2),
        ("min_rows_per_second", 0),
    ],
)
def test_the_ends_of_a_range_are_accepted(dials, dial, value):
    """Whole numbers are numbers, and a rule can be turned off where that is meant to be."""
    assert getattr(dials(**{dial: value}), dial) == value


def test_limits_may_be_set_on_no_metric_or_on_many(dials):
    """Without limits the naive model is the only floor."""
    assert dials(limits={}).limits == {}
    assert dials(limits={"mae": [0, 500], "mse": [0, 1e6]}).limits == {"mae": (0, 500), "mse": (0, 1e6)}


def test_a_misspelt_dial_is_refused(dials):
    """It would be silently without effect."""
    with pytest.raises(ValidationError, match="min_improvment"):
        dials(min_improvment=0.02)


@pytest.mark.parametrize(
    "dial",
    ["metric", "mode", "confidence", "limits", "max_slice_regression", "min_rows", "max_model_mb"],
)
def test_no_dial_has_a_hidden_default(rules, dial):
    """All that decides is on one page."""
    without = {name: value for name, value in rules.model_dump().items() if name != dial}

    with pytest.raises(ValidationError, match=dial):
        type(rules)(**without)


def test_rules_cannot_be_changed_on_the_way(rules):
    """What was read is what decides."""
    with pytest.raises(ValidationError, match="frozen"):
        rules.min_rows = 1


def test_limits_the_wrong_way_round_are_refused(dials):
    """They would refuse every model, with a riddle for a reason."""
    with pytest.raises(ValidationError, match="limits"):
        dials(limits={"mae": [300.0, 40.0]})


def test_limits_are_numbers(dials):
    """A lowest value of NaN is never undercut: that floor would be gone."""
    with pytest.raises(ValidationError, match="limits"):
        dials(limits={"mae": [NAN, 300.0]})
