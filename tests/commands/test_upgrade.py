"""A project takes later versions of the template in, and what is its own stays its own."""

from pathlib import Path

import pytest
from conftest import World, copy_of_project


@pytest.fixture
def template(tmp_path) -> World:
    return copy_of_project(tmp_path / "template")


@pytest.fixture
def project(template: World, tmp_path: Path) -> World:
    """A clone of the template that was made somebody's own."""
    template.run("git", "clone", "--quiet", "--origin", "template", str(template.path), str(tmp_path / "world"))
    world = World(tmp_path / "world")
    world.pipeline("new", "store-sales", "--from", "stores")
    world.commit("Start store-sales")
    return world


def go_on(template: World) -> None:
    """Change what is everybody's, and what is the template's sample."""
    template.edit("docs/how.md", "# ", "# (new) ")
    template.edit("README.md", "# Champion pipeline", "# Better champion pipeline")
    template.set(train__max_iter=11, evaluate__confidence=0.9)
    template.edit("pipelines/problem/names.py", 'NAME = "', 'NAME = "other-')
    (template.path / "pipelines/problem/extra.py").write_text('"""Yours: what a later version asks for."""\n')
    (template.path / "data/0-source/notes.txt").write_text("of the sample\n")
    (template.path / "data/0-source/README.md").write_text("changed\n")
    template.commit("A later version")


def test_what_is_everybodys_comes_and_what_is_ones_own_stays(template, project):
    """Even where git could merge it; a new file of the problem comes along, one of the sample does not."""
    go_on(template)
    ours = {
        name: (project.path / name).read_bytes() for name in ("params.yaml", "README.md", "pipelines/problem/names.py")
    }

    done = project.pipeline("upgrade")

    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.path / "docs/how.md").read_text().startswith("# (new) ")
    assert (project.path / "docs/template.md").read_text().startswith("# Better champion pipeline")
    assert {name: (project.path / name).read_bytes() for name in ours} == ours
    assert (project.path / "pipelines/problem/extra.py").exists()
    assert [path.name for path in (project.path / "data/0-source").iterdir()] == ["stores.csv"]
    assert project.run("git", "status", "--porcelain").stdout == ""
    assert "in here already" in project.pipeline("upgrade").stderr


def test_the_same_lines_are_a_persons_to_decide(template, project):
    """A file of the engine that both changed; the rest of the merge is there."""
    go_on(template)
    project.edit("docs/how.md", "# ", "# (ours) ")
    project.commit("Ours")

    done = project.pipeline("upgrade")

    assert done.returncode == 2
    assert "both sides changed the same lines of:\n  docs/how.md" in done.stdout
    assert "UU docs/how.md" in project.run("git", "status", "--porcelain").stdout
    project.run("git", "merge", "--abort")
    assert (project.path / "docs/how.md").read_text().startswith("# (ours) ")


def test_the_template_itself_is_not_upgraded_nor_is_work_overwritten(template, project):
    """One message each, and nothing is touched."""
    assert "was not made by `pipeline new`" in template.pipeline("upgrade").stderr
    project.set(train__max_iter=7)

    done = project.pipeline("upgrade")

    assert done.returncode == 1
    assert "not committed: params.yaml" in done.stderr


@pytest.mark.slow
def test_the_champion_of_before_is_known_rebuilt_and_given_back(template, project):
    """The engine changed under it: its commit still has the code that made it."""
    project.repro()
    project.commit("First data")
    project.repro()
    template.edit("pipelines/stages/train.py", 'print(f"train: ', 'print(f"train (later version): ')
    go_on(template)
    project.pipeline("upgrade")
    project.set(train__max_iter=60)
    project.commit("More trees")

    said = project.repro()

    assert "train (later version): " in said
    assert "v2 is champion, it replaced v1" in said
    assert "was trained on Data v1, using Code v1, with Config v1" in project.pipeline("lineage", "1").stdout
    assert "using Code v2, with Config v2" in project.pipeline("lineage", "2").stdout
    assert "v1 was reproduced exactly" in project.pipeline("reproduce", "1").stdout
    assert "champion is v1 again" in project.pipeline("rollback", "--yes").stdout
