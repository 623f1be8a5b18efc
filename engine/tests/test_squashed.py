"""A branch was promoted, then squashed and deleted: nothing of the model may go with it."""

import json
from pathlib import Path

import pytest
from conftest import World

pytestmark = pytest.mark.slow


@pytest.fixture
def squashed(world: World, tmp_path: Path) -> World:
    """A fresh clone of the remote: v2 and v3 were promoted on a branch, main has what became v3 as one commit."""
    world.run("git", "switch", "--quiet", "--create", "idea")
    world.edit("pipelines/problem/model.py", "max_leaf_nodes=params", "max_leaf_nodes=2 * params")
    world.commit("Twice the leaves")
    assert "v2 is champion" in world.repro()
    world.edit("pipelines/problem/model.py", "max_leaf_nodes=2 * params", "max_leaf_nodes=4 * params")
    world.set(train__max_iter=400)
    world.commit("Four times")
    world.set(evaluate__mode="replace")
    world.commit("At any price")
    assert "v3 is champion" in world.repro()
    world.commit("What came of it")
    world.run("git", "switch", "--quiet", "main")
    world.run("git", "merge", "--quiet", "--squash", "idea")
    world.commit("Four times the leaves")
    world.run("git", "branch", "--quiet", "-D", "idea")
    remote, clone = tmp_path / "remote.git", World(tmp_path / "clone")
    world.run("git", "clone", "--quiet", "--bare", f"file://{world.path}", str(remote))
    world.run("git", "clone", "--quiet", f"file://{remote}", str(clone.path))
    clone.run("git", "gc", "--quiet", "--prune=now")
    for name in ("mlflow.db", "mlartifacts", ".dvc/cache"):
        (world.path / name).rename(clone.path / name)
    clone.run("dvc", "checkout", "--quiet")
    return clone


def test_what_was_squashed_is_rebuilt_compared_and_brought_back(squashed: World):
    """Both the one whose content main has, and the one that nobody has but the registry."""
    for version, leaves, place in (("v2", "2 * params", "v2"), ("v3", "4 * params", ".")):
        rebuilt = squashed.pipeline("reproduce", version)
        assert rebuilt.stdout.endswith(f"{version} was reproduced exactly\n"), rebuilt.stdout + rebuilt.stderr

        ways = json.loads(squashed.pipeline("lineage", version, "--json").stdout)["get_back"]
        for way in (ways["code"], ways["config"]):
            squashed.run("bash", "-c", way, MLFLOW_TRACKING_URI="sqlite:///mlflow.db")
        assert leaves in (squashed.path / place / "pipelines/problem/model.py").read_text()

    why = json.loads(squashed.pipeline("why", "1", "2", "--json").stdout)
    assert [share["parts"] for share in why["shares"]] == [["code"]]
