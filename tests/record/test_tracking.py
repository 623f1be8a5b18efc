"""What MLflow refuses is one message, and a server that is down is told apart from a file that is gone."""

import pytest
import requests
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError

from pipelines.errors import RegistryUnavailable
from pipelines.record import tracking


def chained(outer: Exception, inner: Exception) -> Exception:
    """Return an exception as `raise outer from inner` makes it."""
    outer.__cause__ = inner
    return outer


def answered(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(f"{status}", response=response)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (chained(MlflowException("API request failed"), requests.ConnectionError("refused")), True),
        (requests.Timeout("late"), True),
        (answered(503), True),
        (OperationalError("select", {}, Exception("database is locked")), True),
        (answered(404), False),
        (FileNotFoundError("model.skops"), False),
        (MlflowException("No such artifact"), False),
    ],
    ids=["refused", "late", "503", "locked", "404", "no file", "no artifact"],
)
def test_out_of_reach_is_not_gone(error, expected):
    """The one is a failure of today, the other a fault of the champion's."""
    assert tracking.is_out_of_reach(error) == expected


def test_what_is_refused_is_told_without_the_password(monkeypatch):
    """With the address, the cause and what to do."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@mlflow.example.org")

    with pytest.raises(RegistryUnavailable) as refused, tracking.explained():
        raise requests.ConnectionError("http://ada:secret@mlflow.example.org: refused")

    assert "http://mlflow.example.org refused: http://mlflow.example.org: refused" in str(refused.value)
    assert "secret" not in str(refused.value)
