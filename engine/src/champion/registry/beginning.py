"""Whether a registry without a champion is a beginning, or not the one that this project's champion is in."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import yaml

from champion.core import flow
from champion.core.documents.evaluation import Anew, ChampionIdentity, Decision
from champion.core.errors import ChampionUnknown, PipelineError, Refusal
from champion.lineage import git, identity
from champion.registry import mlflow_uri

WAYS_OUT = (
    "This registry has never seen one: is MLFLOW_TRACKING_URI right, is NAME in pipelines/problem/names.py the one of "
    "before, was the database moved away? If it is new on purpose, `pipeline champion-from nobody` begins anew."
)


def remembered() -> str:
    """Say which record of this project knows a champion; empty if none does."""
    file = flow.path("promote", "decision")
    if (last := last_decision(file)) and last.champion:
        return f"the last run here left champion v{last.champion} ({file})."
    if os.environ.get("MLFLOW_TRACKING_URI") and _faced_one():
        return f"{identity.LOCK} knows a champion."
    return ""


def last_decision(file: Path) -> Decision | None:
    """Return the last decision of this project; None if there is none, or only the sample's, from before `pipeline new`."""
    last = Decision.read(file) if file.exists() else None
    return None if last and last.template == "" and identity.template() else last


def forget_sample(*leftovers: Path) -> None:
    """Delete what baseline and promote left of the sample, where it ran and `git pull` then brought another problem."""
    decision = flow.path("promote", "decision")
    if decision.exists() and last_decision(decision) is None:
        for path in (*leftovers, decision):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def lost(missing: Path | None = None) -> ChampionUnknown | None:
    """Return what to raise if some record knows a champion, where the registry, or its embedded database, knows none."""
    known = remembered()
    if missing and known:
        return ChampionUnknown(
            f"{missing} is gone; {known} Restore it from a backup; `pipeline champion-from nobody` begins anew."
        )
    return ChampionUnknown(f"{known} {WAYS_OUT}") if known else None


def no_champion(missing: Path | None = None) -> PipelineError:
    """Return what to raise where there is no champion: it is lost, or there was none yet."""
    where = f": {missing} does not exist" if missing else ""
    return lost(missing) or Refusal(f"there is no champion yet{where}. Run `dvc repro`.")


def begin(stand_in: Path, name: str) -> Anew:
    """Write down that this registry has no champion on purpose, in place of a stand-in that was faced without one."""
    shutil.rmtree(stand_in, ignore_errors=True)
    day = datetime.now(UTC).date().isoformat()
    anew = Anew(name=name, registry=_address(), who=identity.who(), when=day)
    ChampionIdentity(anew=anew).write(stand_in / "identity.json")
    return anew


def said(stand_in: Path, name: str) -> Anew | None:
    """Return who said so of this registry and this registered model, None if nobody did."""
    file = stand_in / "identity.json"
    anew = ChampionIdentity.read(file).anew if file.exists() else None
    return anew if anew and (anew.name, anew.registry) == (name, _address()) else None


def forget(stand_in: Path) -> None:
    """Take back that word once there is a champion: it was good for one beginning."""
    file = stand_in / "identity.json"
    if file.exists() and ChampionIdentity.read(file).anew is not None:
        shutil.rmtree(stand_in)


def _address() -> str:
    return mlflow_uri.shown(mlflow_uri.tracking_uri())


def is_of_template(commit: str) -> bool:
    """Tell whether a commit is the one that `pipeline new` began at, or older: the template's, of another problem."""
    begun, commit = identity.template() or "", git.answer("rev-parse", "--verify", "--quiet", commit, otherwise="")
    return bool(begun and commit) and git.answer("merge-base", begun, commit, otherwise="") == commit


def _faced_one() -> bool:
    """Tell whether the champion's folder held a model when dvc.lock was committed: three files, else one."""
    if is_of_template("HEAD"):
        return False
    lock, folder = git.answer("show", f"HEAD:./{identity.LOCK}", otherwise=""), str(flow.path("baseline", "champion"))
    stages = (yaml.safe_load(lock) or {}).get("stages", {})
    outs = stages.get("baseline", {}).get("outs", [])
    return any(out["path"] == folder and out.get("nfiles", 0) > 1 for out in outs)
