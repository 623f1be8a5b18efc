"""The page and the Markdown tell what was found, and nothing that people wrote becomes HTML."""

import re
from html.parser import HTMLParser

from samples import card, check, evaluation, provenance, validation_report

from champion.report import run

STAGES = ["ingest", "validate", "features", "train", "baseline", "evaluate", "promote"]
EVIL = "<script>alert(1)</script>|"
SLICE = {"name": "hours: 06-09", "rows": 112, "candidate": 214.6, "champion": 199.0, "gain": -0.078, "judged": True}


def report(*checks, success=True):
    return validation_report(*checks, success=success, reasons={f"{EVIL} is impossible": 13})


def judged(**other):
    """Return the evaluation of a candidate that is promoted."""
    promoted = {
        "decision": "promote", "reasons": ["saves 2.6%"], "gain": 0.026, "gain_low": 0.004,
        "slices": [{**SLICE, "broken": False}], "drift": {"clouds_percent": 0.7, "weather": 0.01},
        "champion": {"name": "v7", "version": "7", "made_from": "data v8"},
    }  # fmt: skip
    return evaluation(**promoted | other)


def found(*, checked=None, **other):
    known = {
        "evaluation": judged(), "card": card(train_metrics={"mae": 150.0}), "made_of": provenance(),
        "params": {"train.seed": 7}, "pictures": {"slices": b"PNG"}, "outcome": "v8 is champion, it replaced v7",
        "promoted": True,
    }  # fmt: skip
    warned = report(check(success=True), check(success=False, severity="warning"))
    return run.Run(STAGES, checked or warned, run.Judged(**known | other))


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
    marks = read(run.page(found())).marks
    assert list(marks) == [*STAGES]
    assert marks == {**dict.fromkeys(STAGES, "fine"), "validate": "warned"}

    kept = found(evaluation=judged(decision="reject"))
    assert (read(run.page(kept)).marks["evaluate"], read(run.page(kept)).marks["promote"]) == ("fine", "skipped")

    rejected = found(
        evaluation=judged(decision="reject", reasons=[{"rule": "limit", "effect": "reject", "text": "mae is 7"}])
    )
    assert read(run.page(rejected)).marks["evaluate"] == "failed"
    assert read(run.page(rejected)).marks["promote"] == "skipped"

    assert read(run.page(found(promoted=False))).marks["promote"] == "open"

    broken = run.Run(STAGES, report(check(success=False), success=False))
    marks = read(run.page(broken)).marks
    assert (marks["validate"], marks["train"], marks["promote"]) == ("failed", "skipped", "skipped")


def test_valid_data_without_an_evaluation_is_not_called_broken():
    """So it is after the data job of a healthy run."""
    text = run.page(run.Run(STAGES, report(check(success=True))))

    assert "data is valid, nothing was evaluated yet" in text
    assert "broken" not in text


def test_the_page_needs_no_other_file():
    """It can be mailed."""
    assert all(value.startswith("data:image/png;base64,") for value in read(run.page(found())).loaded)


def test_nothing_that_people_wrote_becomes_html():
    """Reasons, subjects and observed values are text."""
    evil = found(
        checked=report(check(success=False, observed=EVIL)),
        evaluation=judged(reasons=[EVIL]),
        made_of=provenance(config={"version": EVIL}),
        outcome=EVIL,
    )

    assert read(run.page(evil)).tags.count("script") == 1


def test_the_rows_that_cost_most_are_named():
    """Whoever wants to know why looks at these first; the chances of each class would hide them."""
    head = "row,actual,candidate,candidate_loss,candidate: ham\n"
    rows = [f"{place:02},ham,spam,{place / 10},0.5\n" for place in range(12)]

    page = run.page(found(predictions=head + '"a, b",ham,,,\n' + "".join(rows)))

    assert "<th>worst row</th><th>actual</th><th>candidate</th><th>candidate loss</th></tr>" in page
    order = re.findall(r"<tr><td>([^<]*)</td><td>ham</td>", page)
    assert order == ["a, b", "11", "10", "09", "08", "07", "06", "05", "04", "03"]


def test_the_summary_begins_with_the_decision():
    """The mark finds the comment again; tables keep their columns whatever stands in a cell."""
    text = run.summary(found())

    assert text.splitlines()[0] == "## promote"
    assert "v8 is champion, it replaced v7" in text
    assert "at least 0.4%; this holdout cannot see differences below 2.2%" in text
    assert "| hours: 06-09 | 112 | 214.6 | 199.0 | -7.8% |  |" in text


def test_a_loss_is_not_called_a_saving():
    """In words, not by a minus sign."""
    text = run.summary(found(evaluation=judged(decision="reject", gain=-1.304, gain_low=-1.651)))

    assert "It adds 130.4% to the champion's mae, perhaps 165.1%; this holdout" in text
    assert "saves -" not in text
    unsure = run.summary(found(evaluation=judged(gain=0.02, gain_low=-0.009)))
    assert "It saves 2.0% of the champion's mae, but may add 0.9%; this holdout" in unsure


def test_the_summary_of_a_broken_contract_tells_the_checks_that_failed():
    """And no others."""
    text = run.summary(
        run.Run(STAGES, report(check(success=True), check(success=False, observed="a|b"), success=False))
    )

    assert "## the data contract is broken, nothing was trained" in text
    assert re.findall(r"^\| critical .*", text, re.MULTILINE) == [
        "| critical | table.time | expect_it | it to hold | a/b |"
    ]
