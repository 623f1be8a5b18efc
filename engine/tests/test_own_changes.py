"""The suites in a project that somebody made theirs: what they change turns no test of the engine red, on GitLab either.

It takes the suite's minutes once more for each change, so it is run by `make test-weekly` alone.
"""

import shutil
from pathlib import Path

import pytest
from conftest import PROBLEMS, World, copy_of_project, variables_of


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The whole project, with its own flow and problem and all of its tests."""
    return copy_of_project(tmp_path / "world", problem=None)


@pytest.mark.weekly
def test_the_suites_are_green_with_a_number_of_ones_own(world: World):
    """Change it, run it, commit it and test it, as a push does."""
    world.set(train__max_iter=320)
    world.commit("A number of my own")
    world.repro()
    world.commit("What came of it")

    assert_green(world)


@pytest.mark.weekly
def test_the_suites_are_green_with_a_problem_of_ones_own(world: World, tmp_path: Path):
    """The sample was run first, as the README has it; the problem has a module more, and dvc.yaml a stage."""
    world.repro()
    file = shutil.copy2(PROBLEMS / "tickets/data/0-source/tickets.csv", tmp_path / "their rows.csv")
    world.run("git", "checkout", "--quiet", ".")  # dvc.lock
    assert world.pipeline("new", "helpdesk", "--csv", file, "--target", "topic").returncode == 0
    archive = [
        "--deps",
        "data/2-validate/report.json",
        "--outs",
        "data/8-archive",
        "cp data/2-validate/report.json data/8-archive",
    ]
    (world.path / "pipelines/problem/words.py").write_text('"""Ours."""\n\nLONG = 20\n')
    features = world.path / "pipelines/problem/features.py"
    features.write_text(
        features.read_text().replace(
            "import pandas as pd\n", "import pandas as pd\n\nfrom pipelines.problem.words import LONG\n"
        )
    )
    features.write_text(features.read_text() + "\n\nassert LONG\n")
    lists = "- pipelines/problem/features.py\n"
    world.edit("dvc.yaml", lists, f"{lists}      - pipelines/problem/words.py\n")
    world.run("dvc", "stage", "add", "--quiet", "--name", "archive", *archive)
    world.commit("Start helpdesk")
    world.repro()
    world.commit("First data")

    assert_green(world)


def assert_green(world: World) -> None:
    """Run what `make check-yours` and `make test` do with the copy's own code, not what is installed, with GitLab's variables."""
    own = {"PYTHONPATH": f"{world.path / 'engine/src'}"}
    engine = (
        "cd engine && pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder -m 'not slow and not weekly'"
    )
    for command in ("ruff check && ruff format --check", "pytest -q", engine):
        done = world.run("bash", "-c", command, check=False, **variables_of("gitlab"), **own)

        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
