"""Hooks: what the project has to say when the champion moves, and what happens when a hook fails."""

import pytest
from conftest import World

from champion.promote import hooks as engine

FRIDAY = """
def may_promote(now):
    return "not on Fridays" if now.tzinfo else ""
"""
TOLD = """
import json
from pathlib import Path

def on_promoted(move):
    with Path("told.txt").open("a") as file:
        file.write(f"{move.action} {move.before} {move.after} {move.who}\\n")

def on_rolled_back(move):
    on_promoted(move)
"""


def hooks(world: World, code: str) -> None:
    (world.path / "pipelines/hooks.py").write_text(f'"""Hooks of a test."""\n{code}')
    world.commit("Hooks")


def better(world: World) -> str:
    """Make a better candidate, and run."""
    world.set(train__max_iter=60, evaluate__mode="replace")
    world.commit("Better")
    return world.repro()


def told(world: World) -> list[str]:
    file = world.path / "told.txt"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.slow
def test_a_hook_keeps_the_champion_until_it_agrees(world: World):
    """The verdict stands; the day does not. Nothing has to be trained or judged again."""
    hooks(world, FRIDAY)
    said = better(world)

    assert "kept: a hook; champion v1 stays: not on Fridays" in said
    assert world.decision["action"] == "kept: a hook"
    assert world.registered()["alias"] == [("champion", 1)]
    assert world.pipeline("gate").returncode == 0

    hooks(world, "")
    assert "v2 is champion, it replaced v1" in world.repro()


@pytest.mark.slow
def test_hooks_are_told_of_promotions_and_rollbacks(world: World):
    """Once each, with what happened."""
    hooks(world, TOLD)
    better(world)
    world.pipeline("rollback", "--yes")
    world.repro()

    assert told(world) == ["promote 1 2 Ada", "rollback 2 1 Ada"]


@pytest.mark.slow
def test_a_hook_that_fails_is_made_up_for(world: World):
    """The move stands, it is said, and the next run tells what was missed, once."""
    hooks(world, "def on_promoted(move):\n    raise RuntimeError('no network')")
    first = better(world)

    assert "v2 is champion, it replaced v1" in first
    assert "on_promoted() in pipelines/hooks.py failed: RuntimeError: no network" in first
    assert world.registered()["alias"] == [("champion", 2)]

    hooks(world, TOLD)
    world.repro()
    world.repro()
    assert told(world) == ["promote 1 2 Ada"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def may_promote(now):\n    return 'on Mondays only'", "on Mondays only"),
        ("def may_promote(now):\n    return 1 / 0", "may_promote() in pipelines/hooks.py failed: ZeroDivisionError"),
        (
            "import time\nSECONDS = 1\ndef may_promote(now):\n    time.sleep(60)",
            "may_promote() in pipelines/hooks.py took longer than 1 s and was stopped",
        ),
        ("SECONDS: int = 5\ndef may_promote(now):\n    return str(now.tzinfo is None)", "False"),
    ],
    ids=["objects", "fails", "hangs", "has a clock"],
)
def test_a_hook_that_cannot_say_whether_objects(project, monkeypatch, code: str, said: str):
    """Nobody knows what it would have said; and the reason names it."""
    monkeypatch.chdir(project)
    (project / "pipelines/hooks.py").write_text(code)

    assert engine.objection().startswith(said)


def test_hooks_that_do_nothing_start_no_process(project, monkeypatch):
    """As they are shipped: a run costs nothing for them."""
    monkeypatch.chdir(project)
    monkeypatch.setattr(engine, "_called", None)

    assert engine.objection() == ""
    assert not any(map(engine._is_written, ("may_promote", *engine.BY_ACTION.values())))
