"""A replay decides as the pipeline did, and says what other policies would have cost."""

import json

import pytest
from conftest import World

DAYS = ("2018-06-02", "2018-06-30", "2018-07-28")
OPTIONS = ("--from", DAYS[0], "--to", DAYS[-1], "--every", "28")


@pytest.fixture
def small(fresh: World) -> World:
    """The project with a model that is made in a moment."""
    fresh.set(train__max_iter=120)
    fresh.commit("Small")
    return fresh


@pytest.mark.slow
def test_it_decides_as_the_pipeline_does(small: World):
    """Outcome, gain, bounds and reasons of each step are those of `dvc repro` on that day; again, nothing is trained."""
    lived = []
    for day in DAYS:
        small.set(ingest__as_of=day)
        small.commit(day)
        small.repro()
        evaluation = small.json("data/6-evaluate/evaluation.json")
        reasons = [reason["text"] for reason in evaluation["reasons"]]
        lived.append((evaluation["gain"], evaluation["gain_low"], reasons, evaluation["decision"] == "promote"))
        small.commit(f"Run of {day}")

    done = small.pipeline("replay", *OPTIONS, "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    today = told["policies"][0]
    assert [each["as_of"] for each in today["decided"]] == list(DAYS[1:])
    promoted = [
        (each["gain"], each["gain_low"], each["reasons"], each["outcome"] == "promote") for each in today["decided"]
    ]
    assert promoted == lived[1:]
    assert today["promotions"] == sum(one[-1] for one in lived[1:])
    never = next(each for each in told["policies"] if each["name"] == "never retrain")
    assert (never["promotions"], never["decided"]) == (0, [])
    assert never["live"] != today["live"] > 0
    assert sum(1 for _ in (small.path / "reports").glob("replay.*")) == 3

    kept = {path: path.stat().st_mtime_ns for path in (small.path / ".replay").rglob("answers.npz")}
    small.set(evaluate__confidence=0.99, evaluate__refit_margin=0.5)
    again = small.pipeline("replay", *OPTIONS)

    assert (
        "mae in use over 1,344 rows, 2018-06-03 00:00:00 to 2018-07-28 23:00:00; a step every 28 days." in again.stdout
    )
    assert len(kept) == 3
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


@pytest.mark.slow
def test_a_day_on_which_the_pipeline_stops_has_no_candidate(small: World):
    """The great outage: the contract broke, and the champion stayed."""
    done = small.pipeline("replay", "--from", "2014-08-01", "--to", "2014-09-26", "--every", "28", "--json")

    assert done.returncode == 1
    assert (
        "of 3 steps none but the last has a candidate that meets the floors: there is nothing to replace."
        in done.stderr
    )
    assert " 1 more: ingest breaks the contract: 49 checks, " in done.stderr
    assert "[critical] " in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--from", "2018-09-30", "--to", "2018-09-30"],
            "from 2018-09-30 to 2018-09-30 there are no two steps of 28 days",
        ),
        (["--from", "2018-10-30"], "from 2018-10-30 to 2018-09-30 there are no two steps of 28 days"),
        (["--from", "yesterday"], "'yesterday' does not match the format '%Y-%m-%d'"),
        (["--every", "0"], "0 is not in the range"),
    ],
    ids=["one step", "backwards", "no day", "no step"],
)
def test_days_that_make_no_past_are_told(world: World, options: list[str], said: str):
    """Before anything is computed."""
    done = world.pipeline("replay", *options)

    assert done.returncode >= 64
    assert said in done.stderr
