"""`pipeline ui` shows the embedded registry, or says where the pages are."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import mlflow
import pytest
from conftest import World, environment_of
from mlflow import MlflowClient
from servers import NO_JOBS, PATIENCE, answering, free_port
from stages import PROBLEM

from champion.cli.commands import ui
from champion.core.errors import PipelineError


def test_a_shared_registry_has_pages_of_its_own(monkeypatch):
    """A second server on nothing would show an empty page."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1234")

    with pytest.raises(PipelineError, match=r"MLFLOW_TRACKING_URI is set: the pages are at http://127.0.0.1:1234"):
        ui.ui(PROBLEM, 5000)


def test_before_the_first_run_there_is_nothing_to_show(tmp_path, monkeypatch):
    """MLflow would make an empty database and show that."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(ui.mlflow_uri, "database", lambda: tmp_path / "mlflow.db")

    with pytest.raises(
        PipelineError, match=r"mlflow.db does not exist yet: nothing is recorded. Run `dvc repro` first"
    ):
        ui.ui(PROBLEM, 5000)

    assert not (tmp_path / "mlflow.db").exists()


def test_the_pages_that_matter_are_named_and_are_served(world: World):
    """The list of candidates with outcome, metric and gain; MLflow itself would show pages about language models."""
    port, log = free_port(), world.path / "ui.log"
    command = [sys.executable, "-m", "champion", "ui", "--port", str(port)]
    with log.open("w") as said:
        served = {"env": environment_of() | NO_JOBS, "stdout": said, "stderr": said, "start_new_session": True}
        process = subprocess.Popen(command, cwd=world.path, **served)
    try:
        answering(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).status == 200, log)
        experiment = MlflowClient(f"http://127.0.0.1:{port}").get_experiment_by_name("traffic-demand")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)

    page = f"http://127.0.0.1:{port}/#/experiments/{experiment.experiment_id}/runs?"
    assert f"  candidates  {page}workflowType=machine_learning&viewStateShareKey=candidates\n" in log.read_text()
    assert f"  versions    http://127.0.0.1:{port}/#/models/traffic-demand\n" in log.read_text()
    columns = json.loads(json.loads(experiment.tags["mlflow.sharedViewState.candidates"])["state"])["selectedColumns"]
    assert columns[:2] == ["tags.`outcome`", "metrics.`mae`"]


def test_mlflow_still_knows_what_the_view_is_made_of():
    """Its pages read these names and nothing documents them: an upgrade that drops one has to be noticed here."""
    pages = Path(mlflow.__file__).parent / "server/js/build/static/js"
    code = "".join(path.read_text(encoding="utf-8") for path in pages.glob("*.js"))

    names = ["mlflow.sharedViewState.", "viewStateShareKey", "selectedColumns", "workflowType", "machine_learning"]
    assert [name for name in names if name not in code] == []
