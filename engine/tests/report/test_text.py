"""An evaluation reads the same in the terminal and in MLflow."""

import pytest
from samples import check, evaluation, provenance, validation_report

from champion.core.words import plural, signed
from champion.evaluate.verdicts import headline, verdict
from champion.report import text
from champion.report.text import made_from, markdown

CHECKS = [
    check(success=True, observed="0 repeats"),
    check(success=False, view="drift", column="input_drift", observed="0.4 for clouds_percent"),
]


def page(judged):
    return markdown(judged, provenance(holdout=judged.holdout), validation_report(*CHECKS))


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

    assert first.startswith("kept: not proven better: ")
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
        "- holdout: 1,344 rows, 2018-08-06 00:00:00 to 2018-09-30 23:00:00",
        "cannot see differences below 2.2%",
        "drifted: clouds_percent, weather",
        "2 other models were judged on this holdout before.",
    ):
        assert fact in found


def test_the_page_keeps_quiet_of_what_there_is_not():
    """No window without time, no floor without a champion, no drift."""
    found = page(evaluation(holdout={"rows": 1, "blocks": 1, "window": None}, noise_floor=None, drifted=[], tries=1))

    assert "- holdout: 1 row" in found.splitlines()
    assert "1 other model was judged on this holdout before." in found.splitlines()


def test_nobody_is_no_number():
    """The first model on a holdout, and a contract without a flaw."""
    assert "No other model was judged on this holdout before." in page(evaluation(tries=0))


def test_the_page_tells_where_the_model_comes_from():
    """The sentence people know it by, and a line for each part of it, so that it can be found again."""
    lines = page(evaluation()).splitlines()

    assert "It was trained on Data v9, using Code v42, with Config v3." in lines
    assert [line for line in lines if line.startswith("- ") and not line.startswith("- drift")] == [
        f"- {part}: {words}" for part, words in text.provenance(provenance()).items()
    ]


def test_the_origin_says_what_each_part_is():
    """Numbers for people, digests to look up, rows and windows to check."""
    assert text.provenance(provenance()) == {
        "data": "v9 (7086df1b4e70), 40,562 rows, 2012-10-02 09:00:00 to 2018-09-30 23:00:00, from data/0-source 5ou4ce7f0c2d; "
        "12 of 48,204 source rows quarantined",
        "code": "v42, commit 4f0c2d1a9b8e “Let it rain”, clean",
        "config": "v3; since v7: nothing changed",
        "environment": "Python 3.11.9, requirements.lock (f6da2810a0b8)",
        "training": "29,000 rows, 2015-06-11 20:00:00 to 2018-09-02 23:00:00",
        "holdout": "1,344 rows, 2018-08-06 00:00:00 to 2018-09-30 23:00:00",
    }


def test_the_origin_says_what_serves_if_it_is_not_what_was_judged():
    """Judged on rows to the second, refitted to rows to the thirtieth."""
    window = ("2015-06-11 20:00:00", "2018-09-30 23:00:00")

    told = text.provenance(provenance(refitted={"rows": 30344, "window": window}))

    assert told["refit"] == "30,344 rows, 2015-06-11 20:00:00 to 2018-09-30 23:00:00: what serves"


def test_the_page_says_that_a_refit_was_faced():
    """Which of a champion's two models it was compared with."""
    assert "Faced: the refit of v7." in page(evaluation(faced_refit=True))
    assert "the refit of" not in page(evaluation())


def test_the_origin_names_the_dials_that_changed():
    """Old and new of each, against the champion of then."""
    changed = {"train.seed": ("7", "8"), "train.max_iter": ("300", "500")}

    found = text.provenance(provenance(config={"version": "v4", "changed": changed}))

    assert found["config"] == "v4; since v7: train.seed 7 → 8, train.max_iter 300 → 500"


def test_the_origin_of_a_first_model_compares_with_nobody():
    """There is no since."""
    assert text.provenance(provenance(compared_with=None))["config"] == "v3"


def test_the_origin_names_what_was_not_committed():
    """Dirty is said where clean would be."""
    code = provenance().code.model_dump() | {
        "version": "v42+dirty",
        "uncommitted": ["pipelines/problem/model.py", "params.yaml"],
    }

    assert text.provenance(provenance(code=code))["code"] == (
        "v42+dirty, commit 4f0c2d1a9b8e “Let it rain”, dirty: pipelines/problem/model.py, params.yaml"
    )


def test_the_origin_without_time_has_no_window():
    """Rows are counted all the same."""
    found = text.provenance(provenance(training={"rows": 1, "window": None}))

    assert found["training"] == "1 row"


def test_made_from_is_the_sentence_of_the_three_numbers():
    """Its subject is a version, a run or `it`."""
    assert made_from(provenance()) == "was trained on Data v9, using Code v42, with Config v3"


def test_the_verdict_gives_each_reason_a_line():
    """Below the decision, indented."""
    assert verdict(evaluation()) == "kept: not proven better\n  not proven better\n  too large"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(16.0, "+16"), (-4.5, "-4.5"), (0.0, "+0"), (12345.0, "+12,345.0"), (-99.99, "-99.99"), (0.04321987, "+0.04322")],
)
def test_a_difference_has_its_sign(value, shown):
    """Even where it is up."""
    assert signed(value) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1344, "1,344 rows")])
def test_a_count_takes_its_noun_along(count, shown):
    """One is not many, and none is a plural."""
    assert plural(count, "row") == shown


def test_the_page_lists_failed_checks_only():
    """What passed needs a number, what did not needs a name."""
    found = page(evaluation())

    assert "Data contract: 2 checks, 1 warning." in found
    assert "- drift.input_drift: 0.4 for clouds_percent" in found
    assert "0 repeats" not in found


def test_the_outcome_is_on_the_page():
    """The record and the page use the same words."""
    assert page(evaluation(decision="promote")).startswith("promote: ")
