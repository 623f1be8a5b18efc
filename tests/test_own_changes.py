"""The suite in a project that somebody made theirs: what they change turns no test of the engine red, on GitLab either.

It takes the suite's minutes once more for each change, so it is run by `make test-weekly` alone.
"""

import shutil
import sys
from pathlib import Path

import pytest
from conftest import PROBLEMS, PROJECT, World, copy_of_project

GITLAB = dict(line.split("=", 1) for line in (PROJECT / ".ci/gitlab.env").read_text().splitlines())


@pytest.mark.weekly
def test_the_suite_is_green_with_a_number_of_ones_own(tmp_path: Path):
    """Change it, run it, commit it and test it, as a push does."""
    world = copy_of_project(tmp_path / "world", problem=None)
    world.set(train__max_iter=320)
    world.commit("A number of my own")
    world.repro()
    world.commit("What came of it")

    assert_green(world)


@pytest.mark.weekly
def test_the_suite_is_green_with_a_problem_of_ones_own(world: World, tmp_path: Path):
    """The sample was run first, as the README has it; a stage of one's own does no harm, either."""
    file = shutil.copy2(PROBLEMS / "tickets/data/tickets.csv", tmp_path / "their rows.csv")
    assert world.pipeline("new", "helpdesk", "--csv", file, "--target", "topic").returncode == 0
    world.run(
        "dvc", "stage", "add", "--quiet", "--name", "archive", "--deps", "data/2-validate/report.json", "--outs", "data/8-archive",
        "cp data/2-validate/report.json data/8-archive",
    )  # fmt: skip
    world.commit("Start helpdesk")
    world.repro()
    world.commit("First data")

    assert_green(world)


def assert_green(world: World) -> None:
    """Run the fast tests with the copy's own code, not with what is installed."""
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses", "2", "--dist", "loadfile"]
    done = world.run(
        *command, "-m", "not slow and not weekly", check=False, **GITLAB, PYTHONPATH=str(world.path)
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
