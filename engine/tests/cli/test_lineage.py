"""A version keeps the record it was promoted with, whatever happens to its inputs afterwards."""

import json

import pytest
from conftest import World


@pytest.fixture
def left(world: World) -> World:
    """Version 2 was made of uncommitted code, rolled back, committed, and judged again."""
    world.edit("pipelines/problem/model.py", "max_leaf_nodes=params", "max_leaf_nodes=2 * params")
    (world.path / "pipelines/problem/größer als.py").write_text('"""Not committed."""\n')
    assert "v2 is champion, it replaced v1" in world.repro()
    world.pipeline("rollback", "--yes", "--reason", "queues at noon")
    world.commit("Twice the leaves")
    assert "this model was rolled back before (as v2" in world.repro()
    return world


@pytest.mark.slow
def test_a_version_that_was_left_still_tells_why_it_was_promoted_and_can_be_rebuilt(left: World):
    """The verdict of today stands in a run of its own."""
    promoted = json.loads(left.pipeline("lineage", "2", "--json").stdout)

    assert (promoted["verdict"], promoted["compared_with"]) == ("promote", "v1")
    assert promoted["sentence"] == "Model v2 was trained on Data v1, using Code v2, with Config v1"
    assert promoted["code"]["uncommitted"] == ["pipelines/problem/model.py", "pipelines/problem/größer als.py"]
    assert [move["action"] for move in promoted["moves"]] == ["promote", "rollback"]
    left.run("bash", "-c", f"git stash --quiet && {promoted['get_back']['code']}")
    assert "2 * params" in (left.path / "pipelines/problem/model.py").read_text()
    left.run("git", "checkout", "--quiet", "main")

    rejected = json.loads(left.pipeline("lineage", left.decision["run_url"].rpartition("/")[2], "--json").stdout)
    assert rejected["verdict"] == "reject"

    rebuilt = left.pipeline("reproduce", "2")
    assert rebuilt.stdout.endswith("v2 was reproduced exactly\n"), rebuilt.stderr


@pytest.mark.slow
def test_why_compares_what_was_left_with_the_champion(left: World):
    """One change, two trainings: all is put on it. The answer is found again, and attached again if that failed."""
    done = left.pipeline("why", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert (found["old"]["name"], found["new"]["name"]) == ("v1", "v2")
    assert [share["parts"] for share in found["shares"]] == [["code"]]
    assert (found["old"]["rebuilt_exactly"], found["new"]["rebuilt_exactly"]) == (True, True)
    tag = "select value from model_version_tags where key = 'why' and version = 2"
    assert left.query(tag) == [(found["sentence"],)]

    run = left.query("select run_id from model_versions where version = 2")[0][0]
    delete = f"from mlflow import MlflowClient; MlflowClient('sqlite:///mlflow.db').delete_tag('{run}', 'why')"
    left.run("python", "-c", delete)
    assert left.pipeline("why", "--json").stdout == done.stdout
    assert left.query(f"select value from tags where key = 'why' and run_uuid = '{run}'") == [(found["sentence"],)]


def test_a_run_that_a_kill_stopped_is_no_answer(world: World):
    """Half a record is worse than none."""
    run = world.decision["run_url"].rpartition("/")[2]
    half = f"from mlflow import MlflowClient; MlflowClient('sqlite:///mlflow.db').set_tag('{run}', 'mlflow.pipeline.evaluation', 'being recorded')"
    world.run("python", "-c", half)

    done = world.pipeline("lineage", run[:12])

    assert done.returncode == 1
    assert f"run {run[:12]} is not whole: a kill stopped it" in done.stderr
