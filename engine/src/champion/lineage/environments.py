"""Environments of before: each is made once from its own lock, so that a model answers with the packages it was made with."""

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from champion.core import files, models, tables
from champion.core.documents.model import CARD, MODEL, REFIT, ModelCard
from champion.core.errors import ChampionUnusable, PipelineError
from champion.lineage import identity
from champion.lineage.subprocess_predict import Predictor
from champion.metrics import comparable

KEPT = ".environments"  # in the project; whoever deletes it waits once more


def answers(folder: Path, card: ModelCard, rows: pd.DataFrame, new: np.ndarray) -> np.ndarray:
    """Return what a champion predicts: for the `new` rows its refit, which serves; for the others the model that was judged.

    Raises:
        ChampionUnusable: if one of the two does not work, whether it is asked or not.
    """
    refit = card.refit(folder / REFIT)
    if refit is None:
        return predict(folder, card, rows)
    both = predict(folder, card, rows[~new]), predict(folder / REFIT, refit, rows[new])
    places = np.concatenate([np.flatnonzero(~new), np.flatnonzero(new)])
    return np.concatenate([each for each in both if len(each)] or [np.empty(0)])[np.argsort(places)]


def predict(folder: Path, card: ModelCard, rows: pd.DataFrame) -> np.ndarray:
    """Return what the model in a folder predicts for rows; if there are none, only whether it works is looked at.

    Raises:
        ChampionUnusable: as `working`, or if it does not take these rows.
    """
    predicts = working(folder, card)
    return np.empty(0) if rows.empty else predicts(rows)


def working(folder: Path, card: ModelCard) -> Callable[[pd.DataFrame], np.ndarray]:
    """Return what predicts with the model in a folder: here, or if it does not work here with the packages of its lock.

    It does not work here if it does not load, or answers something else than when it was trained.

    Raises:
        ChampionUnusable: if it works in neither; and so does what is returned, of rows that the model does not take.
    """
    try:
        model = here(folder, card)
    except (PipelineError, *models.UNREADABLE) as error:
        why = str(error)
    else:
        return partial(predicted_here, model, card)
    try:
        return partial(_predicted_there, folder, its_own(folder, card))
    except PipelineError as error:
        raise ChampionUnusable(f"{why}; {error}") from None


def predicted_here(model: BaseEstimator, card: ModelCard, rows: pd.DataFrame) -> np.ndarray:
    """Return what a model that works here predicts for rows.

    Raises:
        ChampionUnusable: if it does not take them.
    """
    try:
        return models.predict(model, rows[card.columns])
    except models.UNREADABLE as error:
        raise ChampionUnusable(str(error)) from None


def _predicted_there(folder: Path, programs: Path, rows: pd.DataFrame) -> np.ndarray:
    try:
        return _predicted(folder, Predictor(programs), rows)
    except PipelineError as error:
        raise ChampionUnusable(str(error)) from None


def here(folder: Path, card: ModelCard) -> BaseEstimator:
    """Return the model in a folder, with what is installed here.

    Raises:
        PipelineError: if it does not load, or answers something else than when it was trained.
    """
    model = models.load(folder / MODEL, card.trusted_types)
    try:
        answered = models.predict(model, comparable.example_features(card.examples, card.features))
    except models.UNREADABLE as error:
        raise PipelineError(f"its model does not answer as when it was trained: {error}") from None
    if not _are_alike(answered, card):
        raise PipelineError("its model predicts something else than when it was trained")
    return model


def its_own(folder: Path, card: ModelCard) -> Path:
    """Return the programs of the environment that the requirements.lock beside a model describes, once it answers there.

    Raises:
        ChampionUnusable: if there is none, it cannot be built, or the model does not answer there as it did.
    """
    lock = (folder.parent if folder.name == REFIT else folder) / identity.ENVIRONMENT
    if not lock.exists():
        raise ChampionUnusable("the lock that it was made with is not on record")
    if files.sha256(lock) == files.sha256(Path(identity.ENVIRONMENT)):
        raise ChampionUnusable("its lock is today's, so other packages would not help")
    programs = built(lock, card.python or platform.python_version())
    if not answers_as_before(folder, card, Predictor(programs)):
        raise ChampionUnusable("with its own packages, too, it predicts something else than when it was trained")
    return programs


def answers_as_before(folder: Path, card: ModelCard, predictor: Predictor) -> bool:
    """Tell whether the model in a folder predicts for the rows in its card what it did when it was trained.

    Raises:
        PipelineError: if it does not load or predict there.
    """
    return _are_alike(_predicted(folder, predictor, comparable.example_features(card.examples, card.features)), card)


def _predicted(folder: Path, predictor: Predictor, rows: pd.DataFrame) -> np.ndarray:
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch) / "rows.parquet"
        tables.write(rows, asked)
        return predictor.predict(folder / MODEL, folder / CARD, asked)


def _are_alike(predicted: np.ndarray, card: ModelCard) -> bool:
    expected = np.asarray(card.answers, dtype=float)
    same = predicted.shape == expected.shape
    return same and bool(np.allclose(predicted.astype(float), expected, rtol=1e-6, equal_nan=True))


def built(lock: Path, python: str) -> Path:
    """Return the programs of the environment of a lock, made now if it is not there.

    Raises:
        PipelineError: if its Python or its packages cannot be had.
    """
    kept = place(lock, python)
    if not (kept / "installed").exists():
        print(f"building the environment of a lock of before in {KEPT}/{kept.name}: once", file=sys.stderr)
        _build(lock, _short(python), kept)
    return kept / "bin"


def place(lock: Path, python: str) -> Path:
    """Return the folder of the environment of a lock, whether it is there or not."""
    return files.root() / KEPT / hashlib.sha256(lock.read_bytes() + _short(python).encode()).hexdigest()[:16]


def _short(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _build(lock: Path, python: str, kept: Path) -> None:
    """Make it whole or not at all: the stamp comes last."""
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(exist_ok=True)
    uv = [sys.executable, "-m", "uv"]
    for command in (
        [*uv, "venv", "--quiet", "--python", python, str(kept)],
        [*uv, "pip", "install", "--quiet", "--python", str(kept / "bin/python"), "--require-hashes", "-r", str(lock)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n  ".join(done.stderr.strip().splitlines()[-4:])
            raise PipelineError(f"the environment of its lock (Python {python}) cannot be built:\n  {said}")
    (kept / "installed").touch()
