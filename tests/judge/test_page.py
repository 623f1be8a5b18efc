"""The page and the Markdown tell what was found, and nothing that people wrote becomes HTML."""

import re
from html.parser import HTMLParser

from samples import evaluation, lineage

from pipelines.judge import page

EVIL = "<script>alert(1)</script>|"
SLICE = {"name": "hours: 06-09", "rows": 112, "candidate": 214.6, "champion": 199.0, "gain": -0.078, "judged": True}


def check(*, success, severity="critical", observed="0 of 9 rows otherwise"):
    return {
        "success": success, "severity": severity, "view": "table", "column": "time", "expectation": "expect_it",
        "expected": "it to hold", "observed": observed, "examples": [],
    }  # fmt: skip


def report(*checks, success=True):
    counts = {"source": 48204, "table": 40562, "quarantined": 13, "reasons": {f"{EVIL} is impossible": 13}}
    return {"success": success, "checks": list(checks), "counts": counts}


def found(**other):
    judged = evaluation(
        decision="promote", reasons=["saves 2.6%"], gain=0.026, gain_low=0.004, slices=[{**SLICE, "broken": False}],
        drift={"clouds_percent": 0.7, "weather": 0.01}, champion={"name": "v7", "version": "7", "lineage": "data v8"},
    )  # fmt: skip
    card = {"features": [["hour", "int64"]], "history": {"mae": 150.0}}
    known = {
        "report": report(check(success=True), check(success=False, severity="warning")), "evaluation": judged,
        "card": card, "made_of": lineage(), "params": {"train.seed": 7}, "pictures": {"slices": b"PNG"},
        "outcome": "v8 is champion, it replaced v7", "promoted": True,
    }  # fmt: skip
    return page.Found(**{**known, **other})


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.loaded, self.marks = [], [], {}

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "href")]
        if given.get("role") == "tab":
            self.marks[given["id"].removeprefix("tab-")] = given["class"]


def read(text):
    reader = Reader()
    reader.feed(text)
    return reader


def test_each_stage_is_a_tab_that_says_how_it_ended():
    """A warning is no failure; what was not reached did not run."""
    marks = read(page.page(found())).marks
    assert list(marks) == [*page.STAGES]
    assert marks == {**dict.fromkeys(page.STAGES, "fine"), "validate": "warned"}

    rejected = found(evaluation={**found().evaluation, "decision": "reject"})
    assert read(page.page(rejected)).marks["evaluate"] == "failed"
    assert read(page.page(rejected)).marks["promote"] == "skipped"

    assert read(page.page(found(promoted=False))).marks["promote"] == "open"

    broken = page.Found(report(check(success=False), success=False))
    marks = read(page.page(broken)).marks
    assert (marks["validate"], marks["train"], marks["promote"]) == ("failed", "skipped", "skipped")


def test_valid_data_without_an_evaluation_is_not_called_broken():
    """So it is after the data job of a healthy run."""
    text = page.page(page.Found(report(check(success=True))))

    assert "data is valid, nothing was evaluated yet" in text
    assert "broken" not in text


def test_the_page_needs_no_other_file():
    """It can be mailed."""
    assert all(value.startswith("data:image/png;base64,") for value in read(page.page(found())).loaded)


def test_nothing_that_people_wrote_becomes_html():
    """Reasons, subjects and observed values are text."""
    evil = found(
        report=report(check(success=False, observed=EVIL)),
        evaluation={**found().evaluation, "reasons": [EVIL]},
        made_of=lineage(config={"version": EVIL, "changed": {}}),
        outcome=EVIL,
    )

    assert read(page.page(evil)).tags.count("script") == 1


def test_the_summary_begins_with_the_decision():
    """The mark finds the comment again; tables keep their columns whatever stands in a cell."""
    text = page.summary(found())

    assert text.splitlines()[0] == "## decided: promote"
    assert "v8 is champion, it replaced v7" in text
    assert "at least 0.4%; this holdout cannot see differences below 2.2%" in text
    assert "| hours: 06-09 | 112 | 214.6 | 199.0 | -7.8% |  |" in text


def test_a_loss_is_not_called_a_saving():
    """In words, not by a minus sign."""
    text = page.summary(
        found(evaluation={**found().evaluation, "decision": "reject", "gain": -1.304, "gain_low": -1.651})
    )

    assert "Its mae is 130.4% higher than the champion's; this holdout" in text
    assert "saves -" not in text
    unsure = page.summary(found(evaluation={**found().evaluation, "gain": 0.02, "gain_low": -0.009}))
    assert "It saves 2.0% of the champion's mae, perhaps nothing; this holdout" in unsure


def test_the_summary_of_a_broken_contract_tells_the_checks_that_failed():
    """And no others."""
    text = page.summary(page.Found(report(check(success=True), check(success=False, observed="a|b"), success=False)))

    assert "## the data contract is broken, nothing was trained" in text
    assert re.findall(r"^\| critical .*", text, re.MULTILINE) == [
        "| critical | table.time | expect_it | it to hold | a/b |"
    ]
