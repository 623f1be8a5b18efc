"""What dvc.yaml says: it owns every path, and the order of the stages."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from pipelines import files
from pipelines.documents.data import Stopped
from pipelines.errors import PipelineError


def stages(project: Path = Path()) -> list[str]:
    """Return the names of the stages, in the order of dvc.yaml."""
    return list(_stages(project))


def between(first: str, last: str, project: Path = Path()) -> list[str]:
    """Return the stages from one to another, both included.

    Raises:
        PipelineError: if there is no such stage.
    """
    names = stages(project)
    if missing := [name for name in (first, last) if name not in names]:
        raise PipelineError(
            f"{project / 'dvc.yaml'} has no stage {missing[0]}, only {', '.join(names)}. "
            "`git diff dvc.yaml` shows what changed."
        )
    return names[names.index(first) : names.index(last) + 1]


def path(stage: str, name: str, project: Path = Path()) -> Path:
    """Return the path that dvc.yaml hands to a stage as `--name PATH`.

    Raises:
        PipelineError: if there is none.
    """
    words = str(_stages(project).get(stage, {}).get("cmd", "")).split()
    flag = f"--{name}"
    if flag in words[:-1]:
        return project / words[words.index(flag) + 1]
    raise PipelineError(
        f"{project / 'dvc.yaml'} hands no {flag} to the stage {stage}; `git diff dvc.yaml` shows what changed."
    )


def code(*names: str) -> list[str]:
    """Return the modules that some stages depend on, sorted."""
    declared = _stages(Path())
    dependencies = (declared[name].get("deps", ()) for name in names if name in declared)
    paths = {str(path) for listed in dependencies if isinstance(listed, list) for path in listed}
    return sorted(path for path in paths if path.endswith(".py"))


def stale(*targets: str) -> list[str]:
    """Return the stages that are out of date, of all, or of some and what they need; not those that always run."""
    done = subprocess.run(
        ["dvc", "status", "--json", "--with-deps", *targets], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PipelineError(
            f"`dvc status` failed: {done.stderr.strip()}\n`git diff dvc.yaml dvc.lock params.yaml` shows what changed, "
            "`git checkout FILE` restores one; dvc.lock is also written anew by `dvc repro` once it is deleted."
        )
    reasons: dict[str, list[object]] = json.loads(done.stdout or "{}")
    return [stage for stage, why in reasons.items() if why != ["always changed"]]


def failed() -> Stopped | None:
    """Return the stage that failed last and its message, if it still would; a broken contract has its own report."""
    last = Stopped.read(files.STOPPED) if files.STOPPED.exists() else None
    if last is None or (last.contract_broken and (path("validate", "validation") / "report.json").exists()):
        return None
    due = _stages(Path()).get(last.stage, {}).get("always_changed") or last.stage in stale(last.stage)
    return last if due else None


@cache
def settings() -> dict[str, str]:
    """Return DVC's settings with their paths made absolute, as in `remote.store.url`."""
    done = subprocess.run(["dvc", "config", "--list"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"`dvc config` failed: {done.stderr.strip()}")
    lines = (line.partition("=") for line in done.stdout.splitlines())
    return {"cache.dir": str(Path(".dvc/cache").resolve())} | {key: value for key, _, value in lines}


def remotes() -> list[str]:
    """Return the addresses of DVC's remotes."""
    return [value for key, value in settings().items() if key.startswith("remote.") and key.endswith(".url")]


def _stages(project: Path) -> Mapping[str, Mapping[str, object]]:
    file = project / "dvc.yaml"
    try:
        declared: Mapping[str, Mapping[str, object]] = yaml.safe_load(file.read_text())["stages"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise PipelineError(f"{file} cannot be read: {error}. `git checkout dvc.yaml` restores it.") from None
    return declared
