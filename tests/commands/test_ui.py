"""`pipeline ui` shows the embedded registry, or says where the pages are."""

import pytest

from pipelines.commands import ui
from pipelines.errors import PipelineError


def test_a_shared_registry_has_pages_of_its_own(monkeypatch):
    """A second server on nothing would show an empty page."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1234")

    with pytest.raises(PipelineError, match=r"MLFLOW_TRACKING_URI is set: the pages are at http://127.0.0.1:1234"):
        ui.ui(5000)


def test_before_the_first_run_there_is_nothing_to_show(tmp_path, monkeypatch):
    """MLflow would make an empty database and show that."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(ui.mlflow_uri, "database", lambda: tmp_path / "mlflow.db")

    with pytest.raises(
        PipelineError, match=r"mlflow.db does not exist yet: nothing is recorded. Run `dvc repro` first"
    ):
        ui.ui(5000)

    assert not (tmp_path / "mlflow.db").exists()
