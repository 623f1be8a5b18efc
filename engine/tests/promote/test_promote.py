"""Promotion on a registry that others use too: a real MLflow server."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Prepared, Server, World, environment_of

NAME = "traffic-demand"
LENIENT = {"evaluate__mode": "non_inferior", "evaluate__margin": 0.5, "evaluate__max_slice_regression": 0.9}


@pytest.fixture(scope="module")
def team(server: Server, first_champion: Prepared, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A clone whose champion is on the shared registry."""
    world = first_champion.copy(tmp_path_factory.mktemp("team") / "world")
    (world.path / "mlflow.db").unlink()
    world.pipeline("champion-from", "nobody", **server.shared)
    assert "v1 is champion, it replaced nobody" in world.repro(**server.shared)
    return world


def colleague(team: World, path: Path, leaves: int, *, commit: bool = True) -> World:
    """A colleague's clone, with a candidate that is promoted whoever was judged before it."""
    world = team.copy(path)
    world.set(train__max_leaf_nodes=leaves, **LENIENT)
    if commit:
        world.commit(f"{leaves} leaves")
    return world


@pytest.mark.slow
def test_uncommitted_work_is_recorded_but_not_promoted(server: Server, team: World, tmp_path: Path):
    """What nobody can check out nobody can rebuild."""
    world = colleague(team, tmp_path / "a", 63, commit=False)

    output = world.repro(**server.shared)

    assert "not promoted, champion v1 stays" in output
    assert "params.yaml" in output
    assert server.client().get_model_version_by_alias(NAME, "champion").version == "1"
    world.commit("63 leaves")
    assert "v2 is champion, it replaced v1" in world.repro(**server.shared)
    assert world.pipeline("rollback", "--yes", **server.shared).returncode == 0
    doctor = world.pipeline("doctor", MLFLOW_TRACKING_USERNAME="somebody", **server.shared).stdout
    assert "MISSING  MLflow asks who is there: anybody who reaches it may read" in doctor


@pytest.mark.slow
def test_of_two_promotions_at_once_one_wins(server: Server, team: World, tmp_path: Path):
    """Both beat the champion, both start together; the second is told to compare again."""
    worlds = [colleague(team, tmp_path / str(leaves), leaves) for leaves in (64, 70)]
    for world in worlds:
        assert "evaluate: promote" in world.repro("evaluate", **server.shared)
    before = len(history(server))

    running = [
        subprocess.Popen(
            ["dvc", "repro", "--single-item", "promote"], cwd=world.path, env=environment_of() | server.shared,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for world in worlds
    ]  # fmt: skip
    said = ["".join(each.communicate(timeout=300)) for each in running]

    assert sorted(each.returncode == 0 for each in running) == [False, True], said
    loser = next(text for each, text in zip(running, said, strict=True) if each.returncode)
    assert "champion is now v" in loser
    assert "Run `dvc repro`" in loser
    assert "Traceback" not in loser
    assert len(history(server)) == before + 1
    moves = history(server)
    assert server.client().get_model_version_by_alias(NAME, "champion").version == moves[-1]


@pytest.mark.slow
def test_a_promotion_repeated_makes_no_second_version(server: Server, team: World, tmp_path: Path):
    """Without its notes a repetition finds what is on record, and agrees with it."""
    world = colleague(team, tmp_path / "a", 63)
    world.repro(**server.shared)
    before = [version.version for version in server.client().search_model_versions(f"name = '{NAME}'")]
    shutil.rmtree(world.path / "data/7-promote")

    world.repro(**server.shared)

    assert [version.version for version in server.client().search_model_versions(f"name = '{NAME}'")] == before


@pytest.mark.slow
def test_a_registered_model_that_is_not_ours_is_left_alone(server: Server, team: World, tmp_path: Path):
    """A name that somebody else uses is refused, not taken over."""
    world = colleague(team, tmp_path / "a", 63, commit=False)
    names = world.path / "pipelines/problem/names.py"
    names.write_text(names.read_text().replace(NAME, "payroll"))
    world.commit("Another name")
    server.client().create_registered_model("payroll")

    output = world.repro(**server.shared)

    assert "the registered model payroll exists but has no tag 'ledger'" in output
    assert world.pipeline("gate", **server.shared).returncode == 1
    assert server.client().search_model_versions("name = 'payroll'") == []


def history(server: Server) -> list[str]:
    """The versions that became champion, in order."""
    client = server.client()
    run = client.get_run(client.get_registered_model(NAME).tags["ledger"])
    return [json.loads(run.data.params[number])["after"] for number in sorted(run.data.params)]
