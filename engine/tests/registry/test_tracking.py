"""What MLflow refuses is one message."""

import socket

import pytest
import requests

from champion.core.errors import RegistryUnavailable
from champion.registry import tracking


def test_what_is_refused_is_told_without_the_password(monkeypatch):
    """With the address, the cause and what to do."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@mlflow.example.org")

    with pytest.raises(RegistryUnavailable) as refused, tracking.explained():
        raise requests.ConnectionError("http://ada:secret@mlflow.example.org: refused")

    assert "http://mlflow.example.org refused: http://mlflow.example.org: refused" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_is_one_line(monkeypatch):
    """Who, where, and which variable set it; no chain of urllib3."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(RegistryUnavailable) as refused, tracking.explained():
        tracking.connect(create=False).get_run("1")

    first = str(refused.value).splitlines()[0]
    assert first == (
        f"the MLflow registry at {address} refused: nobody listens there (Connection refused). The variable "
        "MLFLOW_TRACKING_URI names it"
    )
