"""Git is asked, never changed; and what it says can be built again elsewhere."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from champion.core.errors import PipelineError
from champion.lineage import checkout, git

COMMITTED = {
    "pipelines/a.py": "one\ntwo\nthree\n",
    "pipelines/gone.py": "gone\n",
    "pipelines/windows.py": b"one\r\ntwo\r\n",
    "pipelines/latin.py": "# größer\n".encode("latin-1"),
    "pipelines/unended.py": "no newline",
    "pipelines/picture.png": bytes(range(256)),
    "params.yaml": "train:\n  seed: 7\n",
}
CHANGES = {
    "an edit": {"pipelines/a.py": "one\nzwei\nthree\n"},
    "a new file": {"pipelines/new.py": "new\n"},
    "a new folder": {"pipelines/new/deep/file.py": "new\n"},
    "an empty file": {"pipelines/__init__.py": ""},
    "a deleted file": {"pipelines/gone.py": None},
    "an edit of a binary file": {"pipelines/picture.png": bytes(reversed(range(256)))},
    "a new binary file": {"pipelines/new.bin": b"\0\1\2\xff" * 100},
    "an edit with CRLF": {"pipelines/windows.py": b"one\r\nzwei\r\n"},
    "CRLF that became LF": {"pipelines/windows.py": b"one\ntwo\n"},
    "LF that became CRLF": {"pipelines/a.py": b"one\r\ntwo\r\nthree\r\n"},
    "a new file with CRLF": {"pipelines/new.py": b"one\r\ntwo\r\n"},
    "an edit that is not UTF-8": {"pipelines/latin.py": "# größer, länger\n".encode("latin-1")},
    "an edit without newline at the end": {"pipelines/unended.py": "still no newline"},
    "a newline at the end that went": {"pipelines/a.py": "one\ntwo\nthree"},
    "trailing blanks": {"pipelines/a.py": "one  \ntwo\t\nthree\n\n\n"},
    "a name with blanks and umlauts": {"pipelines/größer als.py": "new\n"},
    "an edit outside of the part": {"params.yaml": "train:\n  seed: 8\n"},
    "all at once": {
        "pipelines/a.py": "one\nzwei\n",
        "pipelines/new.py": "new\n",
        "pipelines/gone.py": None,
        "pipelines/picture.png": b"\0",
        "params.yaml": "train:\n  seed: 8\n",
    },
}
FILES = tuple(COMMITTED)


def change(repository, changes):
    repository.write(**{name: content for name, content in changes.items() if content is not None})
    for name in [name for name, content in changes.items() if content is None]:
        (repository.path / name).unlink()


@pytest.fixture(params=["", "ml", "größer als/ml"], ids=["all of it", "a subfolder", "one with an umlaut"])
def project(repository, request, monkeypatch):
    """A project with one commit, in which all is as committed; it is its repository, or a part of that."""
    repository.write(**{"other/large.bin": b"0" * 1000, "notes.txt": "of the repository"})
    folder = repository.path / request.param
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    part = replace(repository, path=folder)
    part.commit("Start", **COMMITTED)
    return part


def copied(tmp_path):
    """Return where the copy has the project."""
    return tmp_path / "copy" / git.prefix()


def contents_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("pipelines", "params.yaml")
        for path in [folder / part, *(folder / part).rglob("*")]
        if path.is_file()
    }


def rebuilt(folder):
    """Take the patch of what is here, build it again in a folder; return what tree it has and what it should have."""
    patch = git.patch("pipelines", "params.yaml")
    return checkout.copy("HEAD", folder, patch, "pipelines"), git.tree("pipelines")


def test_what_is_not_committed_is_named_as_it_is_called(project):
    """With blanks, umlauts and quotes; a file that moved is one that went and one that came."""
    project.git("mv", "pipelines/a.py", "pipelines/b c.py")
    project.write(**{"pipelines/größer.py": "new", 'pipelines/a "b".py': "new"})

    found = git.uncommitted("pipelines")

    assert sorted(found) == ['pipelines/a "b".py', "pipelines/a.py", "pipelines/b c.py", "pipelines/größer.py"]


def test_commits_between_two_are_told_in_both_directions(project):
    """Going back is to be without them."""
    old = project.git("rev-parse", "HEAD")
    new = project.commit("Größer", **{"pipelines/größer.py": "new"})

    forth, back = git.between(old, new, "pipelines"), git.between(new, old, "pipelines")

    assert forth == ([f"> {new[:7]} Größer"], ["A pipelines/größer.py"])
    assert back == ([f"< {new[:7]} Größer"], ["D pipelines/größer.py"])


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_what_is_not_committed_can_be_built_again(project, tmp_path, changes):
    """Commit and patch give the same files to the byte, and the same tree."""
    change(project, changes)

    found, expected = rebuilt(tmp_path / "copy")

    assert found == expected
    assert contents_of(copied(tmp_path)) == contents_of(project.path)


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_what_was_packed_is_what_was_there(project, tmp_path, changes):
    """Committed or not; what git ignores, what nobody asked for and what is not there are left out."""
    project.write(**{".gitignore": "*.log\n", "pipelines/some.log": "ignored"})
    change(project, changes)

    found = checkout.unpack(checkout.pack("pipelines", "params.yaml", "LICENSE"), tmp_path / "copy", "pipelines")

    assert found == git.tree("pipelines")
    (project.path / "pipelines/some.log").unlink()
    assert contents_of(tmp_path / "copy") == contents_of(project.path)
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {".git", "pipelines", "params.yaml"}


def test_a_mode_and_a_link_are_packed_too(project, tmp_path):
    """A script stays a script."""
    (project.path / "pipelines/a.py").chmod(0o755)
    (project.path / "pipelines/link.py").symlink_to("a.py")

    found = checkout.unpack(checkout.pack("pipelines"), tmp_path / "copy", "pipelines")

    assert found == git.tree("pipelines")
    assert (tmp_path / "copy/pipelines/a.py").stat().st_mode & 0o111
    assert (tmp_path / "copy/pipelines/link.py").readlink() == Path("a.py")


@pytest.mark.parametrize("staged", [[], ["pipelines"], ["pipelines/new.py"]], ids=["nothing", "all", "a part"])
def test_what_is_staged_does_not_matter(project, tmp_path, staged):
    """What counts is on disk: it is what the pipeline runs."""
    change(project, CHANGES["all at once"])
    for path in staged:
        project.git("add", "--all", path)
    project.write(**{"pipelines/new.py": "newer\n"})

    found, expected = rebuilt(tmp_path / "copy")

    assert found == expected
    assert (copied(tmp_path) / "pipelines/new.py").read_text() == "newer\n"


def test_a_mode_and_a_link_are_rebuilt_too(project, tmp_path):
    """A script stays a script."""
    (project.path / "pipelines/a.py").chmod(0o755)
    (project.path / "pipelines/link.py").symlink_to("a.py")

    found, expected = rebuilt(tmp_path / "copy")

    assert found == expected
    assert (copied(tmp_path) / "pipelines/a.py").stat().st_mode & 0o111
    assert (copied(tmp_path) / "pipelines/link.py").readlink() == Path("a.py")


def test_the_repository_is_left_to_the_byte(project, tmp_path):
    """Index, stashes, branches, objects and files, with work half staged and half not."""
    change(project, CHANGES["an edit"])
    project.git("stash")
    change(project, CHANGES["all at once"])
    project.git("add", "pipelines/new.py")
    before = project.state

    rebuilt(tmp_path / "copy")
    checkout.pack("pipelines")
    git.trees("pipelines")
    git.contents("params.yaml")
    git.between("HEAD", "HEAD", "pipelines")

    assert project.state == before


def test_without_changes_there_is_no_patch(project, tmp_path):
    """The tree is the commit's own."""
    assert git.patch("pipelines", "params.yaml") == b""
    assert git.tree("pipelines") == project.git("rev-parse", "HEAD:./pipelines")
    assert checkout.copy("HEAD", tmp_path / "copy", b"", "pipelines") == project.git("rev-parse", "HEAD:./pipelines")


def test_a_patch_is_of_the_paths_asked_for(project):
    """Notes in another folder are nobody's business, and a path that is nowhere is no error."""
    project.write(**{"notes.md": "secret\n", "params.yaml": "train:\n  seed: 8\n"})

    found = git.patch("pipelines", "params.yaml", "requirements.lock")

    assert b"+  seed: 8" in found
    assert b"notes.md" not in found


def test_ignored_files_are_no_code(project):
    """What Python and editors leave behind changes no version."""
    project.commit("Ignore", **{".gitignore": "__pycache__\n*.log\n"})
    before = git.tree("pipelines")
    project.write(**{"pipelines/__pycache__/a.pyc": b"\0", "pipelines/some.log": "x"})

    assert git.tree("pipelines") == before
    assert git.patch("pipelines") == b""


def test_a_commit_that_no_branch_leads_to_can_be_copied(project, tmp_path):
    """A branch was squashed and deleted, but the model was made from it."""
    project.git("switch", "--quiet", "--create", "idea")
    lost = project.commit("Idea", **{"pipelines/a.py": "idea\n"})
    project.git("switch", "--quiet", "main")
    project.git("branch", "--quiet", "-D", "idea")

    checkout.copy(lost, tmp_path / "copy", b"", "pipelines")

    assert (copied(tmp_path) / "pipelines/a.py").read_text() == "idea\n"
    assert project.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_an_old_commit_is_copied_without_what_came_later(project, tmp_path):
    """Neither newer commits nor the working tree shine through."""
    old = project.git("rev-parse", "HEAD")
    project.commit("Later", **{"pipelines/later.py": "later\n"})
    project.write(**{"pipelines/a.py": "dirty\n"})

    found = checkout.copy(old, tmp_path / "copy", b"", "pipelines")

    assert found == project.git("rev-parse", f"{old}:./pipelines")
    assert contents_of(copied(tmp_path)).keys() == COMMITTED.keys()


@pytest.mark.parametrize("name", ["Größe x", 'with "quotes"', "a:b", "back\\slash", "$HOME", "日本"])
def test_a_project_may_lie_in_a_folder_of_any_name(project, repository, tmp_path, monkeypatch, name):
    """Nothing could be promoted in a folder with an umlaut: a variable was written in JSON's quotes, not git's."""
    inside = git.prefix()
    repository.path.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path / name / inside)
    Path("pipelines/a.py").write_text("elsewhere\n")

    found, expected = rebuilt(tmp_path / "copy")

    assert found == expected


def test_a_linked_worktree_can_be_asked(project, tmp_path, monkeypatch):
    """`git worktree add`: .git is a file there."""
    project.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "side")
    monkeypatch.chdir(tmp_path / "tree" / git.prefix())
    Path("pipelines/a.py").write_text("side\n")

    found, expected = rebuilt(tmp_path / "copy")

    assert found == expected
    assert (copied(tmp_path) / "pipelines/a.py").read_text() == "side\n"


TASTES = {
    "how diffs look": [
        "diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.context=0", "diff.relative=true", "diff.wordRegex=.",
        "diff.renames=copies", "diff.submodule=log", "color.ui=always", "color.diff=always", "core.quotePath=false",
        "core.pager=false", "diff.suppressBlankEmpty=true", "diff.algorithm=patience",
    ],
    "who makes diffs": ["diff.external=false", "diff.py.command=false", "diff.py.textconv=false", "diff.py.binary=true"],
    "what apply allows": ["apply.whitespace=error", "apply.ignoreWhitespace=change"],
    "what lists show": ["log.follow=true", "log.date=raw", "status.showUntrackedFiles=no", "index.version=4"],
    "line ends of Windows": ["core.autocrlf=true"],
    "line ends of Windows, one way": ["core.autocrlf=input"],
    "a disk without modes": ["core.fileMode=false"],
    "hooks for all": ["core.hooksPath=../hooks"],
}  # fmt: skip


@pytest.mark.parametrize("settings", TASTES.values(), ids=TASTES)
@pytest.mark.parametrize("place", ["global", "local"])
def test_no_setting_of_a_person_spoils_it(project, tmp_path, settings, place):
    """Each of these is somebody's taste."""
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/post-checkout").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "hooks/post-checkout").chmod(0o755)
    project.commit("Differ", **{".gitattributes": "*.py diff=py\n", "pipelines/script.py": "x"})
    (project.path / "pipelines/script.py").chmod(0o755)
    project.commit("Script")
    for setting in settings:
        project.git("config", f"--{place}", *setting.split("=", 1))
    clean = git.tree("pipelines"), git.patch("pipelines", "params.yaml")
    change(project, CHANGES["all at once"] | {"pipelines/picture.png": b"\1\0\2"})

    found, expected = rebuilt(tmp_path / "copy")

    assert clean == (project.git("rev-parse", "HEAD:./pipelines"), b"")
    assert found == expected
    assert (copied(tmp_path) / "pipelines/new.py").read_text().splitlines() == ["new"]


def test_a_file_that_is_ignored_but_committed_is_code(project, tmp_path):
    """`git add --force` of one table while *.csv is ignored."""
    project.write(**{".gitignore": "*.csv\n", "pipelines/holidays.csv": "day\n"})
    project.git("add", "--force", "pipelines/holidays.csv")
    project.commit("Holidays")

    assert git.tree("pipelines") == project.git("rev-parse", "HEAD:./pipelines")

    project.write(**{"pipelines/holidays.csv": "day\nanother\n"})
    found, expected = rebuilt(tmp_path / "copy")

    assert found == expected
    assert (copied(tmp_path) / "pipelines/holidays.csv").read_text() == "day\nanother\n"


@pytest.mark.parametrize("names", [("GIT_DIR",), ("GIT_INDEX_FILE",), ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")])
def test_a_copy_made_within_a_git_hook_leaves_the_repository_alone(project, repository, tmp_path, monkeypatch, names):
    """Hooks and `git rebase --exec` hand on where their repository is; the copy is another one."""
    change(project, CHANGES["all at once"])
    places = {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}
    before = project.state
    with monkeypatch.context() as hook:
        for name in names:
            hook.setenv(name, str((repository.path / places[name]).resolve()))

        found, expected = rebuilt(tmp_path / "copy")

    assert found == expected
    assert project.state == before


def test_a_patch_that_does_not_fit_is_an_error(project, tmp_path):
    """Half a rebuilt model is none."""
    project.write(**{"pipelines/a.py": "other\n"})
    patch = git.patch("pipelines")
    project.commit("Other", **{"pipelines/a.py": "another\n"})

    with pytest.raises(PipelineError, match="patch does not apply"):
        checkout.copy("HEAD", tmp_path / "copy", patch, "pipelines")


def test_trees_are_told_by_commit_oldest_first(project):
    """Only commits that changed the folder; one that deleted it has no tree."""
    first = project.git("rev-parse", "HEAD")
    project.commit("Elsewhere", **{"params.yaml": "train:\n  seed: 8\n"})
    second = project.commit("Code", **{"pipelines/a.py": "changed\n"})
    project.git("rm", "-r", "--quiet", "pipelines")
    project.commit("Delete")
    third = project.commit("Again", **{"pipelines/a.py": "again\n"})

    found = git.trees("pipelines")

    assert list(found) == [first, second, third]
    assert found == {commit: project.git("rev-parse", f"{commit}:./pipelines") for commit in found}


def test_contents_are_told_by_commit_oldest_first(project):
    """To the byte, also of a file that was empty, unended or deleted for a while."""
    first = project.git("rev-parse", "HEAD")
    second = project.commit("Empty", **{"params.yaml": ""})
    project.commit("Elsewhere", **{"pipelines/a.py": "changed\n"})
    third = project.commit("Unended", **{"params.yaml": b"\r\nmissing"})
    (project.path / "params.yaml").unlink()
    project.commit("Delete")
    fourth = project.commit("Again", **{"params.yaml": "gr\u00f6\u00dfer: 1\n\n"})

    assert list(git.contents("params.yaml").items()) == [
        (first, b"train:\n  seed: 7\n"),
        (second, b""),
        (third, b"\r\nmissing"),
        (fourth, "größer: 1\n\n".encode()),
    ]


def test_of_what_never_was_there_is_no_history(repository):
    """Before the first commit, and of a path nobody committed."""
    assert (git.trees("pipelines"), git.contents("params.yaml")) == ({}, {})

    repository.commit("Start", **{"README.md": "x"})

    assert (git.trees("pipelines"), git.contents("params.yaml")) == ({}, {})
    assert git.patch("pipelines") == b""


def test_before_the_first_commit_there_is_a_tree_already(repository):
    """The pipeline runs before anybody commits it."""
    repository.write(**{"pipelines/a.py": "one\n"})
    before = git.tree("pipelines")
    repository.commit("Start")

    assert before == repository.git("rev-parse", "HEAD:./pipelines")


def test_between_two_commits_are_those_that_changed_the_path(project):
    """Newest first, with the files in sum."""
    old = project.git("rev-parse", "HEAD")
    project.commit("Edit", **{"pipelines/a.py": "changed\n"})
    project.commit("Elsewhere", **{"params.yaml": "train:\n  seed: 8\n"})
    (project.path / "pipelines/gone.py").unlink()
    new = project.commit("Replace “it” <b>", **{"pipelines/new.py": "new\n"})

    commits, files = git.between(old, new, "pipelines")

    assert [line.split(maxsplit=2)[2] for line in commits] == ["Replace “it” <b>", "Edit"]
    assert files == ["M pipelines/a.py", "D pipelines/gone.py", "A pipelines/new.py"]


def test_between_a_commit_and_itself_is_nothing(project):
    """Two versions from one commit."""
    assert git.between("HEAD", "HEAD", "pipelines") == ([], [])


def test_between_a_commit_that_is_gone_and_another_is_nothing(project):
    """Better no list than no answer."""
    assert git.between("f" * 40, "HEAD", "pipelines") == ([], [])


def test_signatures_are_no_commits(project, tmp_path):
    """With log.showSignature git says of each commit what it thinks of its signature."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    for name, value in {"gpg.format": "ssh", "user.signingKey": f"{tmp_path}/key.pub", "log.showSignature": "true",
                        "commit.gpgSign": "true"}.items():  # fmt: skip
        project.git("config", name, value)
    old = project.git("rev-parse", "HEAD")
    project.commit("Signed", **{"pipelines/a.py": "signed\n"})

    assert len(git.trees("pipelines")) == 2
    assert [line.split(maxsplit=2)[2] for line in git.between(old, "HEAD", "pipelines")[0]] == ["Signed"]


@pytest.mark.parametrize(
    ("commit", "expected"), [("HEAD", True), ("f" * 40, False), ("no commit yet", False), ("", False)]
)
def test_a_clone_knows_whether_it_has_a_commit(project, commit, expected):
    """Before anything is rebuilt."""
    assert git.has(commit) == expected


def test_a_tree_is_no_commit(project):
    """An object of that name is not enough."""
    assert not git.has(project.git("rev-parse", "HEAD^{tree}"))
    assert git.has(project.git("rev-parse", "HEAD"))


def test_outside_of_a_repository_it_says_what_to_do(tmp_path, monkeypatch, repository):
    """A template unpacked from an archive."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    with pytest.raises(PipelineError, match=r"not a git repository.*run `git init && git add \. && git commit"):
        git.tree("pipelines")


def test_without_git_it_says_so(monkeypatch, repository):
    """Not a traceback."""
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(PipelineError, match=r"git is not installed"):
        git.answer("status")


def test_a_question_without_answer_has_another(repository):
    """Only where one is given."""
    assert git.answer("rev-parse", "--verify", "--quiet", "HEAD", otherwise="no commit yet") == "no commit yet"
    with pytest.raises(PipelineError, match="git rev-parse --verify"):
        git.answer("rev-parse", "--verify", "HEAD")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: git.has("HEAD"),
        git.is_shallow,
        lambda: git.uncommitted("pipelines"),
        lambda: git.tree("pipelines"),
        lambda: git.ancestors("HEAD", 3),
        lambda: git.trees("pipelines"),
        lambda: git.contents("params.yaml"),
        lambda: git.patch("pipelines"),
        lambda: git.between("HEAD", "HEAD", "pipelines"),
        lambda: checkout.pack("pipelines"),
    ],
    ids=["has", "shallow", "uncommitted", "tree", "ancestors", "trees", "contents", "patch", "between", "pack"],
)
def test_a_repository_of_another_user_is_no_answer(project, monkeypatch, ask):
    """As in a job's container, or on a mounted volume: git does not look, so nothing can be told, not even "no"."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(git.Refused, match="belongs to another user") as refused:
        ask()

    assert "safe.directory" in str(refused.value)
    assert "git init" not in str(refused.value)


def test_a_spoilt_setting_of_a_person_is_told(project, tmp_path):
    """With the file and the line, as git says it."""
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[user\n")

    with pytest.raises(git.Refused, match=r"bad config line 1 in file .*\nCorrect that line"):
        git.has("HEAD")
