"""What a new owner does first, to the end: the sample, a problem of their own, commit, run, commit, push, one changed number."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import PROBLEMS, PROJECT, World, environment_of, variables_of, weekly_but
from servers import Server, mlflow_server

JOBS = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())["jobs"]
# tests/test_own_changes.py runs the others, too, once a week.
READS_OWNERS_FILES = [
    "tests/test_house.py",
    "tests/test_interface.py",
    "tests/test_workflows.py",
    "tests/commands/test_new.py::test_names_readme_and_problem_are_ones_own",
]
KINDS = ["--csv", "breast_cancer", "stores", "tickets", "traffic", "visits"]


@pytest.fixture
def team_server(tmp_path: Path) -> Iterator[Server]:
    """A team's registry that knows nothing yet."""
    folder = tmp_path / "server"
    folder.mkdir()
    with mlflow_server(folder, f"sqlite:///{folder}/shared.db", environment_of()) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("kind", weekly_but(["--csv"], KINDS))
def test_each_push_of_a_new_owner_is_green(world: World, team_server: Server, tmp_path: Path, kind: str):
    """What the README says, in its order: v1 is promoted by the first push; the second one is judged, whatever comes of it."""
    file = shutil.copy2(PROBLEMS / "tickets/data/tickets.csv", tmp_path / "their rows.csv")
    given = ["--csv", str(file), "--target", "topic"] if kind == "--csv" else ["--from", kind]
    assert world.pipeline("new", "helpdesk", *given).returncode == 0
    world.commit("Start helpdesk")
    assert "v1 is champion, it replaced nobody" in world.repro()
    world.commit("First data")

    runner = tmp_path / "runner"
    code(clone_of(world, runner))
    _, decision = push(world, runner, {"BASE": "0" * 40})
    assert decision == "reject"  # without a server it is compared with the commit before, which has the same model

    said, decision = push(world, runner, team_server.shared)

    assert "v1 is champion, it replaced nobody" in said
    assert decision == "promote"
    sentence = "Model v1 was trained on Data v1, using Code v1, with Config v1"
    assert sentence in world.pipeline("lineage", **team_server.shared).stdout

    double_a_number(world)
    world.commit("Another number")
    clone_of(world, runner).run("make", "--silent", "test-yours")
    _, decision = push(world, runner, team_server.shared)

    assert decision in ("promote", "reject")


def double_a_number(world: World) -> None:
    """Change how the model is trained."""
    params = (world.path / "params.yaml").read_text()
    changed = re.sub(
        r"^  (max_iter|c): ([\d.]+)", lambda line: f"  {line[1]}: {2 * float(line[2]):g}", params, flags=re.MULTILINE
    )
    assert changed != params
    (world.path / "params.yaml").write_text(changed)


def push(world: World, runner: Path, variables: dict[str, str]) -> tuple[str, str]:
    """Run the jobs of ci.yml for a push to main that lead to a promotion, each in a clean checkout.

    Return what they printed, and the decision.
    """
    handed, output = runner.with_name("handed"), runner.with_name("output")
    output.write_text("")
    actions = variables_of("github") | {
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(runner.with_name("summary")),
    }
    said = []
    for job in ("data", "model", "promote"):
        if job == "promote" and not ("decision=promote" in output.read_text() and "MLFLOW_TRACKING_URI" in variables):
            break  # as `if` has it in ci.yml
        clone = clone_of(world, runner)
        if handed.exists():
            shutil.copytree(handed, runner, dirs_exist_ok=True, symlinks=True)
        given = {name: value for name, value in variables.items() if name in JOBS[job]["env"]}
        said += [
            clone.run("bash", "-euo", "pipefail", "-c", step["run"], **actions, **given, FAIL_ON="held").stdout
            for step in JOBS[job]["steps"]
            if "run" in step
        ]
        for name in results(job):
            target = handed / name
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (runner / name).is_dir() else shutil.copy2)(runner / name, target)
    shutil.rmtree(handed)
    return "\n".join(said), output.read_text().strip().rpartition("=")[2]


def clone_of(world: World, runner: Path) -> World:
    """Return a clean checkout of what was pushed; its environment is kept."""
    if not runner.exists():
        world.run("git", "clone", "--quiet", str(world.path), str(runner))
    clone = World(runner)
    clone.run("git", "fetch", "--quiet")
    clone.run("git", "reset", "--quiet", "--hard", "origin/main")
    clone.run("git", "clean", "-dffqx", "--exclude", ".venv")
    return clone


def code(clone: World) -> None:
    """Run the job Code, of its tests those that read files which are the owner's."""
    actions = variables_of("github")
    clone.run("make", "--silent", "check", **actions)
    clone.run("make", "--silent", "test-yours", **actions)
    marked = ["-q", "-m", "not slow and not weekly", "--numprocesses", "2"]
    clone.run(sys.executable, "-m", "pytest", *marked, *READS_OWNERS_FILES, **actions, PYTHONPATH=str(clone.path))


def results(job: str) -> list[str]:
    """Return the paths that a job hands on."""
    uploads = [step["with"] for step in JOBS[job]["steps"] if "upload-artifact" in step.get("uses", "")]
    return [path for each in uploads if each["name"].startswith("results-") for path in each["path"].split()]
