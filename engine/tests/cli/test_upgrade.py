"""A project takes later versions of the template in, and what is its own stays its own."""

import doctest
import subprocess
import tomllib
from pathlib import Path

import pytest
from conftest import World, copy_of_project

from champion.cli.adopt import before, names
from champion.cli.commands import upgrade


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A clone of the template that was made somebody's own, beside that. Shared."""
    folder = tmp_path_factory.mktemp("made")
    template = copy_of_project(folder / "template")
    template.run("git", "clone", "--quiet", "--origin", "template", "../template", str(folder / "project"))
    world = World(folder / "project")
    world.run("git", "remote", "set-url", "template", "../template")
    world.pipeline("new", "store-sales", "--from", "stores")
    world.commit("Start store-sales")
    return world


@pytest.fixture
def template(made: World, tmp_path: Path) -> World:
    return World(made.path.with_name("template")).copy(tmp_path / "template")


@pytest.fixture
def project(made: World, template: World) -> World:
    return made.copy(template.path.with_name("project"))


@pytest.fixture(scope="module")
def taken(made: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, subprocess.CompletedProcess[str]]:
    """The project after it took a later version in, and what the command said. Shared."""
    folder = tmp_path_factory.mktemp("taken")
    go_on(World(made.path.with_name("template")).copy(folder / "template"))
    world = made.copy(folder / "project")
    return world, world.pipeline("upgrade")


def go_on(template: World) -> None:
    """Change what is everybody's, the engine, and what is the template's sample."""
    template.edit("docs/how.md", "# ", "# (new) ")
    template.edit("README.md", "# ", "# Better: ")
    template.edit("CHANGELOG.md", "## 1.0.0", "## 1.2.0\n\n### What you have to do\n\n1. Sit down.\n\n## 1.0.0")
    template.edit("pyproject.toml", 'version = "1.0.0"', 'version = "1.2.0"')
    template.edit("docs/adapt.md", "](../CHANGELOG.md) says", "](../CHANGELOG.md) now says")
    template.set(train__max_iter=11, evaluate__confidence=0.9)
    template.edit("pipelines/problem/names.py", 'NAME = "', 'NAME = "other-')
    (template.path / "pipelines/problem/extra.py").write_text('"""Yours: what a later version asks for."""\n')
    (template.path / "data/0-source/notes.txt").write_text("of the sample\n")
    (template.path / "data/0-source/README.md").write_text("changed\n")
    (template.path / "engine/VERSION").write_text("1.2.0\n")
    changes = "# Changelog\n\n## 1.2.0\n\n- Faster.\n\n## 1.1.0\n\n- Smaller.\n\n## 1.0.0\n\n- First.\n"
    (template.path / "engine/CHANGELOG.md").write_text(changes)
    (template.path / "engine/src/champion/core/returned.py").unlink()
    (template.path / "engine/src/champion/core/new.py").write_text('"""New."""\n')
    template.commit("A later version")


def settings(project: World) -> dict[str, str]:
    return tomllib.loads((project.path / "pyproject.toml").read_text())["tool"]["champion-pipeline"]


def test_what_is_everybodys_comes_and_what_is_ones_own_stays(made, taken):
    """Even where git could merge it; a new file of the problem comes along, one of the sample does not."""
    world, done = taken

    assert done.returncode == 0, done.stdout + done.stderr
    assert (world.path / "docs/how.md").read_text().startswith("# (new) ")
    assert (world.path / "docs/template.md").read_text().startswith("# Better: ")
    for name in ("params.yaml", "README.md", "pipelines/problem/names.py"):
        assert (world.path / name).read_bytes() == (made.path / name).read_bytes()
    assert (world.path / "pipelines/problem/extra.py").exists()
    assert [path.name for path in (world.path / "data/0-source").iterdir()] == ["stores.csv"]
    assert world.run("git", "status", "--porcelain").stdout == ""
    assert "in here already" in world.pipeline("upgrade").stderr


def test_the_engine_is_the_templates_and_noted_as_such(made, taken):
    """To the last file: one that is new, one that is gone."""
    world, _ = taken
    here, there, code = (
        world.run("git", "rev-parse", each).stdout.strip()
        for each in ("HEAD:engine", "template/main:engine", "HEAD:engine/src")
    )

    assert here == there
    assert settings(world) == {"template": settings(made)["template"], "engine": code}


def test_names_and_links_of_ones_own_are_no_conflict(taken):
    """The template changed lines beside them, and its changelog, which is in docs/ here."""
    world, _ = taken

    assert 'name = "store-sales"\nversion = "0.1.0"\n' in (world.path / "pyproject.toml").read_text()
    assert "](template-changelog.md) now says" in (world.path / "docs/adapt.md").read_text()
    assert not (world.path / "CHANGELOG.md").exists()
    assert "## 1.2.0" in (world.path / "docs/template-changelog.md").read_text()


def test_the_changelogs_of_the_versions_in_between_are_shown(taken):
    """What changed in the engine, and what is to be done; nothing of the version that is here already."""
    _, done = taken

    assert done.stdout.startswith(
        "## 1.2.0\n\n- Faster.\n\n## 1.1.0\n\n- Smaller.\n\nWhat you have to do\n\n1. Sit down.\n\ntook in"
    )
    assert "engine 1.0.0 → 1.2.0" in done.stdout


def test_versions_are_compared_as_numbers():
    """1.10 comes after 1.9."""
    changelog = "# Changes\n## 1.10.0\nb\n## [1.9.0] - 2026-01-01\na\n## 1.8.0\n"

    assert upgrade.between(changelog, "1.8.0", "1.10.0") == "## 1.10.0\nb\n## [1.9.0] - 2026-01-01\na"
    assert upgrade.between(changelog, "1.9.0", "1.10.0") == "## 1.10.0\nb"


def test_the_same_lines_are_a_persons_to_decide(template, project):
    """A file that both changed; the rest of the merge is there."""
    go_on(template)
    project.edit("docs/how.md", "# ", "# (ours) ")
    project.commit("Ours")

    done = project.pipeline("upgrade")

    assert done.returncode == 2
    assert "both sides changed the same lines of:\n  docs/how.md" in done.stdout
    assert "UU docs/how.md" in project.run("git", "status", "--porcelain").stdout
    assert "a merge is under way" in project.pipeline("upgrade").stderr
    project.run("git", "merge", "--abort")
    assert (project.path / "docs/how.md").read_text().startswith("# (ours) ")


def test_stages_and_tests_of_ones_own_are_merged(template, project):
    """What both changed in other places is in the file."""
    stage = "pipelines/train.py"
    template.edit(stage, '"""Train: ', '"""Train (later version): ')
    template.commit("A later version")
    project.edit(stage, "run(train)", "run(train)  # ours")
    project.commit("Ours")

    assert project.pipeline("upgrade").returncode == 0

    text = (project.path / stage).read_text()
    assert text.startswith('"""Train (later version): ')
    assert text.endswith("run(train)  # ours\n")


def test_an_engine_that_was_edited_is_not_replaced(template, project):
    """The command says what was edited, how to see it, and how to go back; then it does."""
    go_on(template)
    project.edit("engine/src/champion/core/words.py", '"""', '"""Ours: ')
    (project.path / "engine/src/champion/core/ours.py").write_text('"""Ours."""\n')
    project.commit("Words of our own")

    done = project.pipeline("upgrade")

    assert done.returncode == 1
    assert (
        "the engine was edited here, and is replaced as a whole: engine/src/champion/core/ours.py, engine/"
        in done.stderr
    )
    see, back = (line.strip() for line in done.stderr.splitlines() if line.startswith("  git "))
    assert "Ours: " in project.run("bash", "-c", see).stdout
    project.run("bash", "-c", f"{back} -qm 'The engine is the template' && git status --porcelain")
    assert project.pipeline("upgrade").returncode == 0


def test_a_project_on_an_installed_engine_gets_no_folder(template, project):
    """It is told which version belongs to what came, for its lock."""
    project.run("git", "rm", "-r", "--quiet", "engine")
    project.commit("The engine is a package of the lock")
    go_on(template)

    done = project.pipeline("upgrade")

    assert done.returncode == 2
    assert (
        "left for you:\n  the engine is an installed package here: ask for version 1.2.0 in pyproject.toml"
        in done.stdout
    )
    assert not (project.path / "engine").exists()
    assert settings(project).keys() == {"template"}
    assert project.run("git", "status", "--porcelain").stdout == ""


def test_a_changelog_of_ones_own_stays(template, project):
    """The template's is another one."""
    (project.path / "CHANGELOG.md").write_text("# Ours\n")
    (project.path / "docs/ours.md").write_text("[ours](../CHANGELOG.md)\n")
    project.commit("Ours")
    go_on(template)

    assert project.pipeline("upgrade").returncode == 0

    assert (project.path / "CHANGELOG.md").read_text() == "# Ours\n"
    assert (project.path / "docs/ours.md").read_text() == "[ours](../CHANGELOG.md)\n"


def test_the_template_itself_is_not_upgraded_nor_is_work_overwritten(template, project):
    """One message each, and nothing is touched."""
    assert "was not made by `pipeline new`" in template.pipeline("upgrade").stderr
    assert "no merge of the template is under way" in project.pipeline("upgrade", "--finish").stderr
    project.set(train__max_iter=7)

    done = project.pipeline("upgrade")

    assert done.returncode == 1
    assert "not committed: params.yaml" in done.stderr


def test_a_copy_without_the_templates_history_can_be_given_it(template, project, tmp_path):
    """As GitHub's "Use this template" makes one: its first commit is the template's content, and nothing else."""
    copied, first = template.run("git", "rev-parse", "HEAD").stdout.strip(), "Begin"
    world = copy_of_project(tmp_path / "copied")
    world.run("git", "commit", "--quiet", "--amend", "--message", first)
    assert world.pipeline("new", "store-sales", "--from", "stores").returncode == 0
    world.commit("Start store-sales")
    world.run("git", "remote", "add", "template", str(template.path))
    go_on(template)

    refused = world.pipeline("upgrade")
    world.run("git", "replace", "--graft", "HEAD~1", copied)

    assert refused.returncode == 1
    assert "have no commit in common" in refused.stderr
    assert world.pipeline("upgrade").returncode == 0


@pytest.mark.slow
def test_the_champion_of_before_is_known_rebuilt_and_given_back(template, project):
    """The engine changed under it: its commit still has the code that made it."""
    own = {"PYTHONPATH": str(project.path / "engine/src")}
    project.repro(**own)
    project.commit("First data")
    project.repro(**own)
    template.edit("engine/src/champion/train/train.py", 'print(f"train: ', 'print(f"train (later version): ')
    template.commit("A later version")
    assert project.pipeline("upgrade").returncode == 0
    project.set(train__max_iter=60)
    project.commit("More trees")

    said = project.repro(**own)

    assert "train (later version): " in said
    assert "v2 is champion, it replaced v1" in said
    assert "was trained on Data v1, using Code v1, with Config v1" in project.pipeline("lineage", "1", **own).stdout
    assert "using Code v1, with Config v2" in project.pipeline("lineage", "2", **own).stdout
    assert "v1 was reproduced exactly" in project.pipeline("reproduce", "1", **own).stdout
    assert "champion is v1 again" in project.pipeline("rollback", "--yes", **own).stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from pipelines import params as engine", "from champion.core import params as engine"),
        (
            "from pipelines import params, interface",
            "from champion.core import params\nfrom champion.core import interface",
        ),
        (
            "from pipelines import (\n    params as engine,\n    errors,\n)",
            "from champion.core import params as engine\nfrom champion.core import errors",
        ),
        ("from pipelines import errors  # ours", "from champion.core import errors  # ours"),
        ("from pipelines import problem, errors", "from pipelines import problem\nfrom champion.core import errors"),
        ("from pipelines.interface import Column, Finding", "from champion.core.interface import Column, Finding"),
        ("    from pipelines.sources.sql import Sql", "    from champion.ext.sources.sql import Sql"),
        ("from ..errors import PipelineError", "from champion.core.errors import PipelineError"),
        ("from .. import params as engine", "from champion.core import params as engine"),
        (
            "import pipelines.errors\n\npipelines.errors.Refusal",
            "import champion.core.errors\n\nchampion.core.errors.Refusal",
        ),
        ("from pipelines.problem.params import Train", "from pipelines.problem.params import Train"),
    ],
)
def test_imports_of_the_engine_of_before_get_their_names_of_today(old: str, new: str):
    """In the problem's files, which are nobody's but the project's."""
    assert before.moved_imports(f"{old}\n") == f"{new}\n"


OLD_FLOW = """stages:
  ingest:
    cmd: python -m pipelines.entry ingest
    deps:
      - data/0-source
      - pipelines/problem/source.py
  evaluate:
    cmd: python -m pipelines.entry evaluate
    deps: [data/1-ingest]
"""
NEW_FLOW = """# The flow.
stages:
  ingest:
    cmd: python -m pipelines.ingest
    deps:
      - data/0-source
      - pipelines/problem/source.py
      - requirements.lock

  evaluate:
    cmd: python -m pipelines.evaluate
    deps:
      - pipelines/problem

plots:
  - losses
"""


def test_what_was_added_to_the_flow_of_before_is_in_that_of_today(tmp_path, monkeypatch):
    """The stage that asks a system, a module more, a stage that is no Python of ours. A stage of before is named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipelines/problem").mkdir(parents=True)
    (tmp_path / "pipelines/problem/words.py").touch()
    ours = OLD_FLOW.replace("source.py\n", "source.py\n      - pipelines/problem/words.py\n")
    ours = ours.replace("[data/1-ingest]", "[data/1-ingest, pipelines/problem/words.py]").replace(
        "ingest\n    deps", "ingest\n    wdir: .\n    deps"
    )
    ours += "  source:\n    cmd: python -m pipelines.entry source --state data/0-source/state\n  archive:\n    cmd: cp a b\n"
    ours += "  sample:\n    cmd: python -m pipelines.entry sample\n"

    text, left = before.merged_flow(ours, OLD_FLOW, NEW_FLOW)

    assert text == NEW_FLOW.replace("source.py\n", "source.py\n      - pipelines/problem/words.py\n").replace(
        "\nplots:",
        "\n  source:\n    cmd: python -m champion.ingest.source data/0-source/state\n\n  archive:\n    cmd: cp a b\n\n"
        "  sample:\n    cmd: python -m pipelines.entry sample\n\nplots:",
    )
    assert left == [
        "dvc.yaml: the stage sample runs `python -m pipelines.entry`: make it a function in pipelines/, as docs/adapt.md says",
        "dvc.yaml: the stage ingest was changed here beside its deps, and is the template's now",
    ]


@pytest.mark.parametrize("module", [names, before])
def test_the_examples_are_true(module):
    """As in every module that has some."""
    assert doctest.testmod(module).failed == 0
