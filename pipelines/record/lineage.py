"""Which code, data, config and environment a candidate is made of, and their numbers in the git history."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PipelineError
from pipelines.record import files, git

CODE, CONFIG, LOCK, ENVIRONMENT = "pipelines", "params.yaml", "dvc.lock", "requirements.lock"
SOURCE = "data/0-source"
TRACKED = (CODE, CONFIG, "dvc.yaml", ENVIRONMENT)
PATHS = {"code": (f"{CODE}/", "dvc.yaml"), "data": (SOURCE,), "config": (CONFIG,), "environment": (ENVIRONMENT,)}
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
class Parts:
    """The numbers people use for what a candidate was made of."""

    code: Part
    data: Part
    config: Part

    @property
    def name(self) -> str:
        """Return the short form, as runs are called."""
        return f"data {self.data} · code {self.code} · config {self.config}"


@dataclass(frozen=True)
class Lineage:
    """A candidate's inputs, their numbers, and where they can be found again."""

    inputs: Inputs
    parts: Parts
    commit: str
    uncommitted: list[str]  # files that differ from the commit
    python: str

    @property
    def tags(self) -> dict[str, str]:
        """Return what a run and a version are found again by."""
        uncommitted = ", ".join(self.uncommitted)[:5000] or "nothing"
        return {**asdict(self.inputs), "lineage": self.parts.name, "commit": self.commit, "uncommitted": uncommitted}

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """Return what the four parts are, for lineage.json."""
        subject = git.answer("log", "--no-show-signature", "-1", "--format=%s", self.commit, otherwise="")
        deps = _ingest(Path(LOCK).read_bytes()).get("deps", [])
        delivery = next((str(dep["md5"]) for dep in deps if dep["path"] == SOURCE), "")
        dirty = {part: [file for file in self.uncommitted if file.startswith(paths)] for part, paths in PATHS.items()}
        return {
            "data": {"version": str(self.parts.data), "digest": self.inputs.data, "uncommitted": dirty["data"],
                     "source": SOURCE, "source_digest": delivery},
            "code": {"version": str(self.parts.code), "digest": self.inputs.code, "uncommitted": dirty["code"],
                     "commit": self.commit, "subject": subject},
            "config": {"version": str(self.parts.config), "digest": self.inputs.config, "uncommitted": dirty["config"]},
            "environment": {"digest": self.inputs.environment, "uncommitted": dirty["environment"],
                            "python": self.python, "lock": ENVIRONMENT},
        }  # fmt: skip


def inputs() -> Inputs:
    """Digest what is on disk now. Cheap: no history is read."""
    data = _data(Path(LOCK).read_bytes() if Path(LOCK).exists() else b"")
    if not data:
        raise PipelineError(f"{LOCK} does not know the stage ingest yet. Run `dvc repro`.")
    return Inputs(
        code=git.tree(CODE),
        data=data,
        config=_config(Path(CONFIG).read_bytes()),
        environment=environment(),
    )


def environment() -> str:
    """Digest the lock file and the Python that runs this."""
    lock = Path(ENVIRONMENT)
    text = f"{files.sha256(lock) if lock.exists() else 'no lock'} {platform.python_version()}"
    return hashlib.sha256(text.encode()).hexdigest()


def lineage() -> Lineage:
    """Return the inputs with their numbers in the history of the branch, which must be whole."""
    now = inputs()
    return Lineage(
        inputs=now,
        parts=parts(now),
        commit=git.answer("rev-parse", "--verify", "--quiet", "HEAD", otherwise="no commit yet"),
        uncommitted=git.uncommitted(*TRACKED, SOURCE),
        python=platform.python_version(),
    )


def parts(of: Inputs) -> Parts:
    """Return the numbers of code, data and config in the history of the branch, which must be whole."""
    if git.is_shallow():
        raise PipelineError(
            "this clone is shallow, so versions cannot be numbered. `git fetch --unshallow`, or in GitHub Actions "
            "`fetch-depth: 0` for actions/checkout."
        )
    return Parts(**{part: _part(getattr(of, part), known.values()) for part, known in _history().items()})


def commits(of: Inputs) -> dict[str, str | None]:
    """Return the first commit of the branch that has each part, None for what was never committed."""
    return {
        part: next((commit for commit, digest in known.items() if digest == getattr(of, part)), None)
        for part, known in _history().items()
    }


def uncommitted_diff() -> bytes:
    """Return what differs from the last commit, new files included, for `git apply`."""
    return git.patch(*TRACKED)


def who() -> str:
    """Return the person's or the machine's name, as git knows it."""
    return git.answer("var", "GIT_AUTHOR_IDENT", otherwise="").split(" <")[0] or os.environ.get("USER", "unknown")


def _history() -> dict[str, dict[str, str]]:
    """Return the digest of each numbered part at every commit that changed its file, oldest first."""
    return {
        "code": git.trees(CODE),
        "data": {commit: _data(content) for commit, content in git.contents(LOCK).items()},
        "config": {commit: _config(content) for commit, content in git.contents(CONFIG).items()},
    }


def _part(current: str, history: Iterable[str]) -> Part:
    known = list(dict.fromkeys(each for each in history if each))
    return Part(known.index(current) + 1, dirty=False) if current in known else Part(len(known), dirty=True)


def _yaml(content: bytes) -> dict[str, Any]:
    try:
        found = yaml.load(content, SafeLoader)  # noqa: S506  # it is the safe loader, in C
    except yaml.YAMLError:
        return {}  # a broken file was committed once: that content has no number
    return found if isinstance(found, dict) else {}


def _config(content: bytes) -> str:
    rest = {name: section for name, section in _yaml(content).items() if name != "ingest"}
    try:
        text = json.dumps(rest, sort_keys=True, default=str)
    except TypeError:  # keys of several types, such as YAML's `on`
        return ""
    return hashlib.sha256(text.encode()).hexdigest() if rest else ""


def _ingest(lock: bytes) -> dict[str, Any]:
    stages = _yaml(lock).get("stages") or {}
    entry: dict[str, Any] = stages.get("ingest", {})
    return entry


def _data(lock: bytes) -> str:
    return str(_ingest(lock).get("outs", [{}])[0].get("md5", ""))
