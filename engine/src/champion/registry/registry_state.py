"""The one door to what the registry last said, so that MLflow, which costs seconds, is not loaded when nothing changed."""

from pathlib import Path

from champion.core import files
from champion.core.documents.evaluation import ChampionIdentity
from champion.core.documents.registry import Known, Question, RegistryState
from champion.core.errors import PipelineError
from champion.registry import migration, mlflow_uri


def recall(path: Path, question: Question, champion: Path) -> RegistryState | None:
    """Return the last answer if the same was asked of the same embedded database, and its files are still those."""
    database = mlflow_uri.database()
    if not (path.exists() and champion.exists() and database and database.exists()):
        return None
    try:
        last = RegistryState.read(path)
    except PipelineError:  # spoilt: the registry is asked again
        return None
    if last.question != question or not is_current(last) or last.files != _digests(champion):
        return None
    if migration.state(database) != "current":  # the same file, and another MLflow since
        return None
    faced = ChampionIdentity.read(champion / "identity.json")
    return None if faced.obstacle or faced.unknown else last  # what was out of reach may be back


def save(path: Path, question: Question, known: Known, champion: Path) -> None:
    """Keep an answer, with the files of the champion that belong to it."""
    RegistryState(question=question, known=known, files=_digests(champion)).write(path)


def renew(path: Path, last: RegistryState, known: Known) -> None:
    """Keep a newer answer to the same question."""
    last.model_copy(update={"known": known}).write(path)


def is_current(state: RegistryState) -> bool:
    """Tell whether the embedded database is as it was then; always False for a server, which can change unseen."""
    return state.known.database is not None and state.known.database == mlflow_uri.fingerprint()


def is_settled(path: Path) -> bool:
    """Tell whether the candidate is champion already, and the alias says so."""
    return path.exists() and RegistryState.read(path).is_settled


def known(path: Path) -> Known:
    """Return what the registry last said; one that was not asked knows nothing."""
    return RegistryState.read(path).known if path.exists() else Known()


def _digests(folder: Path) -> dict[str, str]:
    there = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): files.sha256(path) for path in there}
