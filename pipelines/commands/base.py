"""Make the model of another commit champion, where no registry remembers one: in CI without a server."""

from collections.abc import Callable

from pipelines.errors import PipelineError
from pipelines.record import files, git, location, replica

MOST = 10  # commits to go back while their pipeline does not run


def base(commit: str, say: Callable[[str], None]) -> None:
    """Rebuild the model of a commit, or of the nearest one before whose pipeline runs, in the empty embedded registry.

    Its data comes from DVC's cache or remote, or from the delivery in that commit.
    """
    database = location.database()
    if database is None:
        say(f"base: the champion is in {location.shown(location.tracking_uri())}; nothing is rebuilt")
        return
    if database.exists():
        raise PipelineError(f"{database} exists, and remembers a champion. Remove it to begin with that of a commit.")
    for each in git.ancestors(commit, MOST):
        with replica.at(each) as (copy, _):
            failed = copy.run_all(location.tracking_uri())
            made = {} if failed else files.read_json(copy.path("promote", "decision.json"))
        if made.get("action") == "promoted":
            say(f"base: champion is the model of commit {each[:12]}")
            return
        database.unlink(missing_ok=True)
        say(f"base: commit {each[:12]} gives no champion: {failed or 'its model does not meet the floors'}")
    say(
        f"base: {commit[:12] or 'no commit'} and those before give no champion; the candidate faces the naive model only"
    )
