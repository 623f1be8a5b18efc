"""Put the project into another folder, as it was at a commit or as it was packed. The repository stays as it is."""

import io
import re
import tarfile
from pathlib import Path

from champion.lineage import git

QUIET = ("-c", "core.hooksPath=/dev/null")  # nobody's hooks run in a copy


def copy(commit: str, folder: Path, patch: bytes, part: str) -> str:
    """Check the project at a commit out into a new folder and change it; return the git tree of a part of it.

    The copy is of the repository, so the project is where it is here. This repository and its index stay untouched.
    Objects are shared, so that commits no branch leads to any more can be had as well.
    """
    inside = git.prefix()
    top = git.answer("rev-parse", "--show-toplevel")
    git.answer("clone", "--quiet", "--shared", "--no-checkout", top, str(folder))
    _promise(folder)
    if inside:  # what else the repository holds may be large
        git.answer("-C", str(folder), "sparse-checkout", "set", inside)
    git.answer("-C", str(folder), *QUIET, "checkout", "--quiet", "--detach", commit)
    there = ("-C", str(folder / inside), *QUIET)
    if patch.strip():
        file = folder / ".git" / "uncommitted.diff"
        file.write_bytes(patch)
        git.answer(*there, "apply", "--whitespace=nowarn", str(file))
    git.answer(*there, "add", "--all", "--", part)
    return git.answer(*there, "write-tree", f"--prefix={inside}{part}/")


def _promise(folder: Path) -> None:
    """Let the copy of a partial clone fetch what it lacks from where the clone would."""
    promised = git.answer("config", "--get-regexp", r"^remote\..*\.promisor$", "true", otherwise="")
    for remote in re.findall(r"^remote\.(.*)\.promisor ", promised, re.MULTILINE):
        address = git.answer("remote", "get-url", remote)
        settings = {
            f"remote.{remote}.url": str(Path(address).resolve()) if Path(address).exists() else address,
            f"remote.{remote}.promisor": "true",
            f"remote.{remote}.partialCloneFilter": "blob:none",
        }
        for name, value in settings.items():
            git.answer("-C", str(folder), "config", name, value)


def pack(*paths: str, commit: str = "") -> bytes:
    """Return the project's files and folders of these names as a tar.gz, as they are on disk or at a commit.

    What git ignores is left out, and a name that is not there.
    """
    with git.aside() as scratch:
        if commit:
            git.answer("read-tree", commit, environment=scratch)
        for path in () if commit else paths:
            git.answer("add", "--all", "--", path, environment=scratch, otherwise="")
        there = [path for path in paths if git.answer("ls-files", "--", path, environment=scratch)]
        everything = git.answer("write-tree", environment=scratch)
        return git.raw("archive", "--format=tar.gz", everything, "--", *there, environment=scratch)


def unpack(packed: bytes, folder: Path, part: str) -> str:
    """Put what was packed into a new folder, a repository of its own; return the git tree of a part of it."""
    git.answer("init", "--quiet", str(folder))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="tar")  # keeps modes and links
    there = ("-C", str(folder), *QUIET)
    git.answer(*there, "add", "--all", "--force", "--", part)
    return git.answer(*there, "write-tree", f"--prefix={part}/")
