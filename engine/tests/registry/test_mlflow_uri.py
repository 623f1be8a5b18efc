"""Where MLflow is, and what of that may be shown."""

import pytest

from champion.registry import mlflow_uri


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Stand in an empty project, without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_without_a_setting_it_is_a_file_of_the_project(project):
    """The same from a copy that `dvc exp run --temp` made."""
    assert mlflow_uri.tracking_uri() == f"sqlite:///{project}/mlflow.db"
    assert mlflow_uri.missing() == project / "mlflow.db"
    assert not mlflow_uri.is_shared()


def test_a_relative_file_begins_at_the_root_of_the_project(project, monkeypatch):
    """Else a temporary copy would have a registry of its own."""
    monkeypatch.setenv("DVC_ROOT", "/srv/project")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///some.db")

    assert mlflow_uri.tracking_uri() == "sqlite:////srv/project/some.db"


def test_a_server_is_shared_and_has_no_file(monkeypatch):
    """Others use it too."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@mlflow.example.org/")

    assert (mlflow_uri.database(), mlflow_uri.missing(), mlflow_uri.fingerprint()) == (None, None, None)
    assert mlflow_uri.is_shared()
    assert mlflow_uri.ui() == "http://mlflow.example.org"


def test_the_fingerprint_changes_with_the_file(project):
    """By one byte, and when it is replaced."""
    assert mlflow_uri.fingerprint() is None
    (project / "mlflow.db").write_bytes(b"a")
    before = mlflow_uri.fingerprint()

    assert mlflow_uri.fingerprint() == before
    (project / "mlflow.db").write_bytes(b"ab")
    assert mlflow_uri.fingerprint() != before


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://a:b@host/x", "http://host/x"),
        ("postgresql://u:p@db/m failed", "postgresql://db/m failed"),
        ("a@b", "a@b"),
    ],
)
def test_passwords_are_not_shown(text, shown):
    """In logs and messages."""
    assert mlflow_uri.shown(text) == shown
