"""Let the model of another commit be the opponent, where no registry remembers a champion: in CI without a server."""

import platform
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import yaml

from pipelines.errors import PipelineError
from pipelines.judge import facts
from pipelines.record import files, flow, git, lineage, location, replica

MOST = 10  # commits to go back while their pipeline does not run


def base(commit: str, say: Callable[[str], None]) -> None:
    """Rebuild the model of a commit, or of the nearest one before whose pipeline runs; baseline takes it for champion.

    Its data comes from DVC's cache or remote, or from the delivery in that commit, its packages from its lock. A commit
    id that this clone does not have (none before a branch's first push, gone after a forced one) stands for HEAD's parent.
    """
    database = location.database()
    if database is None:
        say(f"base: the champion is in {location.shown(location.tracking_uri())}; nothing is rebuilt")
        return
    known = git.has(commit)
    if not known and not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise PipelineError(f"{commit!r} is no commit of this clone. `git fetch --all` brings those of the remote.")
    if database.exists():
        raise PipelineError(
            f"{database} exists, and its champion counts. Move it away to compare with a commit's model."
        )
    if not known:
        say(f"base: this clone has no commit {commit[:12]}; the one before HEAD is taken")
        commit = "HEAD^"
    folder = flow.path_of("baseline", "base")
    shutil.rmtree(folder, ignore_errors=True)
    built: dict[bytes, Path] = {}
    with ExitStack() as copies:
        for each in git.ancestors(commit, MOST):
            try:
                copy, _ = copies.enter_context(replica.at(each))  # kept: other commits may run in its environment
                _run(copy, each, built, say)
                _keep(copy, each, folder)
            except (PipelineError, OSError, KeyError) as error:  # the last two: a commit from before this pipeline
                say(f"base: commit {each[:12]} gives no champion: {error}")
            else:
                say(f"base: champion is the model of commit {each[:12]}")
                return
    say(f"base: {commit[:12]} and those before give no champion; the candidate faces the naive model only")


def _run(copy: replica.Replica, commit: str, built: dict[bytes, Path], say: Callable[[str], None]) -> None:
    """Train and evaluate with the packages of the copy's lock, whose environment is built once."""
    lock = (copy.folder / lineage.ENVIRONMENT).read_bytes()
    if lock != Path(lineage.ENVIRONMENT).read_bytes():
        if lock not in built:
            say(f"base: commit {commit[:12]} has other packages; its environment is being built")
            copy.build(f"commit {commit[:12]}")
            built[lock] = copy.programs
        copy.programs = built[lock]
    copy.run("evaluate")


def _keep(copy: replica.Replica, commit: str, folder: Path) -> None:
    """Take the model and what was found of it, whole or not at all."""
    evaluated, card = copy.path("evaluate", "6-evaluate"), copy.path("train", "card.json")
    found = files.read_json(evaluated / "evaluation.json")
    if found["decision"] != "promote":
        raise PipelineError(f"its verdict is {found['decision']}: {'; '.join(found['reasons'])}")
    params = facts.params(
        yaml.safe_load((copy.folder / lineage.CONFIG).read_text()), files.read_json(card), platform.python_version()
    )
    identity = {
        "champion": {"name": commit[:7], "version": None, "lineage": f"It is the model of commit {commit[:12]}."},
        "facts": {name: found[name] for name in ("metrics", "holdout")},
        "params": {name: str(value) for name, value in params.items()},
    }
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    files.write_json(unfinished / "identity.json", identity)
    for path in (copy.path("train", "model.skops"), card, evaluated / "predictions.csv"):
        shutil.copy2(path, unfinished)
    unfinished.rename(folder)
