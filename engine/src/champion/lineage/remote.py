"""What DVC's remote has, beyond what DVC tells: it takes a folder for whole as soon as the folder's list is there."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from champion.core.errors import PipelineError, to_install
from champion.lineage import dvc, git
from champion.lineage.identity import LOCK, mapping

REMEDIES = {
    "credentials|connection_string": "set those that it needs, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "forbidden|denied|accesskeyid|signature|unauthorized|permission": "use an account that may read it",
    "bucket does not exist|nosuchbucket|not found": "make it, or correct `dvc remote modify {name} url`",
    "not supported|to be installed": to_install("its package"),
}


def name() -> str:
    """Return the name of the remote that DVC uses by default."""
    first = next((key.split(".")[1] for key in dvc.settings() if key.startswith("remote.")), "")
    return dvc.settings().get("core.remote", first)


def url() -> str:
    """Return its address."""
    return dvc.settings().get(f"remote.{name()}.url", "")


def verifies() -> bool:
    """Tell whether DVC computes the digest of what it fetches, so that other bytes under the right name are refused."""
    return dvc.settings().get(f"remote.{name()}.verify", "").lower() == "true"


def not_pushed() -> list[str]:
    """Return the files of dvc.lock that are here and not in the remote.

    Raises:
        PipelineError: if the remote does not answer, or refuses.
    """
    done = subprocess.run(["dvc", "status", "--cloud", "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(_refused(done.stderr))
    states: Mapping[str, str] = json.loads(done.stdout.strip().rpartition("\n")[2] or "{}")
    return sorted(path for path, state in states.items() if state == "new")


def lost() -> list[str]:
    """Return the files that dvc.lock names and the remote lacks, each with what it is called there.

    Asked apart from `not_pushed`, since DVC does not look inside of a folder whose list is in the remote.
    """
    from dvc.repo import Repo  # noqa: PLC0415  # a second

    named = dict(_named(Path(dvc.settings()["cache.dir"]) / "files/md5"))
    remote = Repo().cloud.get_remote_odb()
    there = set(remote.oids_exist(list(named)))
    return [f"{path} ({remote.oid_to_path(oid)})" for oid, path in sorted(named.items()) if oid not in there]


def _named(cache: Path) -> Iterator[tuple[str, str]]:
    """Yield the digest and path of every file of dvc.lock, those in folders as far as their list is in the cache."""
    stages = mapping(Path(LOCK).read_bytes()).get("stages") if Path(LOCK).exists() else None
    for stage in (stages if isinstance(stages, dict) else {}).values():
        for out in stage.get("outs", ()):
            digest, path = str(out["md5"]), str(out["path"])
            if git.answer("ls-files", "--", path, otherwise=""):
                continue  # git has it
            yield digest, path
            listed = cache / digest[:2] / digest[2:]
            if digest.endswith(".dir") and listed.exists():
                yield from ((file["md5"], f"{path}/{file['relpath']}") for file in json.loads(listed.read_bytes()))


def _refused(said: str) -> str:
    """Say in a sentence what DVC said of a remote, and what to do."""
    error = next((line for line in said.splitlines() if line.startswith("ERROR")), said.strip())
    reason = error.removeprefix("ERROR: ").removeprefix("unexpected error - ").rstrip(".")
    remedies = (todo for pattern, todo in REMEDIES.items() if re.search(pattern, reason, re.IGNORECASE))
    todo = next(remedies, "is the address right, and the server up?").format(name=name())
    return f"the remote {name()} ({url()}) says: {reason}; {todo}"
