"""On a machine that is set up in another way: what a person configured for git, Python or the shell spoils nothing."""

from pathlib import Path

import pytest
from conftest import World, copy_of_project

pytestmark = pytest.mark.weekly
SETTINGS = """
[core]
    autocrlf = true
    hooksPath = {hooks}
    pager = false
[commit]
    gpgsign = true
[gpg]
    program = false
[init]
    defaultBranch = master
[log]
    showSignature = true
[diff]
    noprefix = true
    external = false
[status]
    showUntrackedFiles = no
[color]
    ui = always
[user]
    useConfigOnly = true
"""
HOOKS = ("pre-commit", "post-checkout", "post-index-change", "reference-transaction")
QUIET = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "user.name=Ada",
    "-c",
    "user.email=a@b.org",
)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """The environment of a person who signs commits, whose hooks fail, who gave no name, and has conda active."""
    hooks, home, modules = tmp_path / "my hooks", tmp_path / "home of Ada", tmp_path / "modules"
    for folder in (hooks, home, modules):
        folder.mkdir()
    for name in HOOKS:
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(SETTINGS.format(hooks=hooks))
    (tmp_path / "startup.py").write_text('raise SystemExit("startup")\n')
    (tmp_path / "tmp of Ada").mkdir()
    return {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "TMPDIR": str(tmp_path / "tmp of Ada"),
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONPATH": str(modules),
        "PYTHONSTARTUP": str(tmp_path / "startup.py"),
        "CONDA_PREFIX": "/opt/conda",
        "CONDA_DEFAULT_ENV": "base",
    }


def test_a_champions_life_whatever_a_person_configured(settings: dict[str, str], tmp_path: Path):
    """One commit on the branch master, as "Use this template" makes it, checked out detached in a linked worktree."""
    first = copy_of_project(tmp_path / "repository")
    first.run("git", "branch", "--move", "master")
    first.run("git", *QUIET, "worktree", "add", "--quiet", "--detach", str(tmp_path / "größer als"), **settings)
    world = World(tmp_path / "größer als")
    assert b"\r\n" in (world.path / "engine/src/champion/core/entry.py").read_bytes()

    for leaves in (31, 63):
        world.set(train__max_leaf_nodes=leaves)
        world.run("git", *QUIET, "commit", "--quiet", "--allow-empty", "--all", "--message", "Change", **settings)
        world.run("dvc", "repro", **settings)

    assert [version for (version,) in world.registered()["versions"]] == [1, 2]
    said = {
        question: world.pipeline(*question.split(), **settings)
        for question in ("status", "lineage 1", "history", "gate", "why", "reproduce 1", "rollback --yes")
    }
    assert {question: answer.returncode for question, answer in said.items()} == dict.fromkeys(said, 0)
    assert "using Code v1, with Config v1" in said["lineage 1"].stdout
    assert "v1 was rebuilt to the byte" in said["why"].stdout
    assert "v1 was reproduced exactly" in said["reproduce 1"].stdout
    assert "champion is v1 again" in said["rollback --yes"].stdout
