"""What serves knows the holdout as well; what was changed waits until days have come that nobody has looked at."""

from pathlib import Path

import pytest
from conftest import World, copy_of_project

TRAINED = "champion.core.entry train "


@pytest.fixture
def fresh(tmp_path: Path) -> World:
    """The project, never run."""
    return copy_of_project(tmp_path / "world")


@pytest.mark.slow
def test_a_changed_recipe_waits_for_days_that_nobody_has_looked_at(fresh: World):
    """It is on record from the first day; once enough days of data have come, the same recipe is promoted."""
    fresh.set(train__max_iter=60, evaluate__shadow_days=7, ingest__as_of="2018-06-30")
    fresh.commit("A small one")
    assert "v1 is champion" in fresh.repro()
    fresh.set(train__max_iter=200)
    fresh.commit("A larger one")

    first = fresh.repro()
    again = fresh.repro()
    fresh.set(ingest__as_of="2018-07-06")
    early = fresh.repro()
    fresh.set(ingest__as_of="2018-07-07")
    fresh.commit("A week later")
    due = fresh.repro()

    assert "0 days of data have come since its recipe was first recorded; evaluate.shadow_days asks for 7" in first
    assert "kept: not proven better; champion v1 stays" in first
    assert TRAINED not in again
    assert "6 days of data have come" in early
    assert "v2 is champion, it replaced v1" in due


@pytest.mark.slow
def test_a_month_later_the_refit_is_faced_and_a_newer_one_takes_over(fresh: World):
    """Same recipe, same rows: the candidate is what served, to the byte, and its own refit knows a month more."""
    fresh.set(train__max_iter=60, ingest__as_of="2018-06-30")
    fresh.commit("June")
    fresh.repro()
    served = (fresh.path / "data/4-train/refit/model.skops").read_bytes()
    fresh.set(ingest__as_of="2018-07-28")
    fresh.commit("July")

    output = fresh.repro()

    assert (fresh.path / "data/4-train/model.skops").read_bytes() == served
    assert "loses exactly what the champion does; evaluate.refit_margin is 0.02" in output
    assert "evaluate: faced: the refit of v1" in output
    assert "v2 is champion, it replaced v1" in output
    lineage = fresh.pipeline("lineage").stdout
    assert "to 2018-06-30 23:00:00\n" in next(
        line + "\n" for line in lineage.splitlines() if line.startswith("training")
    )
    assert next(line for line in lineage.splitlines() if line.startswith("refit")).endswith("23:00:00: what serves")
    back = fresh.pipeline("rollback", "--yes")
    assert "champion is v1 again" in back.stdout, back.stderr
