"""A project that began before 1.0 is taken into today's layout, with all that it has on record."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT, STAGES, World, copy_of_project

BEFORE = "d1c0e426b57705f14f48d984eb61a971d2c190a7"  # of the template, when the engine was part of pipelines/


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The template as it was before 1.0."""
    asked = ["git", "rev-parse", "--quiet", "--verify", f"{BEFORE}:pipelines/entry.py"]
    if subprocess.run(asked, cwd=PROJECT, capture_output=True, check=False).returncode:
        pytest.skip(
            f"commit {BEFORE[:7]} is not in this clone: `git fetch --unshallow`, or the template's history, brings it"
        )
    world = World(tmp_path_factory.mktemp("before") / "template")
    World(PROJECT).run("git", "clone", "--quiet", "--shared", "--no-checkout", str(PROJECT), str(world.path))
    world.run("git", "checkout", "--quiet", "-B", "main", BEFORE)
    return world


@pytest.fixture(scope="module")
def begun(template: World) -> World:
    """A project of that time, with a module, a test and stages of its own. It is not run yet."""
    world = World(template.path.with_name("begun"))
    template.run("git", "clone", "--quiet", "--origin", "template", str(template.path), str(world.path))
    old(world, "new", "store-sales", "--from", "stores")
    (world.path / "pipelines/problem/words.py").write_text(
        '"""Ours."""\n\nfrom pipelines.errors import PipelineError\n\nLONG = 20\nERROR = PipelineError\n'
    )
    world.edit(
        "pipelines/problem/features.py",
        "import pandas as pd\n",
        "import pandas as pd\n\nfrom pipelines.problem.words import LONG\n",
    )
    world.edit("pipelines/problem/features.py", "HORIZON", "assert LONG\nHORIZON")
    lists = "- pipelines/problem/features.py\n"
    world.edit("dvc.yaml", lists, f"{lists}      - pipelines/problem/words.py\n")
    archive = ["--deps", "data/2-validate/report.json", "--outs", "data/8-archive"]
    world.run(
        "dvc", "stage", "add", "--quiet", "--name", "archive", *archive, "cp data/2-validate/report.json data/8-archive"
    )
    (world.path / "tests/yours/test_mine.py").write_text(
        "from pipelines.problem import names\n\n\ndef test_mine():\n    assert names.NAME\n"
    )
    world.commit("Start store-sales")
    return world


def old(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the engine of before 1.0, which is in the project."""
    return world.run(sys.executable, "-m", "pipelines", *arguments, check=False, PYTHONPATH=str(world.path))


def publish(template: World) -> None:
    """Let the template be what it is today."""
    today = copy_of_project(template.path.with_name("today"), problem=None)
    template.run("git", "rm", "-r", "--quiet", ".")
    shutil.rmtree(today.path / ".git")
    shutil.copytree(today.path, template.path, dirs_exist_ok=True)
    shutil.rmtree(today.path)
    template.commit("1.0")


def run_before(world: World) -> None:
    """Run the pipeline, commit what came of it, and give that its numbers."""
    for _ in range(2):
        world.repro(PYTHONPATH=str(world.path))
        world.commit("What came of it")


@pytest.fixture(scope="module")
def upgraded(template: World, begun: World) -> World:
    """The project with two champions, the second one of another feature and number, after the old command and the new one."""
    world = begun.copy(begun.path.with_name("upgraded"))
    run_before(world)
    world.edit("pipelines/problem/features.py", '"month":', '"date": day.dt.day,\n            "month":')
    world.set(train__max_iter=60)
    world.commit("More trees, and the day of the month")
    run_before(world)
    assert world.decision["champion"] == "2"
    publish(template)
    assert old(world, "upgrade").returncode == 2
    done = world.pipeline("upgrade", "--finish")
    assert done.returncode == 0, done.stdout + done.stderr
    return world


@pytest.mark.slow
@pytest.mark.parametrize("by_old_command", [False, True])
def test_what_is_ones_own_moves_and_the_old_engine_is_gone(
    template: World, begun: World, tmp_path: Path, by_old_command: bool
):
    """By the command of today, typed in a clone of the template beside it; or once the old one has stopped at conflicts."""
    world = begun.copy(tmp_path / "world")
    later = World(template.path).copy(tmp_path / "template")
    publish(later)
    world.run("git", "remote", "set-url", "template", str(later.path))
    if by_old_command:
        stopped = old(world, "upgrade")
        assert stopped.returncode == 2
        assert stopped.stdout.startswith("both sides changed the same lines of:\n  dvc.yaml\n  pyproject.toml\n")

    done = world.pipeline("upgrade", *(["--finish"] if by_old_command else []))

    assert done.returncode == 0, done.stdout + done.stderr
    assert world.run("git", "status", "--porcelain").stdout == ""
    tracked = world.run("git", "ls-files", "pipelines").stdout.splitlines()
    assert {Path(name).parts[1] for name in tracked} == {
        "__init__.py", "hooks.py", "problem", *(f"{name}.py" for name in STAGES)
    }  # fmt: skip
    assert "test_mine.py" in [path.name for path in (world.path / "tests").iterdir()]
    assert not (world.path / "tests/yours").exists()
    assert "from champion.core.errors import" in (world.path / "pipelines/problem/words.py").read_text()
    assert "archive" in world.json("dvc.yaml")["stages"]
    assert "pipelines/problem/words.py" in world.json("dvc.yaml")["stages"]["features"]["deps"]
    assert world.json("params.yaml")["train"]["max_iter"] == 20
    assert 'name = "store-sales"' in (world.path / "pyproject.toml").read_text()
    for check in (["ruff", "check"], ["pytest", "-q"]):
        checked = world.run(sys.executable, "-m", *check, check=False, PYTHONPATH=str(world.path / "engine/src"))
        assert checked.returncode == 0, checked.stdout[-3000:]


@pytest.mark.weekly
def test_lineage_and_history_go_on(upgraded: World):
    """Versions keep their numbers."""
    history = upgraded.pipeline("history").stdout

    assert "v1" in history
    assert "v2" in history
    for version, made_of in (
        ("1", "Data v1, using Code v1, with Config v1"),
        ("2", "Data v1, using Code v2, with Config v2"),
    ):
        assert f"Model v{version} was trained on {made_of}" in upgraded.pipeline("lineage", version).stdout


@pytest.mark.weekly
def test_the_champion_of_before_is_compared_with_what_comes_next(upgraded: World, tmp_path: Path):
    """At first with itself: the same problem and numbers make the same model. Then with a third candidate."""
    world = upgraded.copy(tmp_path / "world")

    again = world.repro()
    world.commit("What came of it")
    world.set(train__max_iter=90)
    world.commit("Even more trees")
    said = world.repro()

    assert "kept: same model" in again
    assert "evaluate: mae candidate" in said
    assert world.json("data/6-evaluate/evaluation.json")["champion"]["version"] == "2"
    assert world.json("data/6-evaluate/evaluation.json")["metrics"]["champion"]["mae"] > 0
    watched = world.pipeline("monitor", "--json")
    assert watched.returncode in (0, 2), watched.stderr
    assert "unusable" not in json.loads(watched.stdout)["attention"]


@pytest.mark.weekly
def test_versions_of_before_are_made_again_and_explained(upgraded: World):
    """Each by its own code, with the packages of today."""
    for version in ("1", "2"):
        done = upgraded.pipeline("reproduce", version)
        assert f"v{version} was reproduced exactly" in done.stdout, done.stdout + done.stderr
    done = upgraded.pipeline("why", "1", "2")

    assert done.returncode == 0, done.stderr
    assert "code" in done.stdout
    assert "config" in done.stdout


@pytest.mark.weekly
def test_a_version_of_before_is_given_back(upgraded: World, tmp_path: Path):
    """And then counts as champion."""
    world = upgraded.copy(tmp_path / "world")

    done = world.pipeline("rollback", "--yes", "--reason", "to try")

    assert "champion is v1 again" in done.stdout, done.stderr
    assert "Model v1 was trained on Data v1" in world.pipeline("lineage").stdout
    assert "was rolled back" in world.repro()
    assert world.decision["champion"] == "1"
