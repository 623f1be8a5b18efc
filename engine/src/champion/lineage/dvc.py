"""What DVC says: which stages are out of date, and its settings."""

import json
import subprocess
from functools import cache
from pathlib import Path

from champion.core import files, flow
from champion.core.documents.data import Stopped
from champion.core.errors import PipelineError


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
    if last is None or (last.contract_broken and (flow.path("validate", "validation") / "report.json").exists()):
        return None
    due = flow.declared(Path()).get(last.stage, {}).get("always_changed") or last.stage in stale(last.stage)
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
