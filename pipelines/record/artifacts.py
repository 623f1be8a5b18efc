"""Copy files out of MLflow's artifact stores, and tell those that are gone from those that cannot be had."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.exceptions import MlflowException

from pipelines import files
from pipelines.errors import ChampionUnusable
from pipelines.record import mlflow_uri, tracking
from pipelines.record.entities import RecordedRun, Version


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
        raise tracking.unavailable(error) from error
    if copied is None:
        raise FileNotFoundError(f"there is no {name} in {mlflow_uri.shown(place)}")
    return Path(copied)


def fetch(client: MlflowClient, name: str, model: Version | RecordedRun, folder: Path) -> None:
    """Copy model and card of a version of the registered model `name`, or of a run, into a folder.

    Raises:
        ChampionUnusable: if one is gone, or is not the recorded one.
        RegistryUnavailable: if the store of artifacts does not answer.
    """
    called = model.name if isinstance(model, RecordedRun) else f"champion {model.name}"
    folder.mkdir(parents=True, exist_ok=True)
    for file, tag in (("model.skops", "model_sha256"), ("card.json", "card_sha256")):
        try:
            download(_address(client, name, model), file, folder)
        except FileNotFoundError as error:
            raise ChampionUnusable(f"{file} of {called} is gone: {error}") from None
        if files.sha256(folder / file) != model.tags[tag]:
            raise ChampionUnusable(f"{file} of {called} is not the one that was promoted: its digest differs")


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
