"""MLflow is told the same figures that the files hold, under names that can be searched."""

from pipelines.judge import facts

CARD = {
    "rows": 29000,
    "window": ["2015-06-11 20:00:00", "2018-09-02 23:00:00"],
    "history": {"mae": 120.5},
    "model_sha256": "534f",
}
EVALUATION = {
    "decision": "reject",
    "reasons": ["not proven better", "too large"],
    "metrics": {"candidate": {"mae": 171.4}, "champion": {"mae": 176.0}, "naive": {"mae": 289.5}},
    "gain": 0.026,
    "gain_low": 0.0043,
    "champion": {"version": "7"},
}


def test_metrics_of_the_candidate_have_the_plain_names():
    """Runs are compared by `mae`; whose other figures are is part of their name."""
    assert facts.metrics(CARD, EVALUATION) == {
        "history_mae": 120.5,
        "mae": 171.4,
        "champion_mae": 176.0,
        "naive_mae": 289.5,
        "gain": 0.026,
        "gain_low": 0.0043,
    }


def test_a_gain_of_zero_is_told_and_a_missing_one_is_not():
    """Zero is a finding, nothing is not."""
    tie = facts.metrics(CARD, EVALUATION | {"gain": 0.0, "gain_low": 0.0})
    first = facts.metrics(CARD, EVALUATION | {"gain": None, "gain_low": None})

    assert (tie["gain"], tie["gain_low"]) == (0.0, 0.0)
    assert "gain" not in first
    assert "gain_low" not in first


def test_params_name_the_section_of_each_dial():
    """Two stages may have a seed."""
    found = facts.params({"train": {"seed": 7}, "evaluate": {"seed": 8}}, CARD, "3.11.9")

    assert found == {
        "train.seed": 7,
        "evaluate.seed": 8,
        "training_rows": 29000,
        "training_from": "2015-06-11 20:00:00",
        "training_to": "2018-09-02 23:00:00",
        "python": "3.11.9",
    }


def test_without_time_the_window_is_empty():
    """The names stay, so that runs can be put side by side."""
    found = facts.params({}, CARD | {"window": None}, "3.11.9")

    assert (found["training_from"], found["training_to"]) == ("", "")


def test_tags_say_verdict_reasons_and_opponent():
    """What a person filters by."""
    found = facts.tags(CARD, "c0de", {"holdout_sha256": "ab12"}, EVALUATION, "")

    assert found["verdict"] == "reject"
    assert found["reasons"] == "not proven better; too large"
    assert found["model_sha256"] == "534f"
    assert found["card_sha256"] == "c0de"
    assert found["holdout"] == "ab12"
    assert found["compared_with"] == "v7"
    assert found["experiment"] == "no"


def test_tags_of_a_first_model_name_nobody():
    """An experiment keeps its name."""
    found = facts.tags(CARD, "c0de", {"holdout_sha256": "ab12"}, EVALUATION | {"champion": None}, "lively-hare")

    assert found["compared_with"] == "nobody"
    assert found["experiment"] == "lively-hare"


def test_long_reasons_are_cut_to_what_mlflow_takes():
    """A record that is refused helps nobody: run tags end at 8,000 characters, registry tags at 5,000."""
    found = facts.tags(CARD, "c0de", {"holdout_sha256": "ab12"}, EVALUATION | {"reasons": ["x" * 9000]}, "")

    assert len(found["reasons"]) <= 5000
