"""The suite in a project that somebody made theirs: what they change turns no test of the engine red.

It takes the suite's minutes once more for each change, so it is run by `make test-weekly` alone.
"""

import sys
from pathlib import Path

import pytest
from conftest import PROBLEMS, World, copy_of_project, put_problem


@pytest.mark.weekly
@pytest.mark.parametrize("change", ["a number", "a problem"])
def test_the_suite_is_green_in_a_project_of_ones_own(tmp_path: Path, change: str):
    """Change it, run it, commit it and test it, as a push does."""
    world = copy_of_project(tmp_path / "world", problem=None)
    if change == "a number":
        world.set(train__max_iter=320)
    else:
        put_problem(world.path, PROBLEMS / "breast_cancer")
    world.commit("Something of my own")
    world.repro()
    world.commit("What came of it")

    assert_green(world)


def assert_green(world: World) -> None:
    """Run the fast tests with the copy's own code, not with what is installed."""
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--numprocesses",
        "2",
        "--dist",
        "loadfile",
        "-m",
        "not slow and not changed",
    ]
    done = world.run(*tests, check=False, PYTHONPATH=str(world.path))

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
