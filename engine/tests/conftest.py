"""Worlds to test in: whole copies of this project, each with its own git, DVC and MLflow."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import shared
import yaml
from filelock import FileLock
from servers import Server, mlflow_server, postgresql

from champion.cli.adopt import names
from champion.registry.addresses import follow

PROJECT = Path(__file__).parents[2]
PROBLEMS = Path(__file__).parent / "problems"
# The template's own, which `pipeline new` moves.
README = next(path for path in (PROJECT / "docs/template.md", PROJECT / "README.md") if path.exists())
# The tests bring their own flow and their own problem: nothing that you put into yours turns any of them red.
STAGES = yaml.safe_load((PROBLEMS / "traffic/dvc.yaml").read_text())["stages"]
pytest_plugins = ("fixtures.judging", "fixtures.repository", "fixtures.stages")
THEIRS = ("pipelines/", "tests/", "data/0-source/", "params.yaml", "dvc.yaml", "dvc.lock")
# Of the engine a project's tests run what is installed; its folder is there as in a clone.
NOT_NEEDED = re.compile(r"engine/(benchmarks/|tests/(?!problems/))")
# What people, git's hooks, make and CI systems set: a test that means one of these sets it itself.
CALLERS = re.compile(
    "(ACTIONS|AWS|CI|DVC|GITHUB|GITLAB|LAKECTL|MLFLOW|PIPELINE|RUNNER|SPARK|WANDB)(_.*)?|GIT_(?!CONFIG|EXEC|SSL).*|"
    "MAKE.*|GNUMAKEFLAGS|MFLAGS|AS_OF|BASE|FAIL_ON|KEEP_DELIVERY"
)
QUIET = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "DVC_NO_ANALYTICS": "true"}
SUMMARY = os.environ.get("GITHUB_STEP_SUMMARY")


def pytest_configure() -> None:
    """Clear the variables of whoever runs the tests, before any module of ours is imported that reads one.

    A shell that runs them in the background has Ctrl-C ignored, by all that they start, too.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in filter(CALLERS.fullmatch, [*os.environ]):
        del os.environ[name]
    os.environ.update(QUIET)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long tests first: at the end no worker waits for the other."""
    items.sort(key=lambda item: {"world", "clinic", "server"}.isdisjoint(item.fixturenames))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the summary of a job in GitHub Actions how the tests went."""
    if SUMMARY and "PYTEST_XDIST_WORKER" not in os.environ:  # a worker tells its part to the one that sums up
        stats = terminalreporter.stats
        counts = ", ".join(f"{len(stats[kind])} {kind}" for kind in ("passed", "failed", "error") if kind in stats)
        failed = [f"- `{report.nodeid}`\n" for kind in ("failed", "error") for report in stats.get(kind, [])]
        with Path(SUMMARY).open("a", encoding="utf-8") as summary:
            summary.write(f"## tests: {counts}\n\n{''.join(failed)}")


def weekly_but(kept: Iterable[object], values: Iterable[object]) -> list[object]:
    """Return the values of a parameter; all but those that are kept are run once a week."""
    kept = [*kept]
    return [value if value in kept else pytest.param(value, marks=pytest.mark.weekly) for value in values]


@dataclass(frozen=True)
class Prepared:
    """A copy of the project in a folder of its own, as tests share it: to read, not to run anything in it."""

    path: Path

    def json(self, path: str) -> dict:
        return yaml.safe_load((self.path / path).read_text())

    @property
    def decision(self) -> dict:
        return self.json("data/7-promote/decision.json")

    def query(self, sql: str) -> list[tuple]:
        """Ask the embedded registry's database."""
        if not (self.path / "mlflow.db").exists():
            return []
        with sqlite3.connect(self.path / "mlflow.db") as database:
            return database.execute(sql).fetchall()

    def registered(self) -> dict[str, object]:
        """Return what would change if anything were recorded: runs, versions, alias, moves."""
        return {
            "runs": self.query("select count(*) from runs where lifecycle_stage = 'active'"),
            "versions": self.query("select version from model_versions order by version"),
            "alias": self.query("select alias, version from registered_model_aliases"),
            "moves": self.query("select key, value from params where length(key) = 4 order by key"),
        }

    def copy(self, path: Path, *ignored: str) -> "World":
        """Return a copy to change at will."""
        world = World(shared.copy(self.path, path, *ignored))
        if (path / "mlflow.db").exists():
            follow(path / "mlflow.db", path / "mlartifacts")
        return world


@dataclass(frozen=True)
class World(Prepared):
    """A copy of the project of a test's own."""

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command there; `check` expects success."""
        done = subprocess.run(
            command, cwd=self.path, env=environment_of() | environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or not check, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def repro(self, *arguments: str, check: bool = True, **environment: str) -> str:
        """Run `dvc repro` and return all it prints."""
        done = self.run("dvc", "repro", *arguments, check=check, **environment)
        return done.stdout + done.stderr

    def pipeline(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command for people."""
        return self.run(sys.executable, "-m", "champion", *arguments, check=False, **environment)

    def commit(self, message: str = "Change") -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", message)

    def set(self, **params: object) -> None:
        """Change params.yaml, as in `set(train__max_iter=10)`."""
        path = self.path / "params.yaml"
        sections = yaml.safe_load(path.read_text())
        for name, value in params.items():
            section, key = name.split("__")
            sections[section][key] = value
        path.write_text(yaml.safe_dump(sections, sort_keys=False))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace some text of a file, which must be there."""
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))


def environment_of() -> dict[str, str]:
    """Return an environment in which this project's tools run, for a person called Ada."""
    person = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in
              (("NAME", "Ada"), ("EMAIL", "ada@example.org"))}  # fmt: skip
    return os.environ | person | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def variables_of(system: str) -> dict[str, str]:
    """Return what a CI system, `github` or `gitlab`, sets for a push."""
    return dict(line.split("=", 1) for line in (PROJECT / f".ci/{system}.env").read_text().splitlines())


def copy_of_project(path: Path, problem: str | None = "traffic") -> World:
    """Copy what git would, as it is on disk, and commit it: like a clone of a template.

    It has the flow and a problem of the tests, or without one all of the project, with its own.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        if (PROJECT / name).exists() and not (problem and (name.startswith(THEIRS) or NOT_NEEDED.match(name))):
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target)
    if problem:
        shutil.copytree(PROBLEMS / "traffic", path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        put_problem(path, PROBLEMS / problem)
        take_back_names(path)
    world = World(path)
    world.run("git", "init", "--quiet", "--initial-branch", "main")
    world.commit("Start from the template")
    return world


def put_problem(project: Path, problem: Path) -> None:
    """Replace what a user replaces: modules, params and delivery."""
    for folder in ("pipelines/problem", "data/0-source"):
        shutil.rmtree(project / folder, ignore_errors=True)
    shutil.copytree(problem, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "make_data.py"))


def take_back_names(project: Path) -> None:
    """Undo what `pipeline new` made of names and pages, if this project was made by it: the tests are the template's."""
    for name, page in names.PAGES.items():
        if (project / page).exists():
            (project / name).write_text(as_readme((project / page).read_text()))
            (project / page).unlink()
    pyproject = project / "pyproject.toml"
    pyproject.write_text(names.SETTINGS.sub("", pyproject.read_text()))


def as_readme(page: str) -> str:
    """Return docs/template.md as the README that it was, its links with it; so for the other pages that moved."""
    for name, moved_to in names.PAGES.items():
        page = page.replace(f"]({Path(moved_to).name}", f"](../{name}")

    def moved(link: re.Match[str]) -> str:
        return f"]({link[1].removeprefix('../') if link[1].startswith('../') else f'docs/{link[1]}'})"

    return re.sub(r"\]\((?!https?:|#)([^)]*)\)", moved, page)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The flow and the problem of the tests, without data: to change at will."""
    return shared.copy(PROBLEMS / "traffic", tmp_path / "project", "data", "__pycache__")


@pytest.fixture(scope="session")
def first_champion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """The project after its first `dvc repro`, committed. Shared, by all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "first"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():  # else another worker made it
            shutil.rmtree(folder / "world", ignore_errors=True)
            make_first_champion(folder / "world")
            shared.freeze(folder / "world")
            (folder / "done").touch()
    with shared.read_only(folder / "world"):
        yield Prepared(folder / "world")


def make_first_champion(path: Path) -> None:
    world = copy_of_project(path)
    (world.path / "first-run.txt").write_text(world.repro())
    world.run("git", "add", "dvc.lock")
    world.commit("First champion")
    world.repro()  # what was not committed yet gets its number


@pytest.fixture
def world(first_champion: Prepared, tmp_path: Path) -> World:
    """A copy of the project with its first champion, to change at will."""
    return first_champion.copy(tmp_path / "world")


@pytest.fixture
def fresh(world: World) -> World:
    """A clone that no registry knows, with a champion in its history only."""
    for name in ("mlflow.db", "data/5-baseline/registry.json", "data/7-promote/decision.json"):
        (world.path / name).unlink()
    return world


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.weekly)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A shared registry that knows nothing yet."""
    folder = tmp_path_factory.mktemp("server")
    with ExitStack() as running:
        embedded = request.param == "sqlite"
        database = f"sqlite:///{folder}/shared.db" if embedded else running.enter_context(postgresql())
        yield running.enter_context(mlflow_server(folder, database, environment_of()))
