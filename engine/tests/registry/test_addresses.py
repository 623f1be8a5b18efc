"""A project that was moved finds its files, and a copy has its own."""

import shutil
from pathlib import Path

import pytest
import shared
from mlflow.entities import LoggedModelStatus

from champion.registry import mlflow_uri, tracking
from champion.registry.registry import Registry

NAME = "demand"


@pytest.fixture
def project(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run, a model and a version on record, in a folder of an odd name; the tests' process stands in it."""
    folder = tmp_path / "Größe 100% old"
    folder.mkdir()
    shared.copy(migrated, folder / "mlflow.db")
    stand_in(folder, monkeypatch)
    registry = Registry(NAME)
    experiment, client = registry.ensure("Demand per hour."), registry.client
    run = client.create_run(experiment).info
    client.log_dict(run.run_id, {"from": "the original"}, "card.json")
    model = client.create_logged_model(experiment, name="model", source_run_id=run.run_id)
    (folder / "model.skops").write_text("from the original")
    client.log_model_artifacts(model.model_id, "model.skops")
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    source = f"models:/{model.model_id}"
    client.create_model_version(NAME, source=source, run_id=run.run_id, model_id=model.model_id)
    return folder


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests' process be one of that project: MLflow remembers an address in the environment."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def files_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return where a registry says that its files are, as seen from a folder."""
    stand_in(folder, monkeypatch)
    client = Registry(NAME).client
    experiment = client.get_experiment_by_name(NAME)
    run = client.search_runs([experiment.experiment_id])[0].info
    model = client.search_logged_models([experiment.experiment_id])[0]
    version = client.get_model_version_download_uri(NAME, "1")
    return {experiment.artifact_location, run.artifact_uri, model.artifact_location, version}


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree], ids=["moved", "copied"])
def test_files_are_beside_the_database(project: Path, tmp_path: Path, monkeypatch, how):
    """Wherever it went; the original of a copy keeps its own."""
    how(project, tmp_path / "new")

    found = files_of(tmp_path / "new", monkeypatch)

    beside = (tmp_path / "new/mlartifacts").as_uri()
    assert all(address == beside or address.startswith(f"{beside}/") for address in found), found
    if project.exists():
        there = (project / "mlartifacts").as_uri()
        assert all(address.startswith(there) for address in files_of(project, monkeypatch))


def test_a_copy_writes_into_its_own(project: Path, tmp_path: Path, monkeypatch):
    """What one does is not seen in the other."""
    shutil.copytree(project, tmp_path / "new")
    before = sorted(project.rglob("*"))
    stand_in(tmp_path / "new", monkeypatch)
    client = Registry(NAME).client
    run = client.create_run(client.get_experiment_by_name(NAME).experiment_id).info

    client.log_dict(run.run_id, {"from": "the copy"}, "card.json")

    assert sorted(project.rglob("*")) == before
    assert list((tmp_path / "new/mlartifacts").rglob(f"{run.run_id}/artifacts/card.json"))


def test_a_database_without_files_beside_it_stays_as_it_is(project: Path, tmp_path: Path, monkeypatch):
    """Its files were not moved: they are where they were."""
    (tmp_path / "new").mkdir()
    shutil.copy("mlflow.db", tmp_path / "new")

    found = files_of(tmp_path / "new", monkeypatch)

    assert all(address.startswith((project / "mlartifacts").as_uri()) for address in found)


def test_files_that_lie_elsewhere_on_purpose_stay_there(project: Path, tmp_path: Path, monkeypatch):
    """An experiment of somebody's own with a store of its own."""
    client = tracking.connect()
    client.create_experiment("mine", artifact_location="s3://bucket/mine")
    client.create_experiment("other", artifact_location=(tmp_path / "other").as_uri())
    shutil.move(project, tmp_path / "new")
    stand_in(tmp_path / "new", monkeypatch)

    client = tracking.connect()

    assert client.get_experiment_by_name("mine").artifact_location == "s3://bucket/mine"
    assert client.get_experiment_by_name("other").artifact_location == (tmp_path / "other").as_uri()
    assert mlflow_uri.artifacts() == tmp_path / "new/mlartifacts"
