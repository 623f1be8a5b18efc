"""Copy files out of MLflow's artifact stores, and tell those that are gone from those that cannot be had."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.exceptions import MlflowException
from pydantic import TypeAdapter

from champion.core import files
from champion.core.documents.model import CARD, MODEL, REFIT, ModelCard
from champion.core.errors import ChampionUnusable
from champion.registry import mlflow_uri, tracking
from champion.registry.entities import RecordedRun, Version

RECORD, RUN = "record", "run.json"  # beside a model: its run's files, and what that says itself
TO_REBUILD = ("inputs", "validation/report.json", "evaluation/predictions.csv")


def download(address: str, path: str, folder: Path) -> Path:
    """Copy a file or a folder out of an artifact store.

    What the store does not list is gone. Any other failure says nothing about the file.

    Raises:
        FileNotFoundError: if the store answers, and does not have it.
        RegistryUnavailable: if it does not answer, or does not hand over what it lists.
    """
    place, _, name = f"{address}/{path}".rpartition("/")
    try:
        listed = {Path(entry.path).name for entry in list_artifacts(artifact_uri=place)}
        copied = download_artifacts(artifact_uri=f"{place}/{name}", dst_path=str(folder)) if name in listed else None
    except Exception as error:  # each store has exceptions of its own
        if getattr(error, "error_code", None) == "RESOURCE_DOES_NOT_EXIST":  # asked and answered: a run that is gone
            raise FileNotFoundError(str(error)) from None
        raise tracking.unavailable(error) from error
    if copied is None:
        raise FileNotFoundError(f"there is no {name} in {mlflow_uri.shown(place)}")
    return Path(copied)


def fetch(client: MlflowClient, name: str, model: Version | RecordedRun, folder: Path) -> Path:
    """Copy model and card of a version of the registered model `name`, or of a run, into a folder, and those of its refit.

    Return the folder of what serves: the refit's, or where there is none this one.

    Raises:
        ChampionUnusable: if one is gone, or is not the recorded one.
        RegistryUnavailable: if the store of artifacts does not answer.
    """
    called = model.name if isinstance(model, RecordedRun) else f"champion {model.name}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / REFIT, ignore_errors=True)  # of another one

    def copied(file: str, digest: str) -> Path:
        place = folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            download(_address(client, name, model), file, place.parent)
        except FileNotFoundError as error:
            raise ChampionUnusable(f"{file} of {called} is gone: {error}") from None
        if files.sha256(place) != digest:
            raise ChampionUnusable(f"{file} of {called} is not the one that was promoted: its digest differs")
        return place

    copied(MODEL, model.tags["model_sha256"])
    card = ModelCard.read(copied(CARD, model.tags["card_sha256"]))
    if not card.refit_sha256:
        return folder
    refit = ModelCard.read(copied(f"{REFIT}/{CARD}", card.refit_sha256))
    return copied(f"{REFIT}/{MODEL}", refit.model_sha256).parent


def keep_record(client: MlflowClient, run: RecordedRun) -> None:
    """Keep a run and those of its files that it takes to rebuild it beside its model: that outlives a run that is deleted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / RECORD
        for path in TO_REBUILD:
            place = folder / Path(path).parent
            place.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                download(run.artifacts, path, place)
        (folder / RUN).write_bytes(TypeAdapter(RecordedRun).dump_json(run))
        client.log_model_artifacts(run.tags["model_id"], name)


def record(client: MlflowClient, name: str, version: Version) -> RecordedRun:
    """Return the run of a version as it was when it was promoted, from what is kept beside its model.

    Raises:
        ChampionUnusable: if nothing is kept there.
    """
    try:
        address = _address(client, name, version)
        with tempfile.TemporaryDirectory() as folder:
            text = download(f"{address}/{RECORD}", RUN, Path(folder)).read_bytes()
    except FileNotFoundError as error:
        raise ChampionUnusable(
            f"run {version.run_id} was deleted for good (`mlflow gc`), and with it what was recorded of {version.name}: "
            f"{error}. Its model still loads; a backup of the registry has the rest"
        ) from None
    return replace(TypeAdapter(RecordedRun).validate_json(text), artifacts=f"{address}/{RECORD}", state="gone")


def _address(client: MlflowClient, name: str, model: Version | RecordedRun) -> str:
    """Return where the files of a model are."""
    try:
        if isinstance(model, RecordedRun):
            return str(client.get_logged_model(model.tags["model_id"]).artifact_location)
        return str(client.get_model_version_download_uri(name, model.number))
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise FileNotFoundError(str(error)) from None
