"""What a new owner does first, to the end: the sample, a problem of their own, commit, run, commit, push, one changed number."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import PROBLEMS, PROJECT, World, environment_of, weekly_but
from servers import Server, mlflow_server

JOBS = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())["jobs"]
# The tests that read files which are the owner's; tests/test_own_changes.py runs all of them, once a week.
READ = ["tests/test_house.py", "tests/test_interface.py", "tests/test_workflows.py", "tests/commands/test_new.py"]
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
    said, decision = push(world, runner, team_server)

    assert "v1 is champion, it replaced nobody" in said
    assert decision == "promote"
    sentence = "Model v1 was trained on Data v1, using Code v1, with Config v1"
    assert sentence in world.pipeline("lineage", **team_server.shared).stdout

    double_a_number(world)
    world.commit("Another number")
    _, decision = push(world, runner, team_server)

    assert decision in ("promote", "reject")


def double_a_number(world: World) -> None:
    """Change how the model is trained."""
    params = (world.path / "params.yaml").read_text()
    changed = re.sub(
        r"^  (max_iter|c): ([\d.]+)", lambda line: f"  {line[1]}: {2 * float(line[2]):g}", params, flags=re.MULTILINE
    )
    assert changed != params
    (world.path / "params.yaml").write_text(changed)


def push(world: World, runner: Path, server: Server) -> tuple[str, str]:
    """Run what ci.yml runs for a push to main, each job in a clean checkout; return what the jobs printed, and the decision."""
    if not runner.exists():
        world.run("git", "clone", "--quiet", str(world.path), str(runner))
    clone, handed, output = World(runner), runner.with_name("handed"), runner.with_name("output")
    output.write_text("")
    clone.run("git", "fetch", "--quiet")
    clone.run("git", "reset", "--quiet", "--hard", "origin/main")
    said = [code(clone)]
    for job in ("data", "model", "promote"):
        if job == "promote" and "decision=promote" not in output.read_text():
            break  # as its `if` in ci.yml has it
        clone.run("git", "clean", "-dffqx", "--exclude", ".venv")
        clone.run("git", "reset", "--quiet", "--hard")
        if handed.exists():
            shutil.copytree(handed, runner, dirs_exist_ok=True, symlinks=True)
        said += [
            clone.run("bash", "-euo", "pipefail", "-c", step["run"], **variables(job, server, runner)).stdout
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


def code(clone: World) -> str:
    """Run the job Code, of its tests those that read what is the owner's."""
    clone.run("make", "--silent", "check")
    clone.run("make", "--silent", "test-yours")
    marked = ["-q", "-m", "not slow and not weekly", "--numprocesses", "2"]
    return clone.run(sys.executable, "-m", "pytest", *marked, *READ, PYTHONPATH=str(clone.path)).stdout


def variables(job: str, server: Server, runner: Path) -> dict[str, str]:
    """Return what Actions sets for a job: the server's address for those that ci.yml gives it to."""
    files = {f"GITHUB_{name}": str(runner.with_name(name.lower())) for name in ("OUTPUT", "STEP_SUMMARY")}
    registry = server.shared if "MLFLOW_TRACKING_URI" in JOBS[job]["env"] else {}
    return files | registry | {"CI": "true", "BASE": "HEAD~1", "FAIL_ON": "held"}


def results(job: str) -> list[str]:
    """Return the paths that a job hands on."""
    uploads = [step["with"] for step in JOBS[job]["steps"] if "upload-artifact" in step.get("uses", "")]
    return [path for each in uploads if each["name"].startswith("results-") for path in each["path"].split()]
