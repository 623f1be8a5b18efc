"""What a store does not list is gone; any other failure says nothing of the file."""

import socket
from pathlib import Path

import pytest

from champion.core.errors import RegistryUnavailable
from champion.registry import artifacts


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """An artifact store with one file in a folder."""
    (tmp_path / "store/inputs").mkdir(parents=True)
    (tmp_path / "store/inputs/params.yaml").write_text("train: {}")
    return tmp_path / "store"


@pytest.mark.parametrize("wanted", ["inputs", "inputs/params.yaml"])
def test_a_file_or_a_folder_is_copied(store: Path, tmp_path: Path, wanted: str):
    """With its name."""
    (tmp_path / "here").mkdir()

    path = artifacts.download(store.as_uri(), wanted, tmp_path / "here")

    assert path.name == Path(wanted).name
    assert [each.read_text() for each in (tmp_path / "here").rglob("*.yaml")] == ["train: {}"]


@pytest.mark.parametrize("wanted", ["model.skops", "inputs/dvc.lock", "nowhere/dvc.lock"])
def test_what_the_store_does_not_have_is_gone(store: Path, tmp_path: Path, wanted: str):
    """It was asked, and answered."""
    with pytest.raises(FileNotFoundError, match=f"there is no {Path(wanted).name} in file:"):
        artifacts.download(store.as_uri(), wanted, tmp_path)


def test_a_store_that_does_not_answer_says_nothing_of_the_file(tmp_path: Path, monkeypatch):
    """A failure of today is no fault of the champion's."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)

    with pytest.raises(RegistryUnavailable, match=f"the MLflow registry at {address} refused"):
        artifacts.download(f"{address}/api/2.0/mlflow-artifacts/artifacts/1", "model.skops", tmp_path)


def test_what_is_listed_and_cannot_be_read_is_not_gone(store: Path, tmp_path: Path, monkeypatch):
    """The disk, a right or the way here fails: whether the file is whole is not known."""
    monkeypatch.setattr(artifacts, "download_artifacts", lambda **_: (_ for _ in ()).throw(PermissionError("denied")))

    with pytest.raises(RegistryUnavailable, match="denied"):
        artifacts.download(store.as_uri(), "inputs/params.yaml", tmp_path)
