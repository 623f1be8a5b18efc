"""Every change of the champion is a line."""

from champion.cli.commands.history import text
from champion.core.documents.registry import Move


def move(**other):
    known = {
        "action": "promote", "before": None, "after": "1", "model_sha256": "a", "left_sha256": None, "who": "Ada",
        "when": "2026-11-24T16:10:59+00:00", "why": "meets every floor", "run_url": "http://run",
    }  # fmt: skip
    return Move(**known | other)


def test_a_line_says_when_what_from_to_who_and_why():
    """In columns."""
    moves = [move(), move(action="rollback", before="12", after="1", why="queues")]

    assert text(moves).splitlines() == [
        "2026-11-24 16:10  promote   none → v1    Ada: meets every floor",
        "2026-11-24 16:10  rollback   v12 → v1    Ada: queues",
    ]


def test_a_promotion_by_ci_names_the_job():
    """So that its log is one click away."""
    assert text([move(job_url="https://ci/7")]).endswith("Ada: meets every floor (https://ci/7)")


def test_without_a_move_the_next_step_is_said():
    """An empty answer helps nobody."""
    assert text([]) == "nobody became champion yet; run `dvc repro`"
