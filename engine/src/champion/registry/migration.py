"""The embedded database and MLflow's version of it: an older one is migrated aside, whole or not at all, and kept."""

import os
import re
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from champion.core.errors import PipelineError, RegistryUnavailable

State = Literal["current", "older", "newer"]


def state(database: Path) -> State:
    """Compare the schema of a database with the one that the installed MLflow has.

    Raises:
        RegistryUnavailable: if it is no database of MLflow.
    """
    found, known = _revision(database), _known()
    later = set(known.values())
    if found in known and found not in later:
        return "current"
    return "older" if found in known else "newer"


def has_name(database: Path, name: str) -> bool:
    """Tell whether a database has an experiment (deleted or not) or a registered model of this name.

    Raises:
        RegistryUnavailable: if it is no database of MLflow.
    """
    named = "select 1 from experiments where name = ?1 union select 1 from registered_models where name = ?1"
    return bool(_rows(database, named, name))


def check(database: Path) -> None:
    """Refuse to ask a database of another MLflow: an older one would be changed by the question.

    Raises:
        RegistryUnavailable: with what to do.
    """
    installed = version("mlflow")
    match state(database):
        case "older":
            raise RegistryUnavailable(
                f"{database.name} was written by an older MLflow than {installed}, which is installed. `dvc repro` brings it "
                "up to date and keeps the old file; so does `pipeline rollback`. A question does not change it."
            )
        case "newer":
            raise RegistryUnavailable(
                f"{database.name} was written by a newer MLflow than {installed}, which is installed: it stays as it is. Take "
                "the requirements.lock that belongs to it (`git pull`, or the branch that has it), then `make setup`."
            )


def migrate(database: Path) -> Path | None:
    """Bring an older database up to date, and return where the old file is kept; None if it was no older one.

    A copy is migrated and takes the old file's place in one step: whoever stops it finds the one or the other.

    Raises:
        PipelineError: if the database was written to meanwhile; nothing is changed then.
    """
    if state(database) != "older":
        return None
    before = _stamp(database)
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".mlflow-") as folder:
        copy = Path(folder) / database.name
        with closing(sqlite3.connect(database)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
        _upgrade(copy)
        kept = _kept(database)
        if _stamp(database) != before:
            raise PipelineError(f"{database.name} was written to while it was brought up to date. Run it again.")
        os.link(database, kept)
        copy.replace(database)
    return kept


def _upgrade(database: Path) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415  # costs seconds
    from mlflow.store.db.utils import _upgrade_db, create_sqlalchemy_engine  # noqa: PLC0415  # what `mlflow db upgrade` calls

    uri = f"sqlite:///{database}"
    engine = create_sqlalchemy_engine(uri)
    try:
        _upgrade_db(engine)
    finally:
        engine.dispose()
    MlflowClient(uri).search_experiments(max_results=1)  # it opens


def _kept(database: Path) -> Path:
    """Return a free name for the old file, which tells its schema."""
    name = f"{database.name}.{_revision(database)[:8]}"
    taken = sum(path.name.startswith(name) for path in database.parent.iterdir())
    return database.with_name(f"{name}.{taken + 1}" if taken else name)


def _stamp(database: Path) -> tuple[int, int, int]:
    found = database.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _revision(database: Path) -> str:
    rows = _rows(database, "select version_num from alembic_version")
    if len(rows) != 1:
        raise RegistryUnavailable(f"{database} is no database of MLflow: it has no schema. Restore a backup of it.")
    return str(rows[0][0])


def _rows(database: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    """Ask a database without MLflow, which costs seconds and would change an older one."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise RegistryUnavailable(f"{database} is no database of MLflow: {error}. Restore a backup of it.") from None


@cache
def _known() -> dict[str, str]:
    """Return the revisions that the installed MLflow knows, each with the one before it. Read, not imported: that is slow."""
    spec = find_spec("mlflow")
    folder = Path(str(spec.origin)).parent / "store/db_migrations/versions" if spec else Path()
    revisions = {}
    for script in folder.glob("*.py"):
        text = script.read_text(encoding="utf-8")
        if found := re.search(r'^revision(?:: str)? = "(\w+)"', text, re.MULTILINE):
            before = re.search(r'^down_revision[^=]* = "(\w+)"', text, re.MULTILINE)
            revisions[found[1]] = before[1] if before else ""
    return revisions
