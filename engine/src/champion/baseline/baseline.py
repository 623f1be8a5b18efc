"""Turn the moving champion into files, or say that there is none yet. Reads the registry, never writes it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from champion.core import files
from champion.core.documents.evaluation import ChampionIdentity, ChampionRef
from champion.core.documents.model import CARD, MODEL, REFIT
from champion.core.documents.registry import Known, Question
from champion.core.errors import ChampionUnknown, ChampionUnusable
from champion.core.problem import Problem
from champion.core.records import Divided, Opponent, Trained
from champion.lineage import identity, recipe
from champion.registry import beginning, mlflow_uri, registry_state, tags

if TYPE_CHECKING:
    from champion.registry.entities import Version
    from champion.registry.registry import Registry


def fetch(problem: Problem, divided: Divided, trained: Trained, last: Opponent) -> Opponent:
    """Fetch the champion's files, and what the registry already knows of this candidate.

    Where no registry remembers one, the model that `pipeline champion-from` rebuilt takes its place. Once the candidate
    is champion itself, it stays compared with the one it replaced: nothing is judged again.

    Raises:
        RegistryUnavailable: if the registry cannot be asked.
    """
    stand_in, champion, state = last.stand_in, last.champion, last.state
    beginning.forget_sample(stand_in, champion, state)
    question = Question(
        candidate=identity.current().candidate,
        model_sha256=files.sha256(trained.judged.file),
        holdout_sha256=divided.split.holdout_sha256,
    )
    if registry_state.recall(state, question, champion):
        print("baseline: the registry has not changed since the last look")
        return last
    state.unlink(missing_ok=True)  # what it says of the files below is about to change
    for name in (identity.ENVIRONMENT, identity.PACKED):  # not every champion has them, and another's would mislead
        (champion / name).unlink(missing_ok=True)
    faced, known = _asked(problem, question, stand_in, champion)
    if faced.champion is None and not known.is_champion:
        faced = _checked(problem, faced, stand_in, champion / "identity.json")
    if faced.champion:
        changes = recipe.changes(champion / identity.PACKED)
        faced = faced.model_copy(update={"changes": changes, "shadow_from": _shadow_from(problem) if changes else ""})
    faced.write(champion / "identity.json")
    registry_state.save(state, question, known, champion)
    name = f"champion {faced.champion.name}" if faced.champion else "nobody"
    itself = faced.champion and faced.champion.version == known.champion
    replaced = "and whom it replaced is gone" if itself else f"it replaced {name}"
    said = f"is champion, {replaced}" if known.is_champion else f"will face {name}"
    print(
        f"baseline: {f'it cannot be told who is champion: {faced.unknown}' if faced.unknown else f'the candidate {said}'}"
    )
    return last


def _asked(problem: Problem, question: Question, stand_in: Path, champion: Path) -> tuple[ChampionIdentity, Known]:
    """Ask the registry, or where there is none the model that stands in."""
    if mlflow_uri.missing():  # MLflow is not loaded to learn that there is nothing
        return _stand_in(stand_in, champion), Known()
    from champion.registry import registry, tracking  # noqa: PLC0415  # costs seconds

    with tracking.explained():
        recorded = registry.Registry(problem.name, migrate=True)
        try:
            known = recorded.known(question.candidate, question.model_sha256)
            return _registered(recorded, known, question, champion), known
        except ChampionUnknown as error:
            return ChampionIdentity(unknown=str(error)), Known()


def _shadow_from(problem: Problem) -> str:
    """Return the day up to which data was taken when this recipe was first recorded: today's, if it is new."""
    today = recipe.as_of()
    if not today or mlflow_uri.missing():
        return today
    from champion.registry import registry, tracking  # noqa: PLC0415  # costs seconds

    with tracking.explained():
        runs = registry.Registry(problem.name).runs(*tags.equal("recipe", recipe.digest()))
    return min([today, *(run.params["ingest.as_of"] for run in runs if run.is_whole)])


def _checked(problem: Problem, faced: ChampionIdentity, stand_in: Path, last: Path) -> ChampionIdentity:
    """Believe that there is no champion only if no record of this project knows one, or somebody said that it is so."""
    if anew := beginning.said(stand_in, problem.name):
        return ChampionIdentity(anew=anew)
    if faced.unknown:
        return faced
    if remembered := beginning.remembered():
        return ChampionIdentity(unknown=f"{remembered} {beginning.WAYS_OUT}")
    return ChampionIdentity(unknown=ChampionIdentity.read(last).unknown) if last.exists() else faced


def _stand_in(folder: Path, champion: Path) -> ChampionIdentity:
    """Return whom `pipeline champion-from` made champion, and take that model; nobody if it did not run."""
    if not folder.exists():
        return ChampionIdentity()
    faced = ChampionIdentity.read(folder / "identity.json")
    shutil.rmtree(champion / REFIT, ignore_errors=True)
    if faced.champion:
        files_of = (MODEL, CARD, f"{REFIT}/{MODEL}", f"{REFIT}/{CARD}", identity.ENVIRONMENT, identity.PACKED)
        for name in (each for each in files_of if (folder / each).exists()):
            files.write_bytes(champion / name, (folder / name).read_bytes())
    return faced


def _registered(registry: Registry, known: Known, question: Question, folder: Path) -> ChampionIdentity:
    """Return whom the candidate has to beat, and download that model."""
    numbers = [known.champion]
    if known.is_champion:  # it stays compared with the one that it replaced; if that is lost, it is itself
        itself = registry.version(known.champion)
        numbers = [itself.tags["compared_with"] or None if itself else None, known.champion]
    for number in numbers:
        version = registry.version(number)
        obstacle = _obstacle(registry, number, version, folder)
        if not obstacle:
            break
    runs = registry.runs_of(question.candidate)
    compared = {question.model_sha256} | ({version.model_sha256} if version else set())
    return ChampionIdentity(
        champion=_ref(number, version),
        obstacle=obstacle,
        rolled_back=registry.rolled_back(question.candidate, question.model_sha256),
        former="" if known.is_champion else _former(registry.versions(), question),
        tries=registry.tries(question.holdout_sha256, compared, runs[-1].started if runs else None),
        params=registry.params_of(number),
    )


def _former(versions: list[Version], question: Question) -> str:
    """Return the number of the newest version that has the candidate's bytes; empty if none has."""
    numbers = [version.number for version in versions if version.model_sha256 == question.model_sha256]
    return numbers[-1] if numbers else ""


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


def _obstacle(registry: Registry, number: str | None, version: Version | None, folder: Path) -> str:
    """Download a champion; return why it cannot be used, empty if it can or there is none."""
    if version is None:
        return registry.obstacle(number) if number else ""
    try:
        registry.fetch(version, folder)
    except ChampionUnusable as error:
        return str(error)
    return ""
