"""Which two candidates `pipeline why` compares, and when it need not measure again."""

from types import SimpleNamespace

import pytest
from samples import provenance
from samples import why as answer

from champion.core.documents.registry import Move
from champion.core.errors import Refusal
from champion.ext.why import command as why
from champion.registry import beginning
from champion.registry.entities import RecordedRun, Version


def move(before: str | None, after: str) -> Move:
    return Move(
        action="promote", before=before, after=after, who="Ada", when="2026-01-01 00:00:00", why="", run_url="",
        model_sha256="m", left_sha256=None,
    )  # fmt: skip


def registry(*moves: Move, versions: tuple[Version, ...] = ()) -> SimpleNamespace:
    """What is asked of one."""
    ledger = SimpleNamespace(moves=lambda: list(moves))
    return SimpleNamespace(ledger=lambda: ledger, versions=lambda _: list(versions))


def run(verdict: str, name: str = "abc") -> RecordedRun:
    return RecordedRun(name, "1", 0, "files", {"verdict": verdict, "candidate": "c"}, {}, has_datasets=True)


def test_the_last_move_is_explained_older_first():
    """Also when it was a rollback, from v2 to v1."""
    assert why._default_pair(registry(move("1", "2")), None) == ("1", "2")
    assert why._default_pair(registry(move("1", "2"), move("2", "1")), None) == ("1", "2")
    assert why._default_pair(registry(move("9", "10")), run("promote")) == ("9", "10")


@pytest.mark.parametrize("verdict", ["reject", "hold"])
def test_a_refused_candidate_is_compared_with_the_champion(verdict: str):
    """By its run, or by its version if it was champion once."""
    assert why._default_pair(registry(move("1", "2")), run(verdict)) == ("2", "abc")
    former, champion = Version("1", "abc", {}), Version("2", "x", {})
    assert why._default_pair(registry(move("1", "2"), versions=(former,)), run(verdict)) == ("2", "1")
    judged_again = why._default_pair(registry(move("1", "2"), versions=(former, champion)), run(verdict))
    assert judged_again == ("1", "2")  # the two ends of the last move


@pytest.mark.parametrize(
    ("moves", "message"),
    [([], "there is no champion yet"), ([move(None, "1")], "v1 is the only champion so far")],
)
def test_without_two_there_is_nothing_to_explain(monkeypatch, moves: list[Move], message: str):
    """An answer, no traceback."""
    monkeypatch.setattr(beginning, "remembered", lambda: "")  # else the last run in this folder would
    with pytest.raises(Refusal, match=message):
        why._default_pair(registry(*moves), None)


def test_the_rows_are_those_of_the_table_that_reaches_furthest():
    """Both are compared on the newest days that are known."""
    early, late = (
        SimpleNamespace(run=run("promote", day), provenance=provenance(data={"window": ("2012-10-02 09:00:00", day)}))
        for day in ("2018-08-31 23:00:00", "2018-09-30 23:00:00")
    )

    assert why._latest(registry(), None, early, late, None) is late
    assert why._latest(registry(), None, late, early, None) is late


def test_only_the_same_question_is_answered_from_what_was_kept(tmp_path):
    """Other params of the gate, other code: another question. A missing picture: not whole."""
    kept = [tmp_path / f"why.{kind}" for kind in ("json", "html", "png")]
    answer(question="q").write(kept[0])
    assert why._known(kept, "q") is None
    for path in kept[1:]:
        path.touch()

    assert why._known(kept, "q") == answer(question="q")
    assert why._known(kept, "another") is None
