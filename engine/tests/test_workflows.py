"""What CI does can be done at home: workflows are chains of make targets and documented commands."""

import json
import os
import re
import shutil
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
RUNTIME = {"requirements.lock"}
OF_DEV, OF_ENGINE = RUNTIME | {"dev.lock"}, RUNTIME | {"dev.lock", "engine/dev.lock"}
LAYERS = {
    "ci.yml: code": OF_DEV,
    "ci.yml: engine": OF_ENGINE,
    "canary.yml: weekly": OF_ENGINE,
    "canary.yml: lakefs": OF_ENGINE,
}


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
    for job in ("code", "engine", "data", "model", "promote"):
        ours = {step["run"].split()[1] for step in ci[job]["steps"] if step.get("run", "").startswith("make")}
        lines = GITLAB[job]["script"] + GITLAB[job].get("after_script", [])
        assert {line.split()[1] for line in lines} == ours - {"changed"}  # GitLab compares by itself
    assert {need["job"] for need in GITLAB["promote"]["needs"]} == set(ci["promote"]["needs"])
    assert {"job": "engine", "optional": True} in GITLAB["promote"]["needs"]


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
    assert set(promote["needs"]) == {"code", "engine", "data", "model"}
    for where, job in JOBS.items():
        if "secrets." in str(job):
            assert job["environment"] in ("ci", "production"), where


FINE = {
    "cancelled()": False, "github.event_name": "push", "github.ref": "refs/heads/main",
    "needs.model.outputs.decision": "promote", "needs.code.outputs.engine": "true",
    **{f"needs.{job}.result": "success" for job in ("code", "engine", "data", "model")},
}  # fmt: skip


def runs(job: str, **other: object) -> bool:
    """Tell whether a job of ci.yml runs where all went well, but for what is given; `_` stands for a dot."""
    values = FINE | {name: value for name in FINE for given, value in other.items() if name.replace(".", "_") == given}
    condition = re.fullmatch(r"\$\{\{(.*)\}\}", WORKFLOWS["ci.yml"]["jobs"][job]["if"].strip())[1].strip()
    for name, value in values.items():
        condition = condition.replace(name, repr(value))
    for theirs, ours in (("&&", " and "), ("||", " or "), ("!=", "<>"), ("!", " not "), ("<>", "!=")):
        condition = condition.replace(theirs, ours)
    return eval(condition.strip(), {})  # noqa: S307  # comparisons of our own file


def test_a_promotion_needs_all_that_ran():
    """A skipped Engine, nothing of which changed, stops none; anything that failed does. No reviewer is asked for nothing."""
    assert runs("promote")
    assert runs("promote", needs_engine_result="skipped")
    for stopped in ("failure", "cancelled"):
        for job in ("code", "engine", "data", "model"):
            assert not runs("promote", **{f"needs_{job}_result": stopped}), (job, stopped)
    assert not runs("promote", needs_code_result="failure", needs_engine_result="skipped")
    assert not runs("promote", github_event_name="pull_request")
    assert not runs("promote", github_ref="refs/heads/other")
    assert not runs("promote", needs_model_outputs_decision="reject")
    assert not runs("promote", **{"cancelled()": True})


def test_the_engines_job_runs_unless_it_is_said_that_nothing_changed():
    """An answer that went missing is none."""
    assert runs("engine")
    assert runs("engine", needs_code_outputs_engine="")
    assert not runs("engine", needs_code_outputs_engine="false")


@pytest.fixture
def makefile(tmp_path: Path):
    """Return a function that runs make where nothing is set up, and says what it prints."""
    project = tmp_path / "project"
    (project / "engine").mkdir(parents=True)
    shutil.copy(PROJECT / "Makefile", project)
    for name in ("pyproject.toml", "engine/pyproject.toml", *OF_ENGINE):
        (project / name).touch()

    def run(*arguments: str, **environment: str) -> str:
        command = ["make", "--silent", *arguments]
        done = subprocess.run(
            command, cwd=project, env=os.environ | environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    run.project = project
    return run


def installed(printed: str) -> set[str]:
    """Return the locks that a dry run of make would install."""
    return set(re.findall(r"-r (\S*(?:requirements|dev)\.lock)", printed))


@pytest.mark.parametrize("where", JOBS)
def test_a_job_installs_its_layer_and_keeps_that(makefile, where: str):
    """What trains and promotes has the runtime's packages alone; the cache is named by the locks that were installed."""
    told = [step["run"].split()[1:] for step in JOBS[where]["steps"] if step.get("run", "").startswith("make")]
    targets = [words[0] for words in told if words[0] != "canary"]
    locks = set.union(set(), *(installed(makefile("--dry-run", target, KEEP_DELIVERY="")) for target in targets))
    caches = [step["with"]["key"] for step in JOBS[where]["steps"] if step.get("uses", "").startswith("actions/cache@")]

    if where != "canary.yml: canary":  # without the locks
        assert locks == (LAYERS.get(where, RUNTIME) if targets else set())
    for key in caches:
        assert set(re.findall(r"'([^']*)'", key)) == locks


def test_what_the_canary_set_up_is_not_set_up_from_the_locks_again(makefile):
    """Else it would test what is known to work."""
    [*_, stamps] = makefile("--dry-run", "canary").splitlines()
    subprocess.run(["bash", "-c", f"mkdir .venv && {stamps}"], cwd=makefile.project, check=True)

    assert installed(makefile("--dry-run", "check", "test")) == set()


def test_a_setting_of_a_linter_sets_nothing_up_anew(makefile):
    """Nor does a new dependency before `make lock` wrote it down; a lock does."""
    [*_, stamps] = makefile("--dry-run", "canary").splitlines()
    subprocess.run(["bash", "-c", f"mkdir .venv && {stamps}"], cwd=makefile.project, check=True)
    (makefile.project / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert installed(makefile("--dry-run", "check-yours")) == set()

    (makefile.project / "requirements.lock").write_text("numpy==2.1.0\n")

    assert installed(makefile("--dry-run", "check-yours")) == OF_DEV


def test_without_the_engines_folder_there_is_nothing_of_it_to_check(makefile):
    """A project may run on a published engine; its commands are the same."""
    shutil.rmtree(makefile.project / "engine")
    printed = makefile(
        "--dry-run", "check", "test", "test-all", "test-weekly", "test-lakefs", "format", "lock", "canary"
    )

    assert installed(printed) == OF_DEV
    assert "cd engine" not in printed
    assert "engine/" not in printed.replace("there is no folder engine/", "")
    assert "pytest --quiet" in printed


@pytest.fixture(scope="module")
def pushes(tmp_path_factory: pytest.TempPathFactory):
    """Return a function that says whether the engine's checks run for a push in which a file changed."""
    folder = tmp_path_factory.mktemp("pushes")
    git = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    (folder / "engine").mkdir()
    (folder / "engine/pyproject.toml").touch()
    shutil.copy(PROJECT / "Makefile", folder)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Start"]):
        subprocess.run([*git, *command], cwd=folder, check=True)

    def asked(base: str, file: str) -> str:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        with (folder / file).open("a") as changed:
            changed.write("# another line\n")
        for command in (["add", "--all"], ["commit", "--quiet", "--message", file]):
            subprocess.run([*git, *command], cwd=folder, check=True)
        command = ["make", "changed"]
        return subprocess.check_output(command, cwd=folder, env=os.environ | {"BASE": base}, text=True).strip()

    return asked


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        *((name, "false") for name in ("pipelines/train.py", "pipelines/problem/model.py", "tests/test_mine.py", "dvc.yaml",
                                       "dvc.lock", "params.yaml", "data/0-source/rows.csv", "README.md", "pyproject.toml")),
        *((name, "true") for name in ("engine/src/champion/core/files.py", "engine/tests/test_files.py", "requirements.lock",
                                      "dev.lock", "engine/dev.lock", "Makefile", ".github/workflows/ci.yml", ".gitlab-ci.yml",
                                      ".ci/run")),
    ],
)  # fmt: skip
def test_the_engine_is_checked_where_something_that_it_looks_at_changed(pushes, file: str, answer: str):
    """Who changes a number pays for no test of ours."""
    assert pushes("HEAD^1", file) == f"engine={answer}"


@pytest.mark.parametrize("base", ["", "0" * 40, "f" * 40, "no-such-branch"])
def test_the_engine_is_checked_where_the_base_is_not_known(pushes, base: str):
    """A new branch, a forced push, a workflow that somebody started."""
    assert pushes(base, "params.yaml") == "engine=true"


def test_gitlab_looks_at_the_same_files():
    """Or one of the two would miss a change."""
    [ours] = re.findall(r"^CHECKED := (.*)", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    [rule] = GITLAB["engine"]["rules"]

    assert {name.removesuffix("/*").removesuffix("/**") for name in rule["changes"]} == set(ours.split())


def test_every_clone_that_numbers_versions_is_whole():
    """A shallow one has no history to count in."""
    for where, job in JOBS.items():
        commands = "\n".join(step.get("run", "") for step in job["steps"])
        if re.search(r"make (data|model|promote|monitor|rollback|changed|test-yours|test$)", commands, re.MULTILINE):
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
