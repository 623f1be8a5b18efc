"""Weights & Biases: candidates and champion once more, for those who look there. MLflow stays the record.

All is taken from MLflow, so whatever could not be sent is sent by a later run, from whichever clone. Each record is written
to `wandb/` first and sent from there, since a server that does not answer must not stop a promotion.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wandb

from champion.core.documents.provenance import Provenance
from champion.registry import artifacts
from champion.registry.entities import RecordedRun, Version
from champion.registry.registry import Registry

FOLDER = Path(os.environ.get("WANDB_DIR", "")) / "wandb"
WHOLE = "whole"  # a file beside a record that was written to its end; what it is a record of
TAG, MOVED = "wandb", "wandb_champion"  # of a run: its page there; of the registered model: the last move that it has
MOST = 20  # candidates that one run catches up with
QUIET = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}


def catch_up(known: Registry, own: str) -> str:
    """Write and send what Weights & Biases lacks of a registered model; return what came of it.

    An agent of a sweep says in the environment as which run it waits for the candidate of this one, `own`.
    """
    sweep, expected = os.environ.pop("WANDB_SWEEP_ID", None), os.environ.pop("WANDB_RUN_ID", None)
    whole = (run for run in known.runs() if run.is_whole and TAG not in run.tags)
    for run in list(whole)[:MOST][::-1]:
        if sweep and run.id == own:
            _write_candidate(known, run, expected or run.id, sweep)
        else:
            _write_candidate(known, run, run.id)
    _write_champion(known)
    return _send(known)


def _write_candidate(known: Registry, run: RecordedRun, identity: str, sweep: str | None = None) -> None:
    if _written(identity):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("evaluation", "report", "inputs"):
            artifacts.download(run.artifacts, part, folder)
        known.fetch(run, folder / "model")
        evaluated, made_of = folder / "evaluation", Provenance.read(folder / "inputs/provenance.json")
        config = {**{name: _value(text) for name, text in run.params.items()}, "mlflow": known.url(run)}
        with _run(identity, run.tags["numbers"], "candidate", config, of=run.id, sweep=sweep) as told:
            told.summary.update(
                json.loads((evaluated / "metrics.json").read_bytes()) | {"verdict": run.tags["verdict"]}
            )
            told.log(_shown(folder))
            told.log_artifact(_data(known.name, made_of, folder / "inputs"))
            told.log_artifact(_model(known, run, folder / "model"))


def _write_champion(known: Registry) -> None:
    """Give the alias `champion` to the model that has it here: by one more record of it, which wandb takes for the same files."""
    ledger = known.ledger()
    moves = ledger.moves()
    version = known.version(moves[-1].after) if moves else None
    told = known.client.get_registered_model(known.name).tags.get(MOVED) if moves else None
    move = f"champion-{len(moves)}-{str(ledger.run_id)[:8]}"  # one of this registered model
    if version is None or told == move or _written(move):
        return
    with tempfile.TemporaryDirectory() as folder:
        known.fetch(version, Path(folder))
        action, why = moves[-1].action, {"why": moves[-1].why}
        with _run(move, f"{action}: champion is {version.name}", action, why, of=move) as run:
            run.log_artifact(_model(known, version, Path(folder)), aliases=["champion", version.name])


@contextmanager
def _run(
    identity: str, name: str, job: str, config: Mapping[str, object], *, of: str, sweep: str | None = None
) -> Iterator[Any]:
    os.environ.update(QUIET)
    settings = wandb.Settings(console="off", disable_git=True, save_code=False, x_disable_stats=True, sweep_id=sweep)
    run = wandb.init(id=identity, name=name, job_type=job, config=dict(config), mode="offline", settings=settings)
    yield run
    run.finish()
    (Path(run.dir).parent / WHOLE).write_text(of)


def _value(text: str) -> object:
    """Return the value of a param, which MLflow keeps as text; sweeps compare numbers.

    >>> _value("1e-05"), _value("True"), _value("squared_error")
    (1e-05, True, 'squared_error')
    """
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _shown(folder: Path) -> dict[str, Any]:
    pictures = {path.stem: wandb.Image(str(path)) for path in sorted((folder / "evaluation").glob("*.png"))}
    return {**pictures, "report": wandb.Html(str(folder / "report/report.html"), inject=False)}


def _data(name: str, made_of: Provenance, inputs: Path) -> Any:
    """Return what the data was, by its digests: DVC has the rows."""
    data = made_of.data
    artifact = wandb.Artifact(_collection(f"{name}-data"), "dataset", metadata=data.model_dump(mode="json"))
    artifact.add_file(str(inputs / "dvc.lock"))
    return artifact


def _model(known: Registry, model: Version | RecordedRun, folder: Path) -> Any:
    digests = {key: value for key, value in model.tags.items() if key.endswith("sha256")}
    artifact = wandb.Artifact(
        _collection(known.name), "model", metadata={"candidate": model.tags["candidate"], **digests}
    )
    artifact.add_dir(str(folder))
    return artifact


def _collection(name: str) -> str:
    """Return a name that Weights & Biases takes: letters, digits, `_`, `-` and `.`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name)


def _written(identity: str) -> bool:
    """Tell whether a record is written; what a failure or a kill left half written is deleted."""
    places = list(FOLDER.glob(f"offline-run-*-{identity}"))
    for place in places:
        if not (place / WHOLE).exists():
            shutil.rmtree(place)
    return any(place.exists() for place in places)


def _send(known: Registry) -> str:
    """Send what is not sent yet, and note in MLflow where it is seen."""
    waiting = [
        place
        for place in sorted(FOLDER.glob("offline-run-*"))
        if (place / WHOLE).exists() and not any(place.glob("*.synced"))
    ]
    if os.environ.get("WANDB_MODE") == "offline":
        return f"{len(waiting)} written to {FOLDER}/; `wandb sync {FOLDER}/offline-run-*` sends them"
    until, url = time.monotonic() + float(os.environ.get("WANDB_PATIENCE", "120")), ""  # seconds, for all of them
    for place in waiting:
        command = [sys.executable, "-m", "wandb", "sync", str(place)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=max(until - time.monotonic(), 1)
            )
        except subprocess.TimeoutExpired:
            return f"it does not answer; {place} stays, and the next run sends it"
        if not any(place.glob("*.synced")):
            said = (done.stdout + done.stderr).strip().rpartition("\n")[2]
            return f"{place} was not taken: {said}; the next run sends it"
        url = next(iter(re.findall(r"https?://\S+/runs/\S+", done.stdout + done.stderr)), place.name).rstrip(".")
        _note(known, (place / WHOLE).read_text(), url)
    return f"{len(waiting)} sent, {url}" if waiting else "nothing new"


def _note(known: Registry, of: str, url: str) -> None:
    if of.startswith("champion-"):
        known.client.set_registered_model_tag(known.name, MOVED, of)
    else:
        known.client.set_tag(of, TAG, url)
