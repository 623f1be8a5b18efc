"""MLflow is not loaded when nothing changed, and is when anything may have."""

import sqlite3
from contextlib import closing

import pytest

from champion.core.documents.evaluation import ChampionIdentity
from champion.core.documents.registry import Known, Question
from champion.registry import migration, mlflow_uri, registry_state

QUESTION = Question(candidate="c", model_sha256="m", holdout_sha256="h")


def of_mlflow(database, revision=None):
    """Write what tells which MLflow a database is of: by default the one that is installed."""
    known = migration._known()
    latest = next(each for each in known if each not in known.values())
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table if not exists alembic_version (version_num text)")
        connection.execute("delete from alembic_version")
        connection.execute("insert into alembic_version values (?)", [revision or latest])
        connection.commit()


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An answer of an embedded database, kept a moment ago: its file and the champion's folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    of_mlflow(tmp_path / "mlflow.db")
    champion = tmp_path / "champion"
    ChampionIdentity().write(champion / "identity.json")
    known = Known(champion="2", alias="2", is_champion=True, database=mlflow_uri.fingerprint())
    registry_state.save(tmp_path / "registry.json", QUESTION, known, champion)
    return tmp_path / "registry.json", champion


def test_the_same_question_is_answered_from_the_file(asked):
    """It costs no second."""
    path, champion = asked

    assert registry_state.recall(path, QUESTION, champion).known.champion == "2"
    assert registry_state.is_settled(path)


@pytest.mark.parametrize(
    "accident", ["another question", "the database", "a file", "an obstacle", "gone", "a server", "MLflow"]
)
def test_whatever_may_have_changed_is_asked_again(asked, monkeypatch, accident):
    """A stale answer would promote over a champion that nobody looked at."""
    path, champion = asked
    question = QUESTION
    if accident == "another question":
        question = Question(candidate="d", model_sha256="m", holdout_sha256="h")
    elif accident == "the database":
        path.with_name("mlflow.db").write_bytes(b"more runs")
    elif accident == "a file":
        (champion / "model.skops").write_bytes(b"another")
    elif accident == "an obstacle":
        ChampionIdentity(obstacle="it was out of reach").write(champion / "identity.json")
        registry_state.save(path, QUESTION, Known(database=mlflow_uri.fingerprint()), champion)
    elif accident == "MLflow":
        of_mlflow(path.with_name("mlflow.db"), next(filter(None, migration._known().values())))
        registry_state.save(path, QUESTION, Known(database=mlflow_uri.fingerprint()), champion)
    elif accident == "gone":
        path.unlink()
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example.org")

    assert registry_state.recall(path, question, champion) is None


def test_an_alias_that_somebody_moved_is_not_settled(asked):
    """The ledger says 2, consumers get 1."""
    path, champion = asked
    registry_state.save(path, QUESTION, Known(champion="2", alias="1", is_champion=True), champion)

    assert not registry_state.is_settled(path)
