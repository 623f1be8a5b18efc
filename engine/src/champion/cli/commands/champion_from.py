"""Let the model of another commit stand in for the champion where no registry remembers one: in CI without a server."""

import platform
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import click
import yaml

from champion.core import flow, words
from champion.core.documents.evaluation import ChampionIdentity, ChampionRef, Evaluation
from champion.core.documents.model import REFIT, ModelCard
from champion.core.errors import ChampionUnknown, PipelineError, Refusal
from champion.core.problem import Problem, load
from champion.evaluate import verdicts
from champion.lineage import checkout, git, identity, project_copy
from champion.registry import beginning, mlflow_uri
from champion.report import mlflow_fields

NOBODY, VERSIONS = "nobody", "versions"
MOST = 10  # commits to go back while their pipeline does not run


def champion_from(problem: Problem, commit: str, say: Callable[[str], None]) -> None:
    """Rebuild the model of a commit, or of the nearest one before that has one; baseline takes it for champion.

    `nobody` says that the registry has none on purpose, where this project remembers one. `versions` rebuilds a ledger that
    is gone from the registered versions.

    Its data comes from DVC's cache or remote, or from the delivery in that commit, its packages from its lock. A commit
    id that this clone does not have (none before a branch's first push, gone after a forced one) stands for HEAD's parent.

    Raises:
        ChampionUnknown: if a commit's model cannot be had, which is not the same as that there is none.
        PipelineError: if there is no such commit, or a registry that remembers a champion.
    """
    folder = flow.path("baseline", "stand-in")
    if commit in (NOBODY, VERSIONS):
        say(f"champion-from: {_from_versions(problem) if commit == VERSIONS else _from_nobody(problem, folder)}")
        return
    database = mlflow_uri.database()
    if database is None:
        uri = mlflow_uri.shown(mlflow_uri.tracking_uri())
        say(f"champion-from: the champion is in {uri}; nothing is rebuilt")
        return
    known = git.has(commit)
    if not known and not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise PipelineError(f"{commit!r} is no commit of this clone. `git fetch --all` brings those of the remote.")
    if database.exists():
        raise PipelineError(
            f"{database} exists, and its champion counts. Move it away to compare with a commit's model."
        )
    if not known:
        say(f"champion-from: this clone has no commit {commit[:12]}; the one before HEAD is taken")
        commit = "HEAD^"
    shutil.rmtree(folder, ignore_errors=True)
    built: dict[bytes, Path] = {}
    with ExitStack() as copies:
        for each in _own_ancestors(commit, say):
            try:
                _rebuild(each, folder, built, copies, say)
            except Refusal as error:
                say(f"champion-from: commit {each[:12]} gives no champion: {error}")
            except (PipelineError, OSError) as error:
                _cannot_be_told(each, error, folder)
            else:
                say(f"champion-from: champion is the model of commit {each[:12]}")
                return
    say(f"champion-from: {commit[:12]} and those before give no champion; the candidate faces the naive model only")


def _own_ancestors(commit: str, say: Callable[[str], None]) -> Iterator[str]:
    """Return a commit and those before it, down to where `pipeline new` began: the template solves another problem."""
    for each in git.ancestors(commit, MOST):
        if beginning.is_of_template(each):
            say(f"champion-from: commit {each[:12]} is the template's, from before this project began")
            return
        yield each


def _from_nobody(problem: Problem, folder: Path) -> str:
    anew = beginning.begin(folder, problem.name)
    return f"{verdicts.anew(anew)}; the next `dvc repro` may promote its first champion"


def _from_versions(problem: Problem) -> str:
    """Rebuild a ledger that is gone; return what it says now."""
    from champion.registry import ledger, registry, tracking  # noqa: PLC0415  # costs seconds

    with tracking.explained():
        known = registry.Registry(problem.name)
        moves = ledger.rebuild(known.client, problem.name, known.alias(), identity.who())
        known.follow_ledger()
    return (
        f"the ledger was rebuilt from {words.plural(len(known.versions()), 'version')}: champion is "
        f"v{moves[-1].after}. Rollbacks of before are not known; `pipeline history` marks what was rebuilt."
    )


def _rebuild(
    commit: str, folder: Path, built: dict[bytes, Path], copies: ExitStack, say: Callable[[str], None]
) -> None:
    """Keep the model of a commit.

    Raises:
        Refusal: if that commit has none: no pipeline, one that does not run, or a verdict against it.
        PipelineError: if its files or packages cannot be had, or it ends without a word: whether it has one is not known.
    """
    if not git.holds(commit, identity.CODE, "dvc.yaml"):
        raise Refusal("it has no pipeline")
    copy, _ = copies.enter_context(project_copy.at(commit))  # kept: other commits may run in its environment
    _equip(copy, commit, built, say)
    copy.check_code()
    try:
        copy.run("evaluate")
        _keep(copy, commit, folder)
    except PipelineError as error:
        if isinstance(error, Refusal) or not copy.has_answered():
            raise
        raise Refusal(str(error)) from None


def _cannot_be_told(commit: str, error: Exception, folder: Path) -> NoReturn:
    """Leave word for the gate, which does not open then, and stop."""
    why = (
        f"the model of commit {commit[:12]} could not be had: {error}\n  Repair that and run `pipeline champion-from` again, "
        "or name a commit whose model can be had."
    )
    ChampionIdentity(unknown=why).write(folder / "identity.json")
    raise ChampionUnknown(why)


def _equip(copy: project_copy.ProjectCopy, commit: str, built: dict[bytes, Path], say: Callable[[str], None]) -> None:
    """Take the packages of the copy's lock, whose environment is built once."""
    lock = (copy.folder / identity.ENVIRONMENT).read_bytes()
    if lock != Path(identity.ENVIRONMENT).read_bytes():
        if lock not in built:
            say(f"champion-from: commit {commit[:12]} has other packages; its environment is being built")
            copy.build(f"commit {commit[:12]}")
            built[lock] = copy.programs
        copy.programs = built[lock]


def _keep(copy: project_copy.ProjectCopy, commit: str, folder: Path) -> None:
    """Take the model and what was found of it, whole or not at all."""
    evaluated, card = copy.path("evaluate", "evaluation"), copy.path("train", "card")
    evaluation = Evaluation.read(evaluated / "evaluation.json")
    if evaluation.decision != "promote":
        raise Refusal(f"its verdict is {evaluation.outcome}: {verdicts.reasons(evaluation)}")
    sections = yaml.safe_load((copy.folder / identity.CONFIG).read_text())
    params = mlflow_fields.params(sections, ModelCard.read(card), platform.python_version())
    rebuilt = ChampionIdentity(
        champion=ChampionRef(name=commit[:7], made_from=f"It is the model of commit {commit[:12]}."),
        params={name: str(value) for name, value in params.items()},
        metrics=evaluation.metrics,
        holdout=evaluation.holdout,
    )
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    rebuilt.write(unfinished / "identity.json")
    for path in (copy.path("train", "model"), card, evaluated / "predictions.csv", copy.folder / identity.ENVIRONMENT):
        shutil.copy2(path, unfinished)
    if ModelCard.read(card).refit_sha256:
        shutil.copytree(copy.path("train", "refit"), unfinished / REFIT)
    (unfinished / identity.PACKED).write_bytes(checkout.pack(*identity.RUNNABLE, commit=commit))
    unfinished.rename(folder)


@click.command()
@click.argument("commit")
def command(commit: str) -> None:
    """Let the model of COMMIT be champion where no registry remembers one: to compare with, without a server.

    COMMIT may be `nobody`: a registry begins anew on purpose, though this project had a champion before. It may be
    `versions`: a ledger that somebody deleted for good is rebuilt from the registered versions and the alias.
    """
    problem = load()
    champion_from(problem, commit, click.echo)
