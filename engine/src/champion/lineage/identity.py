"""The identity of a candidate: digests of its code, data, config and environment, and their numbers in the git history."""

import hashlib
import json
import os
import platform
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from champion.core import files, version
from champion.core.errors import PipelineError
from champion.lineage import git

CODE, CONFIG, LOCK, ENVIRONMENT = "pipelines", "params.yaml", "dvc.lock", "requirements.lock"
SOURCE, PROJECT, PACKED = "data/0-source", "pyproject.toml", "code.tar.gz"
ENGINE = "engine/src"
TRACKED = (CODE, CONFIG, "dvc.yaml", ENVIRONMENT, ENGINE)
# What it takes to run the code elsewhere, beside lock and data; what pyproject.toml names is needed to install it.
RUNNABLE = (
    CODE,
    ENGINE,
    "engine/pyproject.toml",
    "engine/VERSION",
    CONFIG,
    "dvc.yaml",
    ".dvc",
    ".dvcignore",
    ".gitignore",
    ".gitattributes",
    PROJECT,
    "Makefile",
    "README.md",
    "LICENSE",
)
UNREADABLE: Mapping[str, str] = {"": ""}
SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Identity:
    """Content digests of the four things a candidate is made of."""

    code: str  # git tree of pipelines/, as it is on disk
    data: str  # DVC hash of what ingest wrote
    config: str  # params.yaml without `ingest`, which says what data is taken
    environment: str  # lock file, Python, platform and engine

    @property
    def candidate(self) -> str:
        """Return the candidate's digest: equal inputs, equal candidate."""
        text = f"{self.code}\n{self.data}\n{self.config}\n{self.environment}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Number:
    """Which content this is in the history of the branch, counted from 1."""

    number: int
    dirty: bool  # not committed

    def __str__(self) -> str:
        return f"v{self.number}{'+dirty' if self.dirty else ''}"


@dataclass(frozen=True)
class Numbers:
    """The numbers people use for what a candidate was made of."""

    code: Number
    data: Number
    config: Number

    @property
    def name(self) -> str:
        """Return the short form, as runs are called."""
        return f"data {self.data} · code {self.code} · config {self.config}"

    @property
    def committed(self) -> bool:
        """Tell whether every content is committed, so that its number stays."""
        return not (self.code.dirty or self.data.dirty or self.config.dirty)


@dataclass(frozen=True)
class WorkingTree:
    """What a candidate trained here is made of, and where that can be had again."""

    identity: Identity
    numbers: Numbers
    commit: str
    uncommitted: list[str]  # files that differ from the commit
    python: str

    @property
    def tags(self) -> dict[str, str]:
        """Return what a run and a version are searched by."""
        uncommitted = ", ".join(self.uncommitted)[:5000] or "nothing"
        return {
            **asdict(self.identity),
            "numbers": self.numbers.name,
            "commit": self.commit,
            "uncommitted": uncommitted,
        }


def current() -> Identity:
    """Digest what is on disk now. Cheap: no history is read.

    Raises:
        PipelineError: if dvc.lock does not know the data yet, or params.yaml is gone.
    """
    if not Path(CONFIG).exists():
        raise PipelineError(f"{CONFIG} does not exist. `git checkout {CONFIG}` restores it.")
    data = _data(Path(LOCK).read_bytes() if Path(LOCK).exists() else b"")
    if not data:
        half = f" If DVC says that it is not valid, it was killed while it wrote it: delete {LOCK} first."
        there = half if Path(LOCK).exists() else ""
        raise PipelineError(f"{LOCK} does not know the stage ingest yet. Run `dvc repro`.{there}")
    return Identity(
        code=git.tree(CODE),
        data=data,
        config=_config(Path(CONFIG).read_bytes()),
        environment=environment(),
    )


def environment() -> str:
    """Digest the lock file, and the Python, the platform and the engine that run this."""
    lock = Path(ENVIRONMENT)
    locked = files.sha256(lock) if lock.exists() else "no lock"
    parts = [
        locked,
        platform.python_version(),
        platform.system(),
        platform.machine(),
        version.number(),
        version.digest(),
    ]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def is_engine_edited() -> bool:
    """Tell whether the engine in this project is another than the one that `pipeline new` or `upgrade` put here."""
    taken = _settings().get("engine", "")
    return bool(taken) and Path(ENGINE).exists() and git.tree(ENGINE) != taken  # none: a package that the lock names


def working_tree() -> WorkingTree:
    """Return the identity of what is on disk, with its numbers in the history of the branch.

    Raises:
        PipelineError: if the clone is shallow, so that nothing can be numbered.
    """
    identity = current()
    return WorkingTree(
        identity=identity,
        numbers=numbers(identity),
        commit=git.answer("rev-parse", "--verify", "--quiet", "HEAD", otherwise="no commit yet"),
        uncommitted=git.uncommitted(*TRACKED, SOURCE),
        python=platform.python_version(),
    )


def numbers(identity: Identity) -> Numbers:
    """Return the numbers of code, data and config in the history of the branch.

    Raises:
        PipelineError: if the clone is shallow.
    """
    if git.is_shallow():
        raise PipelineError(
            "this clone is shallow, so versions cannot be numbered. `git fetch --unshallow`, or in GitHub Actions "
            "`fetch-depth: 0` for actions/checkout."
        )
    return Numbers(**{part: _number(getattr(identity, part), known.values()) for part, known in _history().items()})


def commits(identity: Identity) -> dict[str, str | None]:
    """Return the first commit of the branch that has each part, None for what was never committed."""
    return {
        part: next((commit for commit, digest in known.items() if digest == getattr(identity, part)), None)
        for part, known in _history().items()
    }


def uncommitted_diff() -> bytes:
    """Return what differs from the last commit, new files included, for `git apply`."""
    return git.patch(*TRACKED)


def who() -> str:
    """Return the person's or the machine's name, as git knows it."""
    return git.answer("var", "GIT_AUTHOR_IDENT", otherwise="").split(" <")[0] or os.environ.get("USER", "unknown")


def job_url() -> str:
    """Return the page of the CI job that runs this, on GitHub or GitLab; empty outside of them.

    Their variables: GitHub Docs, "Variables reference"; GitLab Docs, "Predefined CI/CD variables reference".
    """
    if run := os.environ.get("GITHUB_RUN_ID"):
        return f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}/actions/runs/{run}"
    return os.environ.get("CI_JOB_URL", "")


def _history() -> dict[str, dict[str, str]]:
    """Return the digest of each numbered part at every commit that changed its file, oldest first."""
    begun = template()
    # Whoever began without the template's history counts all of theirs.
    after = begun if begun and git.has(begun) else ""
    return {
        "code": git.trees(CODE, after),
        "data": {commit: _data(content) for commit, content in git.contents(LOCK, after).items()},
        "config": {commit: _config(content) for commit, content in git.contents(CONFIG, after).items()},
    }


def template() -> str | None:
    """Return the commit that `pipeline new` began at; empty in the template itself, None if pyproject.toml cannot be read."""
    settings = _settings()
    return None if settings is UNREADABLE else settings.get("template", "")


def _settings() -> Mapping[str, str]:
    """Return what `pipeline new` and `upgrade` wrote into pyproject.toml."""
    try:
        content = tomllib.loads(Path(PROJECT).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # then all of the history counts
        return UNREADABLE
    settings: Mapping[str, str] = content.get("tool", {}).get("champion-pipeline", {})
    return settings


def _number(digest: str, history: Iterable[str]) -> Number:
    known = list(dict.fromkeys(earlier for earlier in history if earlier))
    return Number(known.index(digest) + 1, dirty=False) if digest in known else Number(len(known), dirty=True)


def delivery() -> str:
    """Return DVC's digest of the folder of the delivery; empty before the first run."""
    deps = _ingest(Path(LOCK).read_bytes()).get("deps", [])
    return next((str(dep["md5"]) for dep in deps if dep["path"] == SOURCE), "")


def mapping(content: bytes) -> dict[str, object]:
    """Return what a YAML file holds; nothing if it is broken or no mapping."""
    try:
        loaded = yaml.load(content, SafeLoader)  # noqa: S506  # it is the safe loader, in C
    except yaml.YAMLError:
        return {}  # a broken file was committed once: that content has no number
    return loaded if isinstance(loaded, dict) else {}


def _config(content: bytes) -> str:
    rest = {name: section for name, section in mapping(content).items() if name != "ingest"}
    try:
        text = json.dumps(rest, sort_keys=True, default=str)
    except TypeError:  # keys of several types, such as YAML's `on`
        return ""
    return hashlib.sha256(text.encode()).hexdigest() if rest else ""


def _ingest(lock: bytes) -> Mapping[str, list[Mapping[str, str]]]:
    """Return what dvc.lock says of the stage ingest: its deps and outs."""
    stages = mapping(lock).get("stages")
    return stages.get("ingest", {}) if isinstance(stages, dict) else {}


def _data(lock: bytes) -> str:
    return _ingest(lock).get("outs", [{}])[0].get("md5", "")
