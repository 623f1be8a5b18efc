"""Connect to MLflow, make its experiments, and say what it refuses in one message."""

import json
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # a dead server is told in seconds, not minutes

import mlflow  # it reads its settings when imported
import requests
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from champion.core.errors import PipelineError, RegistryUnavailable
from champion.registry import addresses, beginning, migration, mlflow_uri, tags
from champion.registry.entities import RecordedRun, Version

REFUSED = (MlflowException, SQLAlchemyError)
SAVED = "mlflow.sharedViewState.candidates"  # what MLflow's pages call a saved view
VIEW = "workflowType=machine_learning&viewStateShareKey=candidates"  # that view, and no pages about language models


def connect(*, create: bool = False, migrate: bool = False) -> MlflowClient:
    """Return a client of the tracking server and registry that the environment names.

    An embedded database of an older MLflow is brought up to date only if `migrate` says so.

    Raises:
        Refusal: if there is no embedded database yet, and `create` does not ask for one.
        ChampionUnknown: if there was one.
        RegistryUnavailable: if it is of another MLflow.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db").setLevel(logging.CRITICAL)  # its tracebacks are told by explained()
    if missing := mlflow_uri.missing():
        if not create:
            raise beginning.no_champion(missing)
        _create(missing)
    elif database := mlflow_uri.database():
        if migrate and (kept := migration.migrate(database)):
            print(
                f"{database.name} was brought up to date for MLflow {mlflow.__version__}; the old one is kept as {kept.name}"
            )
        migration.check(database)
        if files := mlflow_uri.artifacts():
            addresses.follow(database, files)
    mlflow.set_tracking_uri(mlflow_uri.tracking_uri())
    mlflow.set_registry_uri(mlflow_uri.tracking_uri())  # one place for both, whatever MLFLOW_REGISTRY_URI says
    return MlflowClient()


def _create(database: Path) -> None:
    """Make the embedded database whole or not at all: a kill amid MLflow's migrations leaves one that never opens."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".mlflow-") as folder:
        fresh = Path(folder) / database.name
        MlflowClient(f"sqlite:///{fresh}").search_experiments(max_results=1)
        with suppress(FileExistsError):  # somebody was faster, and may have written to it
            os.link(fresh, database)


def ensure_experiment(client: MlflowClient, name: str, description: str) -> str:
    """Return the id of an experiment, made if it is missing.

    Raises:
        PipelineError: if it was deleted in the UI.
    """
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        files = mlflow_uri.artifacts()
        try:
            about = {"mlflow.note.content": description, "mlflow.experimentKind": "custom_model_development"}
            return str(client.create_experiment(name, files.as_uri() if files else None, tags=about))
        except REFUSED:  # somebody was faster
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    if experiment.lifecycle_stage == "deleted":
        raise PipelineError(
            f"the MLflow experiment {name!r} was deleted. `mlflow experiments restore --experiment-id "
            f"{experiment.experiment_id}` brings it back."
        )
    return str(experiment.experiment_id)


def save_view(client: MlflowClient, experiment: str, columns: Sequence[str]) -> None:
    """Let MLflow's list of runs have these columns, as in ``metrics.`mae` ``, under the name `candidates`."""
    state = json.dumps({"selectedColumns": list(columns)})  # in the form that the page itself writes
    tag = json.dumps({"name": "candidates", "createdAt": 0, "updatedAt": 0, "state": state})
    if client.get_experiment(experiment).tags.get(SAVED) != tag:
        client.set_experiment_tag(experiment, SAVED, tag)


def pages(client: MlflowClient, name: str) -> dict[str, str]:
    """Return where MLflow's pages have the candidates and the versions, after the server's address."""
    experiment = client.get_experiment_by_name(name)
    return {
        "candidates": f"#/experiments/{experiment.experiment_id if experiment else 0}/runs?{VIEW}",
        "versions": f"#/models/{quote(name)}",
    }


@contextmanager
def explained() -> Iterator[None]:
    """Turn what MLflow, its database and its server raise into a message.

    Raises:
        RegistryUnavailable: in place of what they raise.
    """
    try:
        yield
    except (*REFUSED, sqlite3.Error, requests.RequestException, ImportError) as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> RegistryUnavailable:
    """Return what to raise in place of what MLflow or a store raised."""
    return RegistryUnavailable(
        f"the MLflow registry at {mlflow_uri.shown(mlflow_uri.tracking_uri())} refused: {mlflow_uri.shown(_cause(error))}\n"
        "  Repair it (is it running, writable, not locked, not full?) and run the same command again: finished stages "
        "are kept, nothing is half promoted."
    )


UNHEARD = {
    "Connection refused": "nobody listens there",
    "Name or service not known": "there is no such host",
    "Failed to resolve": "there is no such host",
    "timed out": "no answer in time",
}


def _cause(error: BaseException | None) -> str:
    """Return why nobody answered, or what the database said, or the first line of what MLflow made of it."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    for told, said in UNHEARD.items():
        if told in first:
            return f"{said} ({told}). The variable MLFLOW_TRACKING_URI names it"
    while error is not None:
        if (original := getattr(error, "orig", None)) is not None:
            return str(original)
        error = error.__cause__ or error.__context__
    return first


def recorded(run: Run) -> RecordedRun:
    """Return MLflow's run as our own record."""
    return RecordedRun(
        id=run.info.run_id,
        experiment_id=run.info.experiment_id,
        started=run.info.start_time,
        artifacts=run.info.artifact_uri,
        tags=tags.read(run.data.tags),
        params=dict(run.data.params),
        has_datasets=bool(run.inputs.dataset_inputs),
        state=run.info.lifecycle_stage,
    )


def registered(version: ModelVersion) -> Version:
    """Return MLflow's version as our own record."""
    return Version(str(version.version), version.run_id, tags.read(version.tags))
