"""The project as a part of a larger repository: history, copies and advice are of that part."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import World, copy_of_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The project in services/ml after two promotions, the second of work that is not committed."""
    whole = tmp_path_factory.mktemp("whole")
    world = copy_of_project(whole / "services/ml")
    shutil.rmtree(world.path / ".git")
    (whole / "other.txt").write_text("of another team\n")
    world.run("git", "init", "--quiet", "--initial-branch", "main", str(whole))
    world.run("git", "-C", str(whole), "add", "--all")
    world.commit("Start")
    world.repro()
    world.commit("First champion")
    world.set(train__max_leaf_nodes=63)
    world.edit("pipelines/problem/features.py", '"""Yours:', '"""Ours:')
    world.repro()
    return world


def test_the_second_model_was_promoted_and_nothing_else_was_touched(part: World):
    """What is not committed is named as the project has it."""
    assert part.decision["promoted"] == "2"
    lineage = part.pipeline("lineage").stdout
    assert "dirty: pipelines/problem/features.py" in lineage


def test_the_commands_that_bring_parts_back_work(part: World, tmp_path: Path):
    """They are of the repository, in which the project is a folder."""
    lineage = part.pipeline("lineage", "1").stdout
    table = re.search(r"dvc get \S+ (\S+) --rev (\S+)", lineage)
    config = re.search(r"git show (\S+:\S+params.yaml)", lineage)
    assert table, lineage
    assert config, lineage

    part.run("dvc", "get", ".", table[1], "--rev", table[2], "--out", str(tmp_path / "data"))

    assert (tmp_path / "data/table.parquet").exists()
    assert "max_leaf_nodes: 31" in part.run("git", "show", config[1]).stdout


def test_a_version_is_rebuilt_and_explained(part: World):
    """In copies of the repository, where the project is in the same folder."""
    done = part.pipeline("reproduce", "2")
    assert "v2 was reproduced exactly" in done.stdout, done.stderr
    done = part.pipeline("why", "1", "2")
    assert "from config" in done.stdout, done.stderr


def test_a_commit_stands_in_where_no_registry_does(part: World, tmp_path: Path):
    """As CI does for a pull request."""
    (part.path / "mlflow.db").rename(tmp_path / "mlflow.db")
    done = part.pipeline("champion-from", "HEAD")
    (tmp_path / "mlflow.db").rename(part.path / "mlflow.db")

    assert "champion is the model of commit" in done.stdout, done.stderr
