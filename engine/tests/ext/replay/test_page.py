"""Policies side by side, as a table, a picture and a page."""

import io

import pytest

from champion.core.documents.replay import Decided, Lived, Replay
from champion.ext.replay import page as report

SAID = "adds 2.1% to the champion's mae"


def lived(name: str, live: float, **other: object) -> Lived:
    months = {"2018-08": live + 1, "2018-09": live - 1}
    return Lived(
        **{"name": name, "live": live, "by_month": months, "promotions": 1, "alarms": 0, "decided": []} | other
    )


@pytest.fixture
def answer() -> Replay:
    """Two policies over two months; at one step the contract broke."""
    decided = Decided(
        as_of="2018-09-02", faced="2018-08-05", outcome="kept: not proven better", gain=-0.021, gain_low=-0.043, reasons=[SAID]
    )  # fmt: skip
    return Replay(
        metric="mae", every=28, window=("2018-08-05", "2018-09-30"), live_window=("2018-08-06", "2018-09-30 23:00:00"),
        rows=1344, stopped={"2014-09-01": "the contract <broke>\n  details"},
        policies=[lived("params.yaml", 200.0, decided=[decided]), lived("never retrain", 210.0, promotions=0, alarms=2)],
    )  # fmt: skip


def test_the_table_compares_each_with_params_yaml(answer: Replay):
    """More loss is more than nothing."""
    told = report.text(answer).splitlines()

    assert told[0] == "mae in use over 1,344 rows, 2018-08-06 to 2018-09-30 23:00:00; a step every 28 days."
    assert told[2] == "| policy | mae | against params.yaml | promotions | alarms |"
    assert told[4:6] == ["| params.yaml | 200.0 | +0.0% | 1 | 0 |", "| never retrain | 210.0 | +5.0% | 0 | 2 |"]
    assert told[-2:] == [
        "The pipeline stopped at 1 step, so there was no candidate:",
        "- 2014-09-01: the contract <broke> details",
    ]


def test_the_page_shows_each_decision(answer: Replay):
    """With whom it faced, what it gained and why; and nothing of the data is taken for HTML."""
    drawn = io.BytesIO()
    report.picture(answer).savefig(drawn, format="png")

    page = report.page(answer, drawn.getvalue())

    assert "<td>2018-09-02</td><td>2018-08-05</td><td>kept: not proven better</td><td>-2.1%</td><td>-4.3%</td>" in page
    assert SAID.replace("'", "&#x27;") in page
    assert "the contract &lt;broke&gt;" in page
    assert drawn.getvalue().startswith(b"\x89PNG")


def test_the_picture_has_a_line_for_each_policy(answer: Replay):
    """That of params.yaml is the thickest."""
    axes = report.picture(answer).axes[0]

    assert [line.get_label() for line in axes.lines[:2]] == ["params.yaml", "never retrain"]
    assert axes.lines[0].get_linewidth() > axes.lines[1].get_linewidth()
    assert axes.lines[1].get_ydata().tolist() == [211.0, 209.0]
