"""What dvc.yaml says: it owns every path."""

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PipelineError


def path_of(stage: str, name: str) -> Path:
    """Return the path called `name` that dvc.yaml hands to a stage."""
    for argument in _stages()[stage]["cmd"].split():
        if Path(argument).name == name:
            return Path(argument)
    raise PipelineError(f"dvc.yaml hands no {name} to the stage {stage}; `git diff dvc.yaml` shows what changed.")


def stale() -> list[str]:
    """Return the stages that `dvc repro` would run because of something on disk."""
    done = subprocess.run(["dvc", "status", "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"`dvc status` failed: {done.stderr.strip()}")
    reasons: dict[str, list[Any]] = json.loads(done.stdout or "{}")
    return [stage for stage, why in reasons.items() if why != ["always changed"]]


def _stages() -> dict[str, Any]:
    try:
        stages: dict[str, Any] = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise PipelineError(f"dvc.yaml cannot be read: {error}. `git checkout dvc.yaml` restores it.") from None
    return stages
