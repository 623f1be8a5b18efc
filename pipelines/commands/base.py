"""Make the model of another commit champion, where no registry remembers one: in CI without a server."""

import re
from collections.abc import Callable
from pathlib import Path

from pipelines.errors import PipelineError
from pipelines.record import files, git, lineage, location, replica

MOST = 10  # commits to go back while their pipeline does not run


def base(commit: str, say: Callable[[str], None]) -> None:
    """Rebuild the model of a commit, or of the nearest one before whose pipeline runs, in the empty embedded registry.

    Its data comes from DVC's cache or remote, or from the delivery in that commit, its packages from its lock. A commit
    id that this clone does not have (none before a branch's first push, gone after a forced one) stands for HEAD's parent.
    """
    database = location.database()
    if database is None:
        say(f"base: the champion is in {location.shown(location.tracking_uri())}; nothing is rebuilt")
        return
    if database.exists():
        raise PipelineError(f"{database} exists, and remembers a champion. Remove it to begin with that of a commit.")
    if not git.has(commit):
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise PipelineError(f"{commit!r} is no commit of this clone. `git fetch --all` brings those of the remote.")
        say(f"base: this clone has no commit {commit[:12]}; the one before HEAD is taken")
        commit = "HEAD^"
    for each in git.ancestors(commit, MOST):
        if not (obstacle := _crowned(each, say)):
            say(f"base: champion is the model of commit {each[:12]}")
            return
        database.unlink(missing_ok=True)
        say(f"base: commit {each[:12]} gives no champion: {obstacle}")
    say(f"base: {commit[:12]} and those before give no champion; the candidate faces the naive model only")


def _crowned(commit: str, say: Callable[[str], None]) -> str:
    """Run a commit's pipeline; return why its model did not become champion, empty if it did."""
    try:
        with replica.at(commit) as (copy, _):
            if (copy.folder / lineage.ENVIRONMENT).read_bytes() != Path(lineage.ENVIRONMENT).read_bytes():
                say(f"base: commit {commit[:12]} has other packages; its environment is being built")
                copy.build(f"commit {commit[:12]}")
            if failed := copy.run_all(location.tracking_uri()):
                return failed
            made = files.read_json(copy.path("promote", "decision.json"))
    except (PipelineError, OSError, KeyError) as error:  # a commit from before this pipeline
        return str(error)
    return "" if made["action"] == "promoted" else "its model does not meet the floors"
