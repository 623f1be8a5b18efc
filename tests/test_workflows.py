"""What CI does can be done at home: workflows are chains of make targets and documented commands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PROJECT, variables_of

WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in (PROJECT / ".github/workflows").glob("*.yml")}
JOBS = {f"{file}: {name}": job for file, flow in WORKFLOWS.items() for name, job in flow["jobs"].items()}
STEPS = [(where, step) for where, job in JOBS.items() for step in job["steps"]]
TARGETS = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
GITLAB = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text())


@pytest.mark.parametrize(("where", "step"), [(where, step) for where, step in STEPS if "run" in step])
def test_every_command_exists_and_holds_no_expression(where: str, step: dict):
    """A make target, a script of this repository, or the command line of GitHub; values come in by the environment."""
    command = step["run"].split()
    assert "${{" not in step["run"]
    if command[0] == "make":
        assert command[1] in TARGETS
    elif command[0].startswith(".github/"):
        assert os.access(PROJECT / command[0], os.X_OK)
    else:
        assert command[:3] == ["gh", "workflow", "run"]
        assert command[3] in WORKFLOWS


def test_gitlab_has_the_same_gates():
    """Job by job, target by target."""
    ci = WORKFLOWS["ci.yml"]["jobs"]
    for job in ("code", "data", "model", "promote"):
        ours = {step["run"].split()[1] for step in ci[job]["steps"] if step.get("run", "").startswith("make")}
        lines = GITLAB[job]["script"] + GITLAB[job].get("after_script", [])
        assert {line.split()[1] for line in lines} == ours - {"decision"}  # which jobs of GitLab cannot ask for


@pytest.mark.parametrize(("where", "step"), [(where, step) for where, step in STEPS if "uses" in step])
def test_every_action_is_pinned_and_from_github(where: str, step: dict):
    """A tag can be moved, a commit cannot."""
    assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
    if step["uses"].startswith("actions/checkout"):
        assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("file", WORKFLOWS)
def test_nobody_may_more_than_needed(file: str):
    """Nothing by default, write access only where something is written, and never for code of strangers."""
    flow = WORKFLOWS[file]
    assert flow["permissions"] == {}
    assert "pull_request_target" not in flow[True]  # YAML reads `on` as yes
    for name, job in flow["jobs"].items():
        assert job["timeout-minutes"] <= {"weekly": 120}.get(name, 60)
        written = {scope for scope, level in job["permissions"].items() if level == "write"}
        assert written == {"comment": {"pull-requests"}, "monitor": {"issues", "actions"}}.get(name, set())


def test_only_what_moves_the_champion_sees_its_secrets():
    """And one at a time; a pull request gets there never."""
    movers = {where for where, job in JOBS.items() if job.get("environment") == "production"}
    assert movers == {"ci.yml: promote", "rollback.yml: rollback"}
    assert {JOBS[where]["concurrency"]["group"] for where in movers} == {"registry"}
    promote = JOBS["ci.yml: promote"]
    assert set(promote["needs"]) == {"code", "data", "model"}
    assert "github.event_name != 'pull_request'" in promote["if"]
    assert "github.ref == 'refs/heads/main'" in promote["if"]
    assert "needs.model.outputs.decision == 'promote'" in promote["if"]  # else reviewers are asked about nothing
    for where, job in JOBS.items():
        if "secrets." in str(job):
            assert job["environment"] in ("ci", "production"), where


def test_every_clone_that_numbers_versions_is_whole():
    """A shallow one has no history to count in."""
    for where, job in JOBS.items():
        runs = " ".join(step.get("run", "") for step in job["steps"])
        if re.search(r"make (data|model|promote|monitor|rollback)", runs):
            assert job["steps"][0]["with"]["fetch-depth"] == 0, where


FAKE = """#!{python}
import json, os, sys
from pathlib import Path
state, given = Path(os.environ["STATE"]), sys.argv[1:]
known = json.loads(state.read_text()) if state.exists() else []
text = lambda name: Path(given[given.index(name) + 1].removeprefix("body=@")).read_text()
if given[:2] == ["issue", "list"]:
    print("\\n".join(str(n) for n, (title, _) in enumerate(known) if title == os.environ["TITLE"]))
elif given[:2] == ["issue", "edit"]:
    known[int(given[2])][1] = text("--body-file")
elif given[:2] == ["issue", "create"]:
    known.append([given[given.index("--title") + 1], text("--body-file")])
elif given[0] == "api" and "PATCH" in given:
    known[int(given[4].rpartition("/")[2])][1] = text("--field")
elif given[0] == "api" and "POST" in given:
    known.append([given[4], text("--field")])
elif given[0] == "api":
    print("\\n".join(str(n) for n, (_, body) in enumerate(known) if body.startswith("<!-- champion pipeline -->")))
state.write_text(json.dumps(known))
"""


@pytest.fixture
def github(tmp_path: Path):
    """Return a function that runs a script of ours against a stand-in for GitHub's command line, and what it holds."""
    (tmp_path / "gh").write_text(FAKE.format(python=sys.executable))
    (tmp_path / "gh").chmod(0o755)

    def run(script: str, *arguments: str) -> list[list[str]]:
        path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "STATE": str(tmp_path / "state.json")}
        environment = os.environ | path | {"GITHUB_REPOSITORY": "team/project"}
        subprocess.run([PROJECT / ".github" / script, *arguments], cwd=tmp_path, env=environment, check=True)
        state = tmp_path / "state.json"
        return json.loads(state.read_text()) if state.exists() else []

    return run


def test_a_pull_request_gets_one_comment(github, tmp_path: Path):
    """The second run updates what the first one wrote; without a model's summary the data's is told."""
    data, model = tmp_path / "data.md", tmp_path / "model.md"
    data.write_text("<!-- champion pipeline -->\nbroken")
    assert github("comment", "7", str(model), str(data)) == [["repos/team/project/issues/7/comments", data.read_text()]]

    model.write_text("<!-- champion pipeline -->\npromote")
    assert [body for _, body in github("comment", "7", str(model), str(data))] == [model.read_text()]


def test_a_cause_has_one_open_issue(github, tmp_path: Path):
    """Another cause has another one; none is opened for none."""
    decay, drift = tmp_path / "monitor-decay.md", tmp_path / "monitor-drift.md"
    assert github("issues", str(tmp_path / "monitor-*.md")) == []
    decay.write_text("once")
    github("issues", str(decay))
    decay.write_text("twice")
    drift.write_text("too")

    assert github("issues", str(decay), str(drift)) == [
        ["The champion needs attention: decay", "twice"], ["The champion needs attention: drift", "too"],
    ]  # fmt: skip


def test_no_variable_of_who_runs_the_tests_reaches_them():
    """`.ci/run` sets what Actions sets for a push: a test that heard of it would be red there or at home."""
    assert {*variables_of("github"), *variables_of("gitlab")} & os.environ.keys() == set()
