"""What a new owner does first, to the end: the sample, a problem of their own, commit, run, push, another model, push."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import PROBLEMS, PROJECT, World, environment_of, variables_of, weekly_but
from servers import Server, mlflow_server

JOBS = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())["jobs"]
KINDS = ["--csv", "breast_cancer", "stores", "tickets", "traffic", "visits"]
NO_COMMIT = "0" * 40  # what GitHub gives as the base of a branch's first push


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
    shutil.copytree(PROJECT / "tests", world.path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    world.commit("The template's tests")
    file = shutil.copy2(PROBLEMS / "tickets/data/0-source/tickets.csv", tmp_path / "their rows.csv")
    given = ["--csv", str(file), "--target", "topic"] if kind == "--csv" else ["--from", kind]
    assert world.pipeline("new", "helpdesk", *given).returncode == 0
    if kind == "--csv":
        world.set(train__max_iter=5)  # too few, so that there is something to find
    world.commit("Start helpdesk")
    assert "v1 is champion, it replaced nobody" in world.repro()
    world.commit("First data")

    runner = tmp_path / "runner"
    _, outputs = push(world, runner, {"BASE": NO_COMMIT})
    # Nothing is known to be the engine's of before; without a server the commit before is faced, which has the same model.
    assert outputs == {"engine": "true", "decision": "reject"}

    said, outputs = push(world, runner, team_server.shared | {"BASE": NO_COMMIT})

    assert "v1 is champion, it replaced nobody" in said
    assert outputs["decision"] == "promote"
    sentence = "Model v1 was trained on Data v1, using Code v1, with Config v1"
    assert sentence in world.pipeline("lineage", **team_server.shared).stdout

    if kind == "--csv":
        another_feature_and_model(world)
    double_a_number(world)
    world.commit("Another model")
    said, outputs = push(world, runner, team_server.shared | {"BASE": "HEAD~1"})

    assert outputs["engine"] == "false"
    if kind == "--csv":
        assert "v2 is champion, it replaced v1" in said
    else:
        assert outputs["decision"] in ("promote", "reject")


def another_feature_and_model(world: World) -> None:
    """Change what a user changes: a feature, and hyperparameters of the model."""
    world.edit(
        "pipelines/problem/features.py",
        "    return pd.DataFrame(\n        {\n",
        '    return pd.DataFrame(\n        {\n            "long": table["words"].astype(float) / (1 + table["attachments"].astype(float)),\n',
    )
    world.edit("pipelines/problem/model.py", "random_state=params.seed", "max_leaf_nodes=15, random_state=params.seed")
    world.run("ruff", "format", "--quiet", "pipelines/problem")
    world.set(train__max_iter=10)


def double_a_number(world: World) -> None:
    """Change how the model is trained."""
    params = (world.path / "params.yaml").read_text()
    changed = re.sub(
        r"^  (max_iter|c): ([\d.]+)", lambda line: f"  {line[1]}: {2 * float(line[2]):g}", params, flags=re.MULTILINE
    )
    assert changed != params
    (world.path / "params.yaml").write_text(changed)


def push(world: World, runner: Path, variables: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Run the jobs of ci.yml for a push to main that lead to a promotion, each in a clean checkout; not the engine's suite.

    Return what they printed, and their outputs.
    """
    handed, output = runner.with_name("handed"), runner.with_name("output")
    output.write_text("")
    said = []
    for job in ("code", "data", "model", "promote"):
        if job == "promote" and not (outputs(output)["decision"] == "promote" and "MLFLOW_TRACKING_URI" in variables):
            break  # as `if` has it in ci.yml
        clone = clone_of(world, runner)
        if handed.exists():
            shutil.copytree(handed, runner, dirs_exist_ok=True, symlinks=True)
        said += [run(clone, job, step, variables, output) for step in JOBS[job]["steps"] if "run" in step]
        for name in results(job):
            target = handed / name
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (runner / name).is_dir() else shutil.copy2)(runner / name, target)
    shutil.rmtree(handed)
    return "\n".join(said), outputs(output)


def run(clone: World, job: str, step: dict, variables: dict[str, str], output: Path) -> str:
    """Run a step with the variables that it is given; a push is red where it cannot be judged."""
    wanted = {**JOBS[job].get("env", {}), **step.get("env", {})}
    given = {name: value for name, value in ({"FAIL_ON": "held"} | variables).items() if name in wanted}
    actions = variables_of("github") | {
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(output.with_name("summary")),
    }
    return clone.run("bash", "-euo", "pipefail", "-c", step["run"], **actions, **given).stdout


def outputs(output: Path) -> dict[str, str]:
    """Return what jobs hand on to others."""
    return dict(line.split("=", 1) for line in output.read_text().splitlines())


def clone_of(world: World, runner: Path) -> World:
    """Return a clean checkout of what was pushed; its environment is kept."""
    if not runner.exists():
        world.run("git", "clone", "--quiet", str(world.path), str(runner))
    clone = World(runner)
    clone.run("git", "fetch", "--quiet")
    clone.run("git", "reset", "--quiet", "--hard", "origin/main")
    clone.run("git", "clean", "-dffqx", "--exclude", ".venv")
    return clone


def results(job: str) -> list[str]:
    """Return the paths that a job hands on."""
    uploads = [step["with"] for step in JOBS[job]["steps"] if "upload-artifact" in step.get("uses", "")]
    return [path for each in uploads if each["name"].startswith("results-") for path in each["path"].split()]
