"""What `why` found is told in one sentence, in a text for the terminal and on a page that needs nothing else."""

import html
import re
from base64 import b64decode

import pytest
from samples import data_change as data
from samples import provenance, why

from champion.core.documents.answers import Why
from champion.ext.why import page as report

PNG = b"\x89PNG\r\n\x1a\n some picture"
NO_CODE = {"commits": [], "files": [], "uncommitted": ([], [])}
SAME_PYTHON = {"python": ("3.11.9", "3.11.9"), "packages": {}}


def share(effect, margin, *parts, where=""):
    return {"parts": [*parts], "effect": effect, "margin": margin, "where": where}


def answer(**other) -> Why:
    """Return an answer with its sentence."""
    measured = why(**other)
    return measured.model_copy(update={"sentence": report.sentence(measured)})


def test_worse_is_told_with_its_cause_and_what_did_not_change():
    """Who reads one line knows how much, how sure, from what, and what it was not."""
    assert report.sentence(answer()) == (
        "mae rose by 16 (10.0%) from v6 to v7: +16 ± 4 from data v8 → v9; code, config and environment did not change."
    )


def test_better_is_told_too():
    """Loss is what fell."""
    found = answer(loss=[176.0, 160.0], whole=share(-16.0, 4.0, "data"), shares=[share(-16.0, 4.0, "data")])

    assert report.sentence(found).startswith("mae fell by 16 (9.1%) from v6 to v7: -16 ± 4 from data v8 → v9;")


@pytest.mark.parametrize(("margin", "said"), [(15.9, False), (16.0, True), (30.0, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_within_its_margin_is_called_chance(margin, said, sign):
    """Up or down; at the margin it is no finding yet."""
    found = answer(
        loss=[160.0, 160.0 + sign * 16],
        whole=share(sign * 16.0, margin, "data"),
        shares=[share(sign * 16.0, margin, "data")],
    )

    assert (", which is within chance (± " in report.sentence(found)) == said


def test_each_part_has_its_share_and_the_place_where_it_was_felt():
    """Two causes, the larger first, and one of them on weekends."""
    shares = [share(20.0, 3.0, "data", where="days weekend"), share(-4.5, 1.25, "code")]
    changed = {"data": data(), "code": NO_CODE}

    assert report.sentence(answer(shares=shares, changed=changed)) == (
        "mae rose by 16 (10.0%) from v6 to v7: +20 ± 3 from data v8 → v9 (most at days weekend), "
        "-4.5 ± 1.25 from code v8 → v9; config and environment did not change."
    )


def test_parts_that_cannot_be_told_apart_share_one_figure():
    """Each with its own versions."""
    changed = {"code": NO_CODE, "config": {}, "data": data()}
    shares = [share(14.0, 3.0, "code and config"), share(2.0, 1.0, "data")]

    assert (
        "+14 ± 3 from code v8 → v9 and config v8 → v9, +2 ± 1 from data v8 → v9; environment did not change."
        in report.sentence(answer(shares=shares, changed=changed))
    )


def test_if_everything_changed_nothing_is_said_to_be_the_same():
    """The sentence ends there."""
    changed = {"code": NO_CODE, "data": data(), "config": {}, "environment": SAME_PYTHON}

    assert report.sentence(answer(changed=changed)).endswith("from data v8 → v9.")


def test_a_part_without_a_number_goes_by_its_name():
    """Environments have none."""
    found = answer(shares=[share(16.0, 4.0, "environment")], changed={"environment": SAME_PYTHON})

    assert "+16 ± 4 from environment; code, data and config did not change." in report.sentence(found)


def test_a_part_of_the_same_number_has_it_once():
    """Dirty then and dirty now: v9+dirty both times."""
    dirty = {"made_from": provenance(data={"version": "v9+dirty"})}

    found = answer(old=dirty, new=dirty)

    assert "from data v9+dirty;" in report.sentence(found)


def test_a_perfect_model_that_got_worse_has_no_percentage():
    """Nothing divides by zero."""
    assert report.sentence(answer(loss=[0.0, 0.25], whole=share(0.25, 0.1, "data"))).startswith(
        "mae rose by 0.25 from v6"
    )


def test_large_effects_are_written_out():
    """A mean squared error counts in ten thousands; nobody reads powers of ten."""
    found = answer(
        metric="mse", loss=[60000.0, 72345.0], whole=share(12345.0, 1000.0, "data"),
        shares=[share(12345.0, 1000.0, "data")], interactions=[share(23456.0, 100.0, "code", "data")],
    )  # fmt: skip

    assert "+12,345.0 ± 1,000.0 from data" in found.sentence
    assert not re.search(r"\de[+-]\d", report.text(found))


CODE = {
    "commits": ["> 4f0c2d1 Let it rain", "< 9b8e7c6 Forget holidays"],
    "files": ["M pipelines/problem/features.py"],
    "uncommitted": [[], ["pipelines/problem/model.py"]],
}
COLUMN = {"type": ["float64", "float64"], "missing": [0.0, 0.0], "corrected": 0, "shift": 0.0}


def test_the_text_begins_with_the_sentence():
    """And goes on with the parts that changed, in a fixed order."""
    changed = {"environment": {"python": ["3.11.9", "3.12.1"], "packages": {"numpy": ("2.1.0", "2.2.0")}},
               "config": {"train.seed": ("7", "8"), "train.loss": (None, "mae")}, "data": data(), "code": CODE}  # fmt: skip
    text = report.text(answer(changed=changed))

    headings = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert headings[0] == answer(changed=changed).sentence
    assert headings[1:] == [
        "code v8 → v9", "data v8 → v9", "config v8 → v9", "environment", "effect on mae", "how it was measured",
    ]  # fmt: skip


def section(text, heading):
    """Return the lines below a heading."""
    found = text.split(f"\n{heading}\n")[1].split("\n\n")[0]
    return [line.strip() for line in found.splitlines()]


def test_the_text_lists_commits_files_and_what_was_not_committed():
    """All that can be looked up."""
    assert section(report.text(answer(changed={"code": CODE})), "code v8 → v9") == [
        "commit 4f0c2d1 Let it rain",
        "without commit 9b8e7c6 Forget holidays",
        "M pipelines/problem/features.py",
        "not committed in the new one: pipelines/problem/model.py",
    ]


def test_the_text_tells_of_rows_and_of_columns_that_changed():
    """Columns in which nothing happened are not listed; below a PSI of 0.1 nothing moved."""
    columns = {
        "rain_mm": COLUMN | {"type": ["float64", "str"], "missing": [0.0, 0.25]},
        "vehicles": COLUMN | {"corrected": 1, "shift": 0.1},
        "snow_mm": COLUMN | {"shift": 0.0999},
    }
    changed = data(
        added=744, added_window=["2018-09-01", "2018-09-30"], removed=1, corrected=2, corrected_window=["2018-08-01"] * 2,
        columns_added=["fog"], columns_removed=["ice", "hail"], columns=columns,
    )  # fmt: skip

    assert section(report.text(answer(changed={"data": changed})), "data v8 → v9") == [
        "744 rows added, 2018-09-01 to 2018-09-30",
        "1 row removed",
        "2 rows corrected, 2018-08-01 to 2018-08-01",
        "columns added: fog",
        "columns removed: ice, hail",
        "rain_mm: type float64 → str, missing 0.00% → 25.00%",
        "vehicles: 1 value corrected, distribution shifted, PSI 0.10",
    ]


def test_the_text_tells_of_params_and_packages():
    """Old and new, and what was not there."""
    changed = {
        "config": {"train.seed": ("7", "8")},
        "environment": {
            "python": ["3.11.9", "3.12.1"],
            "packages": {"numpy": ("2.1.0", "2.2.0"), "sktime": (None, "1.0")},
        },
    }
    text = report.text(answer(changed=changed))

    assert section(text, "config v8 → v9") == ["train.seed 7 → 8"]
    assert section(text, "environment") == ["Python 3.11.9 → 3.12.1", "numpy 2.1.0 → 2.2.0", "sktime absent → 1.0"]


def test_the_text_tells_what_happens_together_only_and_what_cannot_be_told_apart():
    """Both are reasons to read on."""
    found = answer(interactions=[share(12.0, 2.0, "code", "data")], inseparable="the new code needs train.loss")

    assert section(report.text(found), "effect on mae") == [
        "+16 ± 4 from data v8 → v9",
        "+12 ± 2 only from code and data together; shared out above",
        "some parts cannot be told apart: the new code needs train.loss",
    ]


def test_the_text_lists_slices_that_got_worse_the_worst_first():
    """Better ones and those too small to judge are left out."""

    def part(name, gain, judged=True):
        return {
            "name": name,
            "rows": 168,
            "champion": 100.0,
            "candidate": 100 * (1 - gain),
            "gain": gain,
            "judged": judged,
            "broken": False,
        }

    slices = [
        part("days: weekday", 0.1),
        part("hours: 00-05", -0.05),
        part("days: weekend", -0.3),
        part("weather: Squall", -2.0, judged=False),
    ]

    assert section(report.text(answer(slices=slices)), "slices that got worse") == [
        "days: weekend: 100.0 → 130.0 (+30.0%, 168 rows)",
        "hours: 00-05: 100.0 → 105.0 (+5.0%, 168 rows)",
    ]
    assert "slices" not in report.text(answer(slices=slices[:1]))


def test_the_text_tells_how_it_was_measured():
    """On which rows, and whether the two are what they were."""
    found = answer(old={"rebuilt_exactly": False})

    lines = section(report.text(found), "how it was measured")

    assert (
        lines[0]
        == "on 672 rows of data v9, the table of v7, that neither was trained on, 2018-09-03 00:00:00 to 2018-09-30 23:00:00"
    )
    assert lines[1:3] == ["v6 was rebuilt with OTHER bytes than recorded", "v7 was rebuilt to the byte"]


def test_without_time_no_window_is_told():
    """Rows of which none is the first."""
    found = answer(holdout={"rows": 1, "window": None}, changed={"data": data(added=1)})

    assert "on 1 row of data v9, the table of v7, that neither was trained on\n" in report.text(found)
    assert "  1 row added\n" in report.text(found)


def test_the_page_says_all_that_the_text_says():
    """Sentence, headings and lines."""
    found = answer(changed={"code": CODE, "data": data()})
    page = report.page(found, PNG)

    for line in filter(None, map(str.strip, report.text(found).splitlines())):
        assert html.escape(line) in page


def test_the_page_needs_nothing_else():
    """It is sent by mail and opened in a train: no style, script or picture from elsewhere; the picture is in it."""
    page = report.page(answer(), PNG)

    assert [b64decode(found) for found in re.findall(r'src="data:image/png;base64,([^"]*)"', page)] == [PNG]
    assert page.count("src=") == 1
    for elsewhere in ("http", "href", "url(", "@import", "<script src", "<link", "<iframe"):
        assert elsewhere not in page


def test_nothing_that_people_wrote_becomes_html():
    """A commit subject, a file, a param, a category, a column, a message: each is text."""
    evil = "<script>alert('x')</script>&\"{sentence}"
    changed = {
        "code": {"commits": [f"> 4f0c2d1 {evil}"], "files": [f"M {evil}"], "uncommitted": [[evil], []]},
        "data": data(columns_added=[evil], columns={evil: COLUMN | {"corrected": 1}}),
        "config": {"train.loss": (evil, evil)},
    }
    slices = [
        {"name": evil, "rows": 168, "champion": 1.0, "candidate": 2.0, "gain": -1.0, "judged": True, "broken": False}
    ]
    found = answer(
        shares=[share(16.0, 4.0, "data", where=evil)],
        changed=changed,
        slices=slices,
        inseparable=evil,
        old={"name": evil},
    )

    page = report.page(found, PNG)

    assert page.count("<script") == 1  # the shell's own
    assert "{sentence}" in page
    assert page.count("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;{sentence}") >= 10
