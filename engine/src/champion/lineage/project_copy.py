"""Rebuild a candidate elsewhere: its code from git, its data through DVC, its config and lock from its run.

Nothing is written to this working tree, its index or its stashes; a kill leaves a temporary folder and no more.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from configobj import ConfigObj

from champion.core import files, flow
from champion.core.errors import PipelineError
from champion.lineage import checkout, dvc, git
from champion.lineage.identity import CODE, CONFIG, ENVIRONMENT, LOCK, PACKED

if TYPE_CHECKING:
    from champion.registry.recorded import RecordedCandidate

FOREIGN = ("PIPELINE_ENGINE", "DVC_", "MLFLOW_", "VIRTUAL_ENV", "PYTHON", *git.PLACES)


class ProjectCopy:
    """A copy of the project as it was at one candidate's code."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder, self.settings = folder, settings
        self.programs = Path(sys.executable).parent  # of the environment that stages run in

    @property
    def is_of_today(self) -> bool:
        """Tell whether its stages are those of 1.0: before, the engine was part of pipelines/."""
        return not (self.folder / "pipelines/entry.py").exists()

    def path(self, stage: str, name: str) -> Path:
        """Return where this copy's dvc.yaml has a file or folder of a stage."""
        return flow.path(stage, name, self.folder)

    def configure(self, candidate: "RecordedCandidate") -> None:
        """Take the config of a candidate."""
        (self.folder / CONFIG).write_bytes(candidate.content(CONFIG))

    def fill(self, candidate: "RecordedCandidate") -> None:
        """Take the table of a candidate, from DVC's cache or remote, and what its contract said of it."""
        (self.folder / LOCK).write_bytes(candidate.content(LOCK))
        ingested = self.path("ingest", "ingested")
        target = str(ingested.relative_to(self.folder))
        for command in ("checkout", "pull"):
            done = self._dvc(command, "--quiet", "--force", target)
            missing = self._missing(candidate.identity.data, ingested)
            if missing is None:
                break
        else:
            remotes = dvc.remotes()
            raise PipelineError(
                f"{candidate.name} cannot be rebuilt: its data {candidate.identity.data} is gone. {missing} is missing or spoilt"
                f"{f', and {remotes[0]} did not have it' if remotes else '; no DVC remote is configured'}. Put the file "
                f"there from a backup or a colleague's cache.\n  {_end(done)}"
            )
        report = self.path("validate", "validation") / "report.json"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_bytes(candidate.content("report.json"))

    def equip(self, candidate: "RecordedCandidate", *, build: bool) -> str:
        """Take the lock of a candidate, and if asked build the environment it describes; say what is not as it was."""
        (self.folder / ENVIRONMENT).write_bytes(candidate.content(ENVIRONMENT))
        if not build:
            return ""
        wanted = candidate.provenance.environment.python
        short = ".".join(wanted.split(".")[:2])
        python = sys.executable if platform.python_version() == wanted else shutil.which(f"python{short}")
        if python is None:
            raise PipelineError(
                f"{candidate.name} cannot be rebuilt: its Python {wanted} is gone. python{short} was expected on PATH."
            )
        self.build(candidate.name, python)
        built = self._run("python", "--version").stdout.split()[-1]
        return "" if built == wanted else f"{candidate.name} was made with Python {wanted}, rebuilt with {built}"

    def build(self, name: str, python: str = sys.executable) -> None:
        """Build the environment of this copy's lock; stages run in it from now on."""
        done = self._run("make", "--silent", "setup", f"PYTHON={python}")
        if done.returncode:
            raise PipelineError(
                f"{name} cannot be rebuilt: its environment cannot be set up from its {ENVIRONMENT}.\n  {_end(done)}"
            )
        self.programs = self.folder / ".venv" / "bin"

    def repro(self, first: str, last: str, *, cached: bool) -> None:
        """Run the stages from one to another; `cached` lets DVC restore what it has computed before."""
        self.check_code()  # what other packages computed than the lock says stays out of the cache
        force = [] if cached else ["--force", "--no-run-cache", "--no-commit"]
        done = self._dvc("repro", "--quiet", "--single-item", *force, *flow.between(first, last, self.folder))
        if done.returncode:
            raise PipelineError(f"{first} to {last} failed in the copy:\n  {_end(done)}")

    def run(self, last: str) -> None:
        """Run the pipeline up to a stage, without a registry.

        What dvc.lock names comes from DVC's cache or remote, else it is computed. The run cache is left to the project,
        which may be running beside this: each would take what the other is writing for broken. The delivery is the
        commit's: `source` does not ask for another.
        """
        if dvc.remotes():
            self._dvc("pull", "--quiet", "--allow-missing")
        self._dvc("checkout", "--quiet", "--allow-missing")
        if "source" in flow.names(self.folder):
            self._dvc("freeze", "source")
        done = self._dvc("repro", "--no-run-cache", last)
        if done.returncode:
            raise PipelineError(_end(done))

    def python(self, *arguments: str) -> None:
        """Run Python with this copy's code.

        Raises:
            PipelineError: with the last line that it said, if it fails.
        """
        done = self._run("python", *arguments)
        if done.returncode:
            raise PipelineError(done.stderr.strip().rpartition("\n")[2] or f"Python ended with {done.returncode}")

    def ingest(self, source: Path) -> Path:
        """Take in a delivery of the project as this copy's code does, up to the day that the project does; return the table.

        Raises:
            PipelineError: with what it says, if it fails.
        """
        config, ingested = self.folder / CONFIG, self.path("ingest", "ingested")
        sections = yaml.safe_load(config.read_bytes()) | {"ingest": yaml.safe_load(Path(CONFIG).read_bytes())["ingest"]}
        config.write_text(yaml.safe_dump(sections), encoding="utf-8")
        if self.is_of_today:
            self.python("-m", "champion.core.stage", "ingest", str(source.resolve()))
        else:
            self.python(
                "-m", "pipelines.entry", "ingest", "--source", str(source.resolve()), "--ingested", str(ingested)
            )
        return ingested / "table.parquet"

    def has_answered(self) -> bool:
        """Tell whether this copy's own pipeline said why it does not run: a stage stopped, or its settings are none."""
        if (self.folder / files.STOPPED).exists():
            return True
        try:
            settings = [yaml.safe_load((self.folder / name).read_bytes()) for name in ("dvc.yaml", CONFIG)]
        except (OSError, yaml.YAMLError):
            return True
        return not all(isinstance(each, dict) for each in settings)

    def check_code(self) -> None:
        """Make sure that the copy runs its own code: else what comes out is not of that commit.

        Raises:
            PipelineError: if other code comes first there.
        """
        engine = self.folder / "engine/src/champion"
        for name, own in (("pipelines", self.folder / "pipelines"), ("champion", engine)):
            if own == engine and not engine.exists():  # of before 1.0, or a package that its lock names
                continue
            where = self._run("python", "-c", f"import {name}; print(*{name}.__path__)").stdout.strip()
            if Path(where) != own:
                raise PipelineError(
                    f"a copy of another commit would run the code of {where or 'nowhere'}, not its own in {own}. Which "
                    "setting of Python puts that first (`python -m site`)?"
                )

    def _dvc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "-m", "dvc", *arguments)

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        path = os.pathsep.join([str(self.programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        own = os.pathsep.join([str(self.folder), str(self.folder / "engine/src")])  # its own code comes first
        quiet = {"DVC_NO_ANALYTICS": "true", "PATH": path, "PYTHONPATH": own}
        return subprocess.run(command, cwd=self.folder, env=kept | quiet, capture_output=True, text=True, check=False)

    def _missing(self, digest: str, ingested: Path) -> Path | None:
        """Return the first object of the cache that is missing or spoilt, None if the data is what was recorded."""
        cache = Path(self.settings["cache.dir"]) / "files" / "md5"
        listing = cache / digest[:2] / digest[2:]
        if _md5(listing) != digest.removesuffix(".dir"):
            return listing
        for entry in json.loads(listing.read_bytes()):
            if _md5(ingested / entry["relpath"]) != entry["md5"]:
                return cache / entry["md5"][:2] / entry["md5"][2:]
        return None


@contextmanager
def copy_of(candidate: "RecordedCandidate") -> Iterator[ProjectCopy]:
    """Yield a copy of the project at a candidate's code, and remove it afterwards.

    Raises:
        PipelineError: if its code is gone, or is not the recorded one.
    """
    packed, diff = candidate.folder / PACKED, "uncommitted.diff"
    if packed.exists():  # it holds whatever becomes of the commit, which a squashed branch takes along
        source, rebuilt = f"the recorded {PACKED}", unpacked(packed.read_bytes())
    elif git.has(candidate.commit):
        source = f"commit {candidate.commit} with the recorded {diff}"
        rebuilt = at(candidate.commit, candidate.content(diff))
    else:
        raise PipelineError(
            f"{candidate.name} cannot be rebuilt: its code is gone. Commit {candidate.commit} was expected in this clone; "
            "`git fetch --all` brings it if any branch or tag of the remote has it."
        )
    with rebuilt as (copy, code):
        if code != candidate.identity.code:
            raise PipelineError(
                f"{candidate.name} cannot be rebuilt: {source} gives the code {code}; {candidate.identity.code} was expected."
            )
        yield copy


@contextmanager
def at(commit: str, patch: bytes = b"") -> Iterator[tuple[ProjectCopy, str]]:
    """Yield a copy of the project at a commit, and the digest of its code; remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="pipeline-") as temporary:
        code = checkout.copy(commit, Path(temporary) / "project", patch, CODE)
        yield _configured(Path(temporary) / "project" / git.prefix()), code


@contextmanager
def unpacked(packed: bytes) -> Iterator[tuple[ProjectCopy, str]]:
    """Yield a copy of the project at a code that was packed, and the digest of that; remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="pipeline-") as temporary:
        code = checkout.unpack(packed, Path(temporary) / "project", CODE)
        yield _configured(Path(temporary) / "project"), code


def _configured(folder: Path) -> ProjectCopy:
    """Let a copy have the cache and remotes of the project."""
    settings = dvc.settings() | {"core.site_cache_dir": str(folder / ".dvc" / "tmp" / "site")}  # else it stays behind
    write_settings(settings, folder / ".dvc" / "config.local")
    return ProjectCopy(folder, settings)


def write_settings(settings: dict[str, str], file: Path) -> None:
    """Write DVC's settings as its config file."""
    sections = ConfigObj(encoding="utf-8")
    for key, value in settings.items():
        section, _, rest = key.partition(".")
        name, _, option = rest.rpartition(".")
        sections.setdefault(f'{section} "{name}"' if name else section, {})[option] = value
    with file.open("wb") as written:
        sections.write(written)


def _md5(file: Path) -> str | None:
    """Return the digest that DVC knows a file by, None if there is none."""
    return hashlib.md5(file.read_bytes()).hexdigest() if file.exists() else None  # noqa: S324  # as DVC does


def _end(done: subprocess.CompletedProcess[str]) -> str:
    return "\n  ".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-8:])
