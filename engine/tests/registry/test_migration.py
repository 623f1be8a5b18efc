"""A database of another MLflow is never changed by a question, and never half migrated."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import shared
from conftest import PROJECT, Prepared, weekly_but
from older import make_newer, make_older

from champion.core.errors import PipelineError, RegistryUnavailable
from champion.core.files import sha256
from champion.registry import migration


@pytest.fixture
def database(first_champion: Prepared, tmp_path: Path) -> Path:
    """The registry of a first champion, as an older MLflow would have written it."""
    path = tmp_path / "mlflow.db"
    shared.copy(first_champion.path / "mlflow.db", path)
    make_older(path)
    return path


def versions(database: Path) -> list[tuple]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("select name, version from model_versions").fetchall()


def test_a_database_knows_which_mlflow_it_is_of(database, first_champion):
    """By its schema, read without MLflow."""
    assert migration.state(database) == "older"
    assert migration.state(first_champion.path / "mlflow.db") == "current"
    make_newer(database)
    assert migration.state(database) == "newer"


def test_an_older_one_is_migrated_and_kept(database):
    """All that was recorded is there, in both."""
    before, recorded = sha256(database), versions(database)

    kept = migration.migrate(database)

    assert kept is not None
    assert sha256(kept) == before
    assert versions(database) == versions(kept) == recorded != []
    assert migration.state(database) == "current"
    assert migration.migrate(database) is None
    assert sorted(path.name for path in database.parent.iterdir()) == ["mlflow.db", kept.name]


def test_two_old_files_are_both_kept(database):
    """Who goes back to the old one and comes again loses neither."""
    first = migration.migrate(database)
    make_older(database)

    second = migration.migrate(database)

    assert first != second
    assert first.exists()
    assert second.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: None, "an older MLflow than .*`dvc repro` brings it up to date and keeps the old file"),
        (make_newer, "a newer MLflow than .*`make setup`"),
        (lambda path: path.write_bytes(b"half a file"), "is no database of MLflow"),
    ],
    ids=["older", "newer", "spoilt"],
)
def test_a_question_is_refused_and_changes_nothing(database, change, message):
    """With what to do about it."""
    change(database)
    before = sha256(database)

    with pytest.raises(RegistryUnavailable, match=message):
        migration.check(database)

    assert sha256(database) == before
    assert [path.name for path in database.parent.iterdir()] == ["mlflow.db"]


def test_what_is_written_meanwhile_is_not_lost(database, monkeypatch):
    """Then nothing is swapped, and the next try has it."""
    migrate = migration._upgrade

    def slowly(copy: Path) -> None:
        migrate(copy)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("update model_versions set description = 'meanwhile'")
            connection.commit()
        os.utime(database, (1, 1))

    monkeypatch.setattr(migration, "_upgrade", slowly)

    with pytest.raises(PipelineError, match="was written to while"):
        migration.migrate(database)

    assert migration.state(database) == "older"
    monkeypatch.undo()
    migration.migrate(database)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select distinct description from model_versions").fetchall() == [("meanwhile",)]


@pytest.mark.slow
@pytest.mark.parametrize("when", weekly_but([1.0, 2.5], [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]))
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_kill_leaves_the_old_one_or_the_new_one(database, when, how):
    """MLflow's own migration, stopped amid its steps, leaves one that never opens again."""
    script = (
        "import pathlib, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from champion.registry import migration; migration.migrate(pathlib.Path(sys.argv[1]))"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", script, str(database)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(when)
    started.send_signal(how)
    started.wait()

    assert migration.state(database) in ("older", "current")
    migration.migrate(database)
    assert migration.state(database) == "current"
    assert len(versions(database)) == 1
