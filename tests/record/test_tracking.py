"""What MLflow refuses is one message."""

import pytest
import requests

from pipelines.errors import RegistryUnavailable
from pipelines.record import tracking


def test_what_is_refused_is_told_without_the_password(monkeypatch):
    """With the address, the cause and what to do."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@mlflow.example.org")

    with pytest.raises(RegistryUnavailable) as refused, tracking.explained():
        raise requests.ConnectionError("http://ada:secret@mlflow.example.org: refused")

    assert "http://mlflow.example.org refused: http://mlflow.example.org: refused" in str(refused.value)
    assert "secret" not in str(refused.value)
