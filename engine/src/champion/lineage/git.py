"""Ask git, and leave the repository as it was.

The project may be a subfolder of its repository: paths, here and in answers, are those of the project. Only a patch has
those of the repository, as `git apply` takes it.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from champion.core.errors import PipelineError

# Git hooks and `git rebase --exec` name their repository in these. A copy is another one, and the project's own is the one
# that it lies in: with GIT_DIR alone git would take a subfolder for all of it.
PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
PLAIN = ("-c", "core.quotePath=false")  # umlauts in names stay umlauts


# What git says if it does not look at all, which is no answer: what to do about it.
REFUSALS = {
    "dubious ownership|unsafe repository": "It belongs to another user. If you trust it, let git know with the line above",
    "ermission denied": "Let this account read and write the repository",
    "bad config": "Correct that line",
    "is corrupt|file corrupt": "`git fsck` says what is damaged; a fresh clone has all that was pushed",
}


class Unanswered(PipelineError):
    """Git has no answer."""


class Refused(PipelineError):
    """Git does not look at this repository: whatever is asked, the answer is not known."""


def answer(*arguments: str, environment: dict[str, str] | None = None, otherwise: str | None = None) -> str:
    """Run git and return what it prints; `otherwise` is the answer to a question git cannot answer.

    Raises:
        Refused: if git does not look at all, and so cannot tell.
        Unanswered: if it has no answer, and `otherwise` gives none.
    """
    try:
        return raw(*arguments, environment=environment).decode(errors="replace").strip()
    except Unanswered:
        if otherwise is None:
            raise
        return otherwise


def raw(*arguments: str, environment: dict[str, str] | None = None, asked: bytes | None = None) -> bytes:
    """Run git and return the bytes that it prints; `environment` is the whole of it, `asked` what it reads."""
    environment = _free() if environment is None else environment
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, env=environment, input=asked)
    except FileNotFoundError:
        raise PipelineError("git is not installed, and lineage is kept in its history. Install git.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        for told, remedy in REFUSALS.items():
            if re.search(told, said):
                raise Refused(f"git refuses this repository: {said}\n{remedy}.")
        raise Unanswered(f"git {' '.join(arguments[:3])} failed: {said}{_remedy(said)}")
    return done.stdout


def _free() -> dict[str, str]:
    """Return the environment without another repository's places, and in the language that is understood here."""
    return {name: value for name, value in os.environ.items() if name not in PLACES} | {"LC_ALL": "C"}


def _remedy(said: str) -> str:
    """Return what to do about what git says."""
    if "not a git repository" in said:
        start = "git init && git add . && git commit -m 'Start from the template'"
        return f". Lineage is kept in the git history: if this is no clone, run `{start}`."
    if "promisor remote" in said or "Could not read from remote" in said:
        return ". This clone is partial and its remote did not answer: repair that, or clone without --filter."
    return "."


def prefix() -> str:
    """Return where the project is in its repository: `ml/`, or nothing if it is all of it."""
    return answer("rev-parse", "--show-prefix")


def tree(folder: str) -> str:
    """Return the git tree of a folder as it is on disk; index and object store stay untouched."""
    with aside() as scratch:
        answer("add", "--all", "--", folder, environment=scratch)
        return answer("write-tree", f"--prefix={prefix()}{folder}/", environment=scratch)


def patch(*paths: str) -> bytes:
    """Return what differs from the last commit, new files included, as `git apply` takes it; nothing before the first."""
    if not has("HEAD"):
        return b""
    with aside() as scratch:
        for path in paths:
            answer("add", "--all", "--", path, environment=scratch, otherwise="")  # it may be in neither
        return raw("diff-index", "--cached", "--patch", "--binary", "HEAD", "--", *paths, environment=scratch)


def between(old: str, new: str, path: str) -> tuple[list[str], list[str]]:
    """Return the commits that only one of two has, newest first, `<` for the old one's, and the files that differ."""
    commits = answer(
        "log", "--no-show-signature", "--left-right", "--format=%m %h %s", f"{old}...{new}", "--", path, otherwise=""
    ).splitlines()
    changed = answer(
        *PLAIN, "diff-tree", "-r", "--relative", "--name-status", old, new, "--", path, otherwise=""
    ).splitlines()
    return commits, [line.replace("\t", " ") for line in changed]


def has(commit: str) -> bool:
    """Tell whether this clone has a commit."""
    return answer("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", otherwise="") != ""


def holds(commit: str, *paths: str) -> bool:
    """Tell whether a commit has each of these files and folders."""
    return set(answer("ls-tree", "--name-only", commit, "--", *paths).splitlines()) == {*paths}


def trees(folder: str, after: str = "") -> dict[str, str]:
    """Return the folder's tree at every commit that changed it, by commit, oldest first; those after a commit, if given."""
    commits = _commits(folder, after)
    lines = _show(folder, commits, "--batch-check").decode().splitlines()
    return {commit: line.split()[0] for commit, line in zip(commits, lines, strict=True) if " tree " in line}


def contents(path: str, after: str = "") -> dict[str, bytes]:
    """Return the file's content at every commit that changed it, by commit, oldest first; those after a commit, if given."""
    commits = _commits(path, after)
    raw, content = _show(path, commits, "--batch"), {}
    for commit in commits:
        header, _, raw = raw.partition(b"\n")
        if not header.endswith(b" missing"):  # a commit that deleted it
            size = int(header.split()[-1])
            content[commit] = raw[:size]
            raw = raw[size + 1 :]
    return content


def uncommitted(*paths: str) -> list[str]:
    """Return the files that differ from the last commit, new ones included, as they are called."""
    listed = raw("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
    inside = prefix()  # git lists them as the repository has them
    return [entry[3:].removeprefix(inside) for entry in listed.decode(errors="replace").split("\0") if entry]


def ancestors(commit: str, most: int) -> list[str]:
    """Return a commit and those before it on its branch, newest first; none if this clone does not have it."""
    return answer("rev-list", "--first-parent", f"--max-count={most}", commit, "--", otherwise="").split()


def is_shallow() -> bool:
    """Tell whether part of the history is missing from this clone."""
    return answer("rev-parse", "--is-shallow-repository") == "true"


def _commits(path: str, after: str) -> list[str]:
    """Follow first parents: that history is the same in every full clone of the branch."""
    wanted = f"{after}..HEAD" if after else "HEAD"
    return answer(
        "log", "--no-show-signature", "--first-parent", "--reverse", "--format=%H", wanted, "--", path, otherwise=""
    ).split()


def _show(path: str, commits: list[str], mode: str) -> bytes:
    wanted = "".join(f"{commit}:./{path}\n" for commit in commits)
    return raw("cat-file", mode, asked=wanted.encode())


@contextmanager
def aside() -> Iterator[dict[str, str]]:
    """Yield an environment in which git writes index and objects elsewhere.

    That index begins as the last commit: what is ignored but committed, modes and line ends are taken from there.
    """
    with tempfile.TemporaryDirectory() as scratch:
        objects = Path(answer("rev-parse", "--git-path", "objects")).resolve()
        environment = _free() | {
            "GIT_INDEX_FILE": f"{scratch}/index",
            "GIT_OBJECT_DIRECTORY": scratch,
            # Quoted as git does, since a path may hold a colon; a letter that is not ASCII stands as it is.
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": json.dumps(str(objects), ensure_ascii=False),
        }
        answer("read-tree", "HEAD", environment=environment, otherwise="")  # there may be no commit yet
        yield environment
