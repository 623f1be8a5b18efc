"""Free what no version, branch or protected run needs."""

import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from champion.core import files
from champion.core.errors import FINE, ChampionUnusable, PipelineError
from champion.core.problem import Problem, load
from champion.lineage import dvc, environments, git, identity
from champion.lineage.project_copy import write_settings
from champion.registry import artifacts, registry, tracking
from champion.registry.entities import RecordedRun
from champion.registry.runs import forget

PROTECTED = "protected"  # tag that a person gives to a run in MLflow
DAY_MS = 24 * 60 * 60 * 1000
DRY = "Removing "  # how `dvc gc --dry` begins a line
BIN = "mlflow gc --older-than 30d"  # older ones of MLflow's bin: what was deleted yesterday can still be restored


@dataclass(frozen=True)
class Needed:
    """A run that something needs, and the folder with its dvc.lock and requirements.lock."""

    run: RecordedRun
    folder: Path


def clean(problem: Problem, older_than: int, *, yes: bool) -> Iterator[str]:
    """Say what would be freed, and if asked free it, a line each.

    What `reproduce` of a registered version needs stays: its run, its data in DVC's cache, the environment of its lock.
    So does what belongs to the last commit of a branch or tag, to a run with the tag `protected`, to one that is not
    `older_than` days old, and to the holdout that the newest was judged on: its tries are counted.
    """
    with tracking.explained(), tempfile.TemporaryDirectory() as scratch:
        known = registry.Registry(problem.name)
        all_runs = known.runs()
        kept = _kept(known, all_runs, older_than)
        needed = [Needed(run, folder) for run in kept if (folder := _inputs(run, Path(scratch) / run.id))]
        kept_ids = {run.id for run in kept}
        needless = [run for run in all_runs if run.id not in kept_ids]
        unused = _unused_environments(needed)
        yield f"runs          {len(needless):,} of {len(all_runs):,} are refused or experiments, older than {older_than} days"
        yield f"environments  {_size(unused)}"
        projects = _projects_of(needed, Path(scratch) / "needed")
        cache = Path(dvc.settings()["cache.dir"]).resolve()
        is_own = cache.is_relative_to(Path.cwd().resolve())
        left = f"left: other projects may use {cache}"
        yield f"data          {_size(_unused_data(projects, dry=True)) if is_own else left}"
        if not yes:
            yield "Nothing was freed yet: `pipeline clean --yes` does."
            return
        if is_own:
            _unused_data(projects, dry=False)
        for run in needless:
            forget(known.client, run)
    for folder in unused:
        shutil.rmtree(folder)
    yield f"The runs are in MLflow's bin: `mlflow runs restore` brings one back, `{BIN}` empties it."


def _kept(known: registry.Registry, runs: list[RecordedRun], older_than: int) -> list[RecordedRun]:
    """Return the runs that something needs; those of versions first."""
    of_versions = []
    for version in known.versions():
        with suppress(ChampionUnusable):  # nothing is left of its run
            of_versions.append(known.run_of_version(version))
    heads = set(git.answer("for-each-ref", "--format=%(objectname)").split())
    since, newest = time.time() * 1000 - older_than * DAY_MS, runs[0].tags.get("holdout") if runs else None
    taken = {run.id for run in of_versions} | {run.tags.get("model_id") for run in of_versions}

    def is_needed(run: RecordedRun) -> bool:
        young = run.started >= since or run.tags.get("holdout") == newest
        return young or PROTECTED in run.tags or run.tags.get("commit") in heads or run.tags.get("model_id") in taken

    return [*of_versions, *(run for run in runs if run.id not in taken and is_needed(run))]


def _inputs(run: RecordedRun, folder: Path) -> Path | None:
    """Fetch what says which data and packages a run was made of; None if that is gone, so that nothing can be kept for it."""
    folder.mkdir(parents=True)
    try:
        for name in (identity.LOCK, identity.ENVIRONMENT):
            artifacts.download(run.artifacts, f"inputs/{name}", folder)
    except FileNotFoundError:
        return None
    return folder


def _unused_environments(needed: list[Needed]) -> list[Path]:
    used = {
        environments.place(each.folder / identity.ENVIRONMENT, each.run.params.get("python", platform.python_version()))
        for each in needed
    }
    kept = files.root() / environments.KEPT
    return sorted({*kept.iterdir()} - used) if kept.exists() else []


def _projects_of(needed: list[Needed], folder: Path) -> list[Path]:
    """Make DVC projects that use the data of these runs, so that `dvc gc` keeps it."""
    projects = []
    for each in needed:
        locked = yaml.safe_load((each.folder / identity.LOCK).read_text())["stages"]["ingest"]
        project = folder / each.run.id
        (project / ".dvc").mkdir(parents=True)
        write_settings({"cache.dir": dvc.settings()["cache.dir"]}, project / ".dvc" / "config")  # what a folder holds
        stage = {"cmd": locked["cmd"], "outs": [out["path"] for out in locked["outs"]]}
        files.write_bytes(project / "dvc.yaml", yaml.safe_dump({"stages": {"ingest": stage}}).encode())
        lock = {"schema": "2.0", "stages": {"ingest": {"cmd": locked["cmd"], "outs": locked["outs"]}}}
        files.write_bytes(project / "dvc.lock", yaml.safe_dump(lock).encode())
        git.answer("init", "--quiet", str(project))
        projects.append(project)
    return projects


def _unused_data(projects: list[Path], *, dry: bool) -> list[Path]:
    """Return what DVC's cache has and neither these projects nor this one's branches, tags and experiments use; free it."""
    others = ["--projects", *map(str, projects)] if projects else []
    scope = ["--workspace", "--all-branches", "--all-tags", "--all-experiments"]
    command = ["dvc", "gc", *scope, "--force", *(["--dry"] if dry else []), *others]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"`dvc gc` failed: {done.stderr.strip()}")
    return [Path(line.removeprefix(DRY)) for line in done.stdout.splitlines() if line.startswith(DRY)]


def _size(paths: list[Path]) -> str:
    inside = [file for path in paths for file in ([*path.rglob("*")] if path.is_dir() else [path])]
    return f"{len(paths):,}, {sum(file.lstat().st_size for file in inside) / 1e6:,.1f} MB" if paths else "nothing"


@click.command()
@click.option(
    "--older-than", type=click.IntRange(min=0), default=90, show_default=True, metavar="DAYS", help="Age of runs."
)
@click.option("--yes", is_flag=True, help="Free it.")
def command(older_than: int, yes: bool) -> int:
    """Free what no version, branch or protected run needs: say first what that is, with --yes free it."""
    problem = load()
    for line in clean(problem, older_than, yes=yes):
        click.echo(line)
    return FINE
