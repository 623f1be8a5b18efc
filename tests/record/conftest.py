"""Real git repositories, and no settings of the person who runs the tests."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import shared

from pipelines.record import tracking


@dataclass(frozen=True)
class Repository:
    """A git repository; the tests' process stands in it."""

    path: Path

    def git(self, *arguments: str) -> str:
        """Run git there and return what it prints."""
        done = subprocess.run(["git", *arguments], cwd=self.path, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def write(self, **files: bytes | str) -> None:
        """Write files, as in `write(**{"pipelines/a.py": "x"})`."""
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str = "Change", **files: bytes | str) -> str:
        """Write files, commit all there is and return the commit."""
        self.write(**files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    @property
    def state(self) -> dict[str, object]:
        """Return all that asking must not change."""
        files = [path for path in sorted(self.path.rglob("*")) if path.is_file()]
        return {
            "status": self.git("status", "--porcelain=v2", "--branch"),
            "stashes": self.git("stash", "list"),
            "branches": self.git("for-each-ref"),
            "files": {str(path.relative_to(self.path)): path.read_bytes() for path in files},  # index and objects too
        }


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty repository on the branch main."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")
    (tmp_path / "gitconfig").touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    found = Repository(tmp_path / "project")
    found.git("init", "--quiet", "--initial-branch", "main")
    return found


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty registry whose tables are made, which takes seconds. Shared."""
    folder = tmp_path_factory.mktemp("migrated")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        tracking.connect(create=True)
    with shared.read_only(folder):
        yield folder / "mlflow.db"
