"""Ask git, and leave the repository as it was."""

import os
import subprocess
import tempfile
from pathlib import Path

from pipelines.errors import PipelineError


def answer(*arguments: str, environment: dict[str, str] | None = None, otherwise: str | None = None) -> str:
    """Run git and return what it prints; `otherwise` is the answer to a question git cannot answer."""
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=False, env=os.environ | (environment or {})
        )
    except FileNotFoundError:
        raise PipelineError("git is not installed, and lineage is kept in its history. Install git.") from None
    if done.returncode == 0:
        return done.stdout.strip()
    if otherwise is not None:
        return otherwise
    raise PipelineError(
        f"git {arguments[0]} failed: {done.stderr.strip()}. Lineage is kept in the git history: if this is no clone, "
        "run `git init && git add . && git commit -m 'Start from the template'`."
    )


def tree(folder: str) -> str:
    """Return the git tree of a folder as it is on disk; index and object store stay untouched."""
    with tempfile.TemporaryDirectory() as scratch:
        objects = Path(answer("rev-parse", "--git-path", "objects")).resolve()
        aside = {
            "GIT_INDEX_FILE": f"{scratch}/index",
            "GIT_OBJECT_DIRECTORY": scratch,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        }
        answer("add", "--all", "--", folder, environment=aside)
        return answer("write-tree", f"--prefix={folder}/", environment=aside)


def trees(folder: str) -> list[str]:
    """Return the folder's tree at every commit that changed it, oldest first."""
    lines = _at_every_commit(folder, "--batch-check").decode().splitlines()
    return [line.split()[0] for line in lines if " tree " in line]


def contents(path: str) -> list[bytes]:
    """Return the file's content at every commit that changed it, oldest first."""
    raw, found = _at_every_commit(path, "--batch"), []
    while raw:
        header, _, raw = raw.partition(b"\n")
        if not header.endswith(b" missing"):  # a commit that deleted it
            size = int(header.split()[-1])
            found.append(raw[:size])
            raw = raw[size + 1 :]
    return found


def is_shallow() -> bool:
    """Tell whether part of the history is missing from this clone."""
    return answer("rev-parse", "--is-shallow-repository") == "true"


def _at_every_commit(path: str, mode: str) -> bytes:
    """Ask for one path along the first-parent history, which is the same in every full clone of the branch."""
    commits = answer("log", "--first-parent", "--reverse", "--format=%H", "--", path, otherwise="").split()
    wanted = "".join(f"{commit}:{path}\n" for commit in commits)
    return subprocess.run(["git", "cat-file", mode], input=wanted.encode(), capture_output=True, check=True).stdout
