"""Which code, data, config and environment a candidate is made of, and their numbers in the git history."""

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PipelineError
from pipelines.record import files, git

CODE, CONFIG, LOCK, ENVIRONMENT = "pipelines", "params.yaml", "dvc.lock", "requirements.lock"
SOURCE = "data/0-source"
TRACKED = (CODE, CONFIG, "dvc.yaml", ENVIRONMENT)
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

    @property
    def tags(self) -> dict[str, str]:
        """Return what a run and a version are found again by."""
        uncommitted = ", ".join(self.uncommitted)[:5000] or "nothing"
        return {**asdict(self.inputs), "lineage": self.name, "commit": self.commit, "uncommitted": uncommitted}


def inputs() -> Inputs:
    """Digest what is on disk now. Cheap: no history is read."""
    lock = Path(ENVIRONMENT)
    environment = f"{files.sha256(lock) if lock.exists() else 'no lock'} {platform.python_version()}"
    data = _data(Path(LOCK).read_bytes() if Path(LOCK).exists() else b"")
    if not data:
        raise PipelineError(f"{LOCK} does not know the stage ingest yet. Run `dvc repro`.")
    return Inputs(
        code=git.tree(CODE),
        data=data,
        config=_config(Path(CONFIG).read_bytes()),
        environment=hashlib.sha256(environment.encode()).hexdigest(),
    )


def lineage() -> Lineage:
    """Return the inputs with their numbers in the history of the branch, which must be whole."""
    if git.is_shallow():
        raise PipelineError(
            "this clone is shallow, so versions cannot be numbered. `git fetch --unshallow`, or in GitHub Actions "
            "`fetch-depth: 0` for actions/checkout."
        )
    now = inputs()
    status = git.answer("status", "--porcelain", "--", *TRACKED, SOURCE)
    return Lineage(
        inputs=now,
        code=_part(now.code, git.trees(CODE)),
        data=_part(now.data, [_data(content) for content in git.contents(LOCK)]),
        config=_part(now.config, [_config(content) for content in git.contents(CONFIG)]),
        commit=git.answer("rev-parse", "--verify", "--quiet", "HEAD", otherwise="no commit yet"),
        uncommitted=[line.split(maxsplit=1)[1] for line in status.splitlines()],
        python=platform.python_version(),
    )


def uncommitted_diff() -> str:
    """Return what differs from the last commit."""
    return git.answer("diff", "HEAD", "--", *TRACKED, otherwise="")


def who() -> str:
    """Return the person's or the machine's name, as git knows it."""
    return git.answer("var", "GIT_AUTHOR_IDENT", otherwise="").split(" <")[0] or os.environ.get("USER", "unknown")


def _part(current: str, history: list[str]) -> Part:
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
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode()).hexdigest() if rest else ""


def _data(lock: bytes) -> str:
    outs = _yaml(lock).get("stages", {}).get("ingest", {}).get("outs", [{}])
    return str(outs[0].get("md5", ""))
