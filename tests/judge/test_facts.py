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
    "champion": {"name": "v7", "version": "7"},
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


PARTS = {
    "data": {"version": "v9", "digest": "a.dir", "source": "data/0-source", "source_digest": "5ou4ce.dir"},
    "code": {"version": "v42", "digest": "7ree", "commit": "4f0c", "subject": "Let it rain", "uncommitted": []},
    "config": {"version": "v3", "digest": "c0f1"},
    "environment": {"digest": "e9", "python": "3.11.9", "lock": "requirements.lock"},
}
COUNTS = {"table": 40562, "source": 48204, "quarantined": 12, "window": ["2012-10-02 09:00:00", "2018-09-30 23:00:00"]}
JUDGED = EVALUATION | {"metric": "mae", "holdout": {"rows": 672, "blocks": 28, "window": None}}


def test_lineage_says_what_a_candidate_was_made_of_and_what_came_of_it():
    """Each of the four parts, both sets of rows, and the verdict; nothing of it is a clock or a path of a machine."""
    found = facts.lineage(PARTS, COUNTS, CARD, JUDGED, {"train.seed": "7"}, {"train.seed": 8})

    assert found == {
        "data": {**PARTS["data"], "rows": 40562, "window": COUNTS["window"], "source_rows": 48204, "quarantined": 12},
        "code": PARTS["code"],
        "config": {"version": "v3", "digest": "c0f1", "changed": {"train.seed": ("7", "8")}},
        "environment": PARTS["environment"],
        "training": {"rows": 29000, "window": ["2015-06-11 20:00:00", "2018-09-02 23:00:00"]},
        "holdout": {"rows": 672, "blocks": 28, "window": None},
        "metric": "mae",
        "metrics": EVALUATION["metrics"],
        "verdict": "reject",
        "reasons": ["not proven better", "too large"],
        "compared_with": "v7",
    }


def test_lineage_of_a_first_model_compares_with_nobody():
    """None, so that nobody reads a version into it; and the parts given are left as they were."""
    found = facts.lineage(PARTS, COUNTS, CARD, JUDGED | {"champion": None}, {}, {"train.seed": 8})

    assert found["compared_with"] is None
    assert found["config"]["changed"] == {}
    assert PARTS["config"] == {"version": "v3", "digest": "c0f1"}


THEIRS = {"train.seed": "7", "train.loss": "mae", "evaluate.limits": '{"mae": [40.0, 300.0]}', "python": "3.11.9"}


def test_equal_dials_have_not_changed():
    """MLflow keeps text: 7 on disk is "7" on record."""
    ours = {"train.seed": 7, "train.loss": "mae", "evaluate.limits": '{"mae": [40.0, 300.0]}', "python": "3.12.1"}

    assert facts.changed(THEIRS, ours) == {}


def test_dials_that_differ_are_told_with_both_values():
    """As text, so that two runs on record compare like a run and this candidate."""
    ours = {"train.seed": 8, "train.loss": "mae", "evaluate.limits": '{"mae": [40.0, 250.0]}'}

    expected = {
        "train.seed": ("7", "8"),
        "evaluate.limits": ('{"mae": [40.0, 300.0]}', '{"mae": [40.0, 250.0]}'),
    }
    assert facts.changed(THEIRS, ours) == expected
    assert facts.changed(THEIRS, {name: str(value) for name, value in ours.items()}) == expected


def test_a_dial_that_came_or_went_is_none_on_the_other_side():
    """A new dial had no value before."""
    ours = {"train.seed": 7, "train.max_iter": None, "evaluate.limits": '{"mae": [40.0, 300.0]}'}

    assert facts.changed(THEIRS, ours) == {"train.loss": ("mae", None), "train.max_iter": (None, "None")}


def test_what_is_no_dial_is_not_compared():
    """Rows, window and Python have their own place; `ingest` says what data is taken, and that has its own number."""
    assert (
        facts.changed({"ingest.as_of": "2018-08-31", "training_rows": "1"}, {"ingest.as_of": "x", "training_rows": 2})
        == {}
    )


def test_without_anybody_to_compare_with_every_dial_is_new():
    """The caller decides whether to say so."""
    assert facts.changed({}, {"train.seed": 7, "training_rows": 2}) == {"train.seed": (None, "7")}
