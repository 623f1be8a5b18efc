"""MLflow is told the same figures that the files hold, under names that can be searched."""

from samples import card, evaluation

from champion.core.documents.data import Split
from champion.report import mlflow_fields as fields

METRICS = {"candidate": {"mae": 171.4}, "champion": {"mae": 176.0}, "naive": {"mae": 289.5}}
CARD, SPLIT = card(), Split(holdout_sha256="ab12")
EVALUATION = evaluation(metrics=METRICS, gain=0.026, gain_low=0.0043)


def test_metrics_of_the_candidate_have_the_plain_names():
    """Runs are compared by `mae`; whose other figures are is part of their name."""
    assert fields.metrics(CARD, EVALUATION) == {
        "train_mae": 120.5,
        "mae": 171.4,
        "champion_mae": 176.0,
        "naive_mae": 289.5,
        "gain": 0.026,
        "gain_low": 0.0043,
    }


def test_a_gain_of_zero_is_told_and_a_missing_one_is_not():
    """Zero is a finding, nothing is not."""
    tie = fields.metrics(CARD, evaluation(gain=0.0, gain_low=0.0))
    first = fields.metrics(CARD, evaluation(gain=None, gain_low=None))

    assert (tie["gain"], tie["gain_low"]) == (0.0, 0.0)
    assert "gain" not in first
    assert "gain_low" not in first


def test_params_name_the_section_of_each_param():
    """Two stages may have a seed."""
    named = fields.params({"train": {"seed": 7}, "evaluate": {"seed": 8}}, CARD, "3.11.9")

    assert named == {
        "train.seed": 7,
        "evaluate.seed": 8,
        "training_rows": 29000,
        "training_from": "2015-06-11 20:00:00",
        "training_to": "2018-09-02 23:00:00",
        "python": "3.11.9",
    }


def test_without_time_the_window_is_empty():
    """The names stay, so that runs can be put side by side."""
    named = fields.params({}, card(window=None), "3.11.9")

    assert (named["training_from"], named["training_to"]) == ("", "")


def test_tags_say_verdict_reasons_and_champion():
    """What a person filters by."""
    named = fields.tags(CARD, "c0de", SPLIT, EVALUATION, "")

    assert named["verdict"] == "reject"
    assert named["reasons"] == "not proven better; too large"
    assert named["rules"] == "improvement"
    assert named["model_sha256"] == "534f"
    assert named["card_sha256"] == "c0de"
    assert named["holdout"] == "ab12"
    assert named["compared_with"] == "v7"
    assert named["experiment"] == "no"


def test_tags_of_a_first_model_name_nobody():
    """An experiment keeps its name."""
    named = fields.tags(CARD, "c0de", SPLIT, evaluation(champion=None), "lively-hare")

    assert named["compared_with"] == "nobody"
    assert named["experiment"] == "lively-hare"


def test_long_reasons_are_cut_to_what_mlflow_takes():
    """A record that is refused helps nobody: run tags end at 8,000 characters, registry tags at 5,000."""
    named = fields.tags(CARD, "c0de", SPLIT, evaluation(reasons=["x" * 9000]), "")

    assert len(named["reasons"]) <= 5000


THEIRS = {"train.seed": "7", "train.loss": "mae", "evaluate.limits": '{"mae": [40.0, 300.0]}', "python": "3.11.9"}


def test_equal_params_have_not_changed():
    """MLflow keeps text: 7 on disk is "7" on record."""
    ours = {"train.seed": 7, "train.loss": "mae", "evaluate.limits": '{"mae": [40.0, 300.0]}', "python": "3.12.1"}

    assert fields.changed(THEIRS, ours) == {}


def test_params_that_differ_are_told_with_both_values():
    """As text, so that two runs on record compare like a run and this candidate."""
    ours = {"train.seed": 8, "train.loss": "mae", "evaluate.limits": '{"mae": [40.0, 250.0]}'}

    expected = {
        "train.seed": ("7", "8"),
        "evaluate.limits": ('{"mae": [40.0, 300.0]}', '{"mae": [40.0, 250.0]}'),
    }
    assert fields.changed(THEIRS, ours) == expected
    assert fields.changed(THEIRS, {name: str(value) for name, value in ours.items()}) == expected


def test_a_param_that_came_or_went_is_none_on_the_other_side():
    """A new param had no value before."""
    ours = {"train.seed": 7, "train.max_iter": None, "evaluate.limits": '{"mae": [40.0, 300.0]}'}

    assert fields.changed(THEIRS, ours) == {"train.loss": ("mae", None), "train.max_iter": (None, "None")}


def test_what_is_no_param_is_not_compared():
    """Rows, window and Python have their own place; `ingest` says what data is taken, and that has its own number."""
    assert (
        fields.changed({"ingest.as_of": "2018-08-31", "training_rows": "1"}, {"ingest.as_of": "x", "training_rows": 2})
        == {}
    )


def test_without_anybody_to_compare_with_every_param_is_new():
    """The caller decides whether to say so."""
    assert fields.changed({}, {"train.seed": 7, "training_rows": 2}) == {"train.seed": (None, "7")}
