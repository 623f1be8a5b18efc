"""An evaluation reads the same in the terminal and in MLflow."""

import pytest

from pipelines.judge.words import headline, markdown

CHECKS = [
    {"success": True, "view": "table", "column": "time", "observed": "0 repeats"},
    {"success": False, "view": "drift", "column": "input_drift", "observed": "0.4 for clouds_percent"},
]


def evaluation(**other):
    return {
        "decision": "reject",
        "reasons": ["not proven better", "too large"],
        "metric": "mae",
        "metrics": {
            "candidate": {"mae": 171.4385, "bias": -10.2},
            "champion": {"mae": 176.015, "bias": -5.1},
            "naive": {"mae": 289.4628, "bias": 19.1},
        },
        "champion": {"version": "7"},
        "holdout": {"rows": 1344, "blocks": 56, "window": ["2018-08-06 00:00:00", "2018-09-30 23:00:00"]},
        "noise_floor": 0.0217,
        "tries": 2,
        "drifted": ["clouds_percent", "weather"],
    } | other


def page(found):
    return markdown(found, "was trained on data v9", "4f0c2d1a9b8e7c6d5f4a", {"checks": CHECKS})


def test_the_headline_compares_all_on_the_metric_that_counts():
    """Candidate first, then whom it has to beat."""
    assert headline(evaluation()) == "mae candidate 171.4, champion v7 176.0, naive 289.5"


def test_the_headline_of_a_first_model_has_no_champion():
    """There is nobody to name."""
    metrics = {"candidate": {"mae": 0.04321987}, "naive": {"mae": 12.5}}

    assert headline(evaluation(metrics=metrics, champion=None)) == "mae candidate 0.04322, naive 12.5"


def test_large_figures_are_written_out():
    """Nobody counts vehicles in powers of ten."""
    metrics = {"candidate": {"mae": 1234567.891}}

    assert headline(evaluation(metrics=metrics, champion=None)) == "mae candidate 1,234,567.9"


def test_the_headline_says_if_there_was_nothing_to_judge_on():
    """No figure is better than a wrong one."""
    assert headline(evaluation(metrics={"candidate": {}, "naive": {}})) == "mae unknown: no row to judge on"


def test_the_page_begins_with_the_decision_and_all_reasons():
    """Who reads one line has read the one that counts."""
    first = page(evaluation()).splitlines()[0]

    assert "reject" in first
    assert first.index("not proven better") < first.index("too large")


def test_the_page_has_a_table_of_all_metrics():
    """One row per metric, one column per model, as Markdown has it."""
    lines = page(evaluation()).splitlines()
    start = lines.index("| holdout | candidate | champion v7 | naive |")

    assert lines[start + 1 : start + 4] == [
        "|---|---|---|---|",
        "| bias | -10.2 | -5.1 | 19.1 |",
        "| mae | 171.4 | 176.0 | 289.5 |",
    ]


def test_a_figure_that_a_model_lacks_is_left_blank():
    """The table keeps its shape."""
    found = evaluation(metrics={"candidate": {"mae": 171.4, "bias": 1.0}, "naive": {"mae": 289.5}}, champion=None)

    assert "| bias | 1 |  |" in page(found).splitlines()


def test_the_page_tells_of_the_holdout():
    """How many rows, from when to when, how often asked, and what it cannot see."""
    found = page(evaluation())

    for fact in (
        "1,344 rows from 2018-08-06 00:00:00 to 2018-09-30 23:00:00",
        "cannot see differences below 2.2%",
        "drifted: clouds_percent, weather",
        "2 other models",
    ):
        assert fact in found


def test_the_page_keeps_quiet_of_what_there_is_not():
    """No window without time, no floor without a champion, no drift."""
    found = page(evaluation(holdout={"rows": 1, "blocks": 1, "window": None}, noise_floor=None, drifted=[], tries=1))

    assert "Holdout: 1 row; 1 other model judged on it before." in found.splitlines()


def test_none_is_a_plural():
    """The first model on a holdout, and a contract without a flaw."""
    assert "0 other models" in page(evaluation(tries=0))


def test_the_page_tells_where_the_model_comes_from():
    """Origin and commit, so that it can be found again."""
    assert "It was trained on data v9 (commit 4f0c2d1a9b8e)." in page(evaluation()).splitlines()


def test_the_page_lists_failed_checks_only():
    """What passed needs a number, what did not needs a name."""
    found = page(evaluation())

    assert "Data contract: 2 checks, 1 warning." in found
    assert "- drift.input_drift: 0.4 for clouds_percent" in found
    assert "0 repeats" not in found


@pytest.mark.parametrize("decision", ["promote", "reject", "hold"])
def test_each_decision_is_a_word_on_the_page(decision):
    """The record and the page use the same words."""
    assert decision in page(evaluation(decision=decision, reasons=["for a reason"])).splitlines()[0]
