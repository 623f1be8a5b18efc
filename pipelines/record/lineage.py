"""Which code, data, config and environment a candidate is made of, and their numbers in the git history."""

import hashlib
import json
import os
import platform
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PipelineError
from pipelines.record import files

CODE, CONFIG, LOCK, ENVIRONMENT = "pipelines", "params.yaml", "dvc.lock", "requirements.lock"
SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Inputs:
    """Content digests of the four things a candidate is made of."""

    code: str  # git tree of pipelines/, as it is on disk
    data: str  # DVC hash of what ingest wrote
    config: str  # params.yaml without `ingest`, which says what data is taken
    environment: str  # lock file and Python

    @property
    def candidate(self) -> str:
        """Return the candidate's digest: equal inputs, equal candidate."""
        text = f"{self.code}\n{self.data}\n{self.config}\n{self.environment}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Part:
    """The how-manieth content this is in the history of the branch."""

    number: int
    dirty: bool  # not committed

    def __str__(self) -> str:
        return f"v{self.number}{'+dirty' if self.dirty else ''}"


@dataclass(frozen=True)
class Lineage:
    """A candidate's inputs under the names people use."""

    inputs: Inputs
    code: Part
    data: Part
    config: Part
    commit: str
    uncommitted: list[str]  # files that differ from the commit
    python: str

    @property
    def name(self) -> str:
        """Return the short form, as runs are called."""
        return f"data {self.data} · code {self.code} · config {self.config}"

    @property
    def sentence(self) -> str:
        """Return the long form, without its subject."""
        return f"was trained on Data {self.data}, using Code {self.code}, with Config {self.config}"


def inputs() -> Inputs:
    """Digest what is on disk now. Cheap: no history is read."""
    lock = Path(ENVIRONMENT)
    environment = f"{files.sha256(lock) if lock.exists() else 'no lock'} {platform.python_version()}"
    return Inputs(
        code=_tree(CODE),
        data=_data(_yaml(Path(LOCK).read_bytes() if Path(LOCK).exists() else b"")) or _no_data(),
        config=_config(_yaml(Path(CONFIG).read_bytes())),
        environment=hashlib.sha256(environment.encode()).hexdigest(),
    )


def lineage() -> Lineage:
    """Return the inputs with their numbers in the first-parent history of the branch, which must be whole."""
    if _git("rev-parse", "--is-shallow-repository") == "true":
        raise PipelineError(
            "this clone is shallow, so versions cannot be numbered. `git fetch --unshallow`, or in GitHub Actions "
            "`fetch-depth: 0` for actions/checkout."
        )
    now = inputs()
    trees = [line.split()[0] for line in _batch("--batch-check", CODE).decode().splitlines() if " tree " in line]
    return Lineage(
        inputs=now,
        code=_part(now.code, trees),
        data=_part(now.data, [_data(content) for content in _contents(LOCK)]),
        config=_part(now.config, [_config(content) for content in _contents(CONFIG)]),
        commit=_git("rev-parse", "--verify", "--quiet", "HEAD", missing="") or "no commit yet",
        uncommitted=_git("status", "--porcelain", "--", CODE, CONFIG, "dvc.yaml", ENVIRONMENT).splitlines(),
        python=platform.python_version(),
    )


def uncommitted_diff() -> str:
    """Return what differs from the last commit, new files included by name."""
    return _git("diff", "HEAD", "--", CODE, CONFIG, "dvc.yaml", ENVIRONMENT, missing="")


def who() -> str:
    """Return the person's or the machine's name, as git knows it."""
    return _git("config", "user.name", missing="") or os.environ.get("USER", "unknown")


def _part(current: str, history: list[str]) -> Part:
    known = list(dict.fromkeys(each for each in history if each))
    return Part(known.index(current) + 1, dirty=False) if current in known else Part(len(known), dirty=True)


def _tree(folder: str) -> str:
    """Return the git tree of a folder as it is on disk, without touching the index or the repository."""
    with tempfile.TemporaryDirectory() as scratch:
        objects = _git("rev-parse", "--git-path", "objects")
        aside = {
            "GIT_INDEX_FILE": f"{scratch}/index",
            "GIT_OBJECT_DIRECTORY": scratch,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(Path(objects).resolve()),
        }
        _git("add", "--all", "--", folder, environment=aside)
        return _git("write-tree", f"--prefix={folder}/", environment=aside)


def _contents(path: str) -> list[Any]:
    """Return every committed content of a YAML file, oldest first."""
    raw, found = _batch("--batch", path), []
    while raw:
        header, _, raw = raw.partition(b"\n")
        if header.endswith(b" missing"):
            continue
        size = int(header.split()[-1])
        found.append(_yaml(raw[:size]))
        raw = raw[size + 1 :]
    return found


def _batch(mode: str, path: str) -> bytes:
    """Ask git for one path at every commit of the first-parent history that changed it, oldest first."""
    commits = _git("log", "--first-parent", "--reverse", "--format=%H", "--", path, missing="").split()
    wanted = "".join(f"{commit}:{path}\n" for commit in commits)
    return subprocess.run(["git", "cat-file", mode], input=wanted.encode(), capture_output=True, check=True).stdout


def _yaml(content: bytes) -> Any:
    try:
        return yaml.load(content, SafeLoader) or {}  # noqa: S506  # it is the safe loader, in C
    except yaml.YAMLError:
        return {}  # a broken file was committed once: that content has no number


def _config(content: Any) -> str:
    rest = {name: section for name, section in content.items() if name != "ingest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode()).hexdigest() if rest else ""


def _data(lock: Any) -> str:
    outs = lock.get("stages", {}).get("ingest", {}).get("outs", [{}])
    return str(outs[0].get("md5", ""))


def _no_data() -> str:
    raise PipelineError(f"{LOCK} does not know the stage ingest yet. Run `dvc repro`.")


def _git(*arguments: str, environment: dict[str, str] | None = None, missing: str | None = None) -> str:
    """Run git; where `missing` is given it is the answer to a question git cannot answer."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | (environment or {}),
        )
    except FileNotFoundError:
        raise PipelineError("git is not installed, and lineage is kept in its history. Install git.") from None
    if done.returncode and missing is None:
        raise PipelineError(
            f"git {arguments[0]} failed: {done.stderr.strip()}. Lineage is kept in the git history: if this is no "
            "clone, run `git init && git add . && git commit -m 'Start from the template'`."
        )
    return missing or "" if done.returncode else done.stdout.strip()
