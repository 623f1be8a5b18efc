"""Turn the moving champion into files, or say that there is none yet. Reads the registry, never writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import files
from pipelines.documents.data import Split
from pipelines.documents.evaluation import ChampionIdentity, ChampionRef
from pipelines.documents.registry import Known, Question
from pipelines.errors import ChampionUnusable
from pipelines.problem.names import NAME
from pipelines.record import identity, mlflow_uri, registry_state

if TYPE_CHECKING:
    from pipelines.record.entities import Version
    from pipelines.record.registry import Registry


def baseline(model: Path, split: Path, stand_in: Path, champion: Path, state: Path) -> None:
    """Write the champion's files, and what the registry already knows of this candidate.

    Where no registry remembers one, the model that `pipeline champion-from` put into `stand_in` takes its place. Once
    the candidate is champion itself, it stays compared with the one it replaced: nothing is judged again.

    Raises:
        RegistryUnavailable: if the registry cannot be asked.
    """
    question = Question(
        candidate=identity.current().candidate,
        model_sha256=files.sha256(model),
        holdout_sha256=Split.read(split).holdout_sha256,
    )
    if registry_state.recall(state, question, champion):
        print("baseline: the registry has not changed since the last look")
        return
    state.unlink(missing_ok=True)  # what it says of the files below is about to change
    if mlflow_uri.missing():  # MLflow is not loaded to learn that there is nothing
        faced, known = _stand_in(stand_in, champion), Known()
    else:
        from pipelines.record import registry, tracking  # noqa: PLC0415  # costs seconds

        with tracking.explained():
            recorded = registry.Registry(NAME)
            known = recorded.known(question.candidate, question.model_sha256)
            faced = _registered(recorded, known, question, champion)
    faced.write(champion / "identity.json")
    registry_state.save(state, question, known, champion)
    name = f"champion {faced.champion.name}" if faced.champion else "nobody"
    print(f"baseline: the candidate {'is champion, it replaced' if known.is_champion else 'will face'} {name}")


def _stand_in(folder: Path, champion: Path) -> ChampionIdentity:
    """Return whom `pipeline champion-from` made champion, and take that model; nobody if it did not run."""
    if not folder.exists():
        return ChampionIdentity()
    for name in ("model.skops", "card.json"):
        files.write_bytes(champion / name, (folder / name).read_bytes())
    return ChampionIdentity.read(folder / "identity.json")


def _registered(registry: Registry, known: Known, question: Question, folder: Path) -> ChampionIdentity:
    """Return whom the candidate has to beat, and download that model."""
    number = known.champion
    if known.is_champion:
        itself = registry.version(number)
        number = itself.tags["compared_with"] or None if itself else None
    version, runs = registry.version(number), registry.runs_of(question.candidate)
    compared = {question.model_sha256} | ({version.model_sha256} if version else set())
    obstacle = ""
    if version is not None:
        obstacle = _fetch(registry, version, folder)
    elif number is not None:
        obstacle = registry.obstacle(number)
    return ChampionIdentity(
        champion=_ref(number, version),
        obstacle=obstacle,
        rolled_back=registry.rolled_back(question.candidate, question.model_sha256),
        tries=registry.tries(question.holdout_sha256, compared, runs[-1].started if runs else None),
        params=registry.params_of(number),
    )


def _ref(number: str | None, version: Version | None) -> ChampionRef | None:
    if number is None:
        return None
    if version is None:  # it was deleted
        return ChampionRef(name=f"v{number}", version=number)
    return ChampionRef(
        name=version.name,
        version=number,
        candidate=version.tags["candidate"],
        model_sha256=version.model_sha256,
        made_from=version.tags["numbers"],
    )


def _fetch(registry: Registry, version: Version, folder: Path) -> str:
    """Download the champion; return why it cannot be used, empty if it can."""
    try:
        registry.fetch(version, folder)
    except ChampionUnusable as error:
        return str(error)
    return ""
