"""What dvc.yaml says: it owns every path."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PipelineError
from pipelines.record import files


def path_of(stage: str, name: str, project: Path = Path()) -> Path:
    """Return the path called `name` that dvc.yaml hands to a stage."""
    for argument in _stages(project).get(stage, {}).get("cmd", "").split():
        if Path(argument).name == name:
            return project / argument
    raise PipelineError(f"dvc.yaml hands no {name} to the stage {stage}; `git diff dvc.yaml` shows what changed.")


def stale(*targets: str) -> list[str]:
    """Return the stages that are out of date, of all, or of some and what they need; not those that always run."""
    done = subprocess.run(
        ["dvc", "status", "--json", "--with-deps", *targets], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PipelineError(f"`dvc status` failed: {done.stderr.strip()}")
    reasons: dict[str, list[Any]] = json.loads(done.stdout or "{}")
    return [stage for stage, why in reasons.items() if why != ["always changed"]]


def failed() -> dict[str, str]:
    """Return the stage that failed last and its message, if it still would; a broken contract has its own report."""
    last: dict[str, str] = files.read_json(files.STOPPED) if files.STOPPED.exists() else {}
    if not last or (last["stage"] == "validate" and (path_of("validate", "2-validate") / "report.json").exists()):
        return {}
    due = _stages(Path())[last["stage"]].get("always_changed") or last["stage"] in stale(last["stage"])
    return last if due else {}


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


def _stages(project: Path) -> dict[str, Any]:
    try:
        stages: dict[str, Any] = yaml.safe_load((project / "dvc.yaml").read_text())["stages"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise PipelineError(f"dvc.yaml cannot be read: {error}. `git checkout dvc.yaml` restores it.") from None
    return stages
