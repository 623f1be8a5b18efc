"""What is set up, and which protections are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from champion.core import words
from champion.core.errors import ATTENTION, FINE, PipelineError
from champion.lineage import dvc, git, identity, remote
from champion.registry import mlflow_uri

if TYPE_CHECKING:
    from requests import PreparedRequest

Finding = tuple[bool, str, str]  # in order, what, and what to do


def doctor() -> tuple[bool, str]:
    """Return whether all is in order, and a line per finding."""
    groups = {"the clone": _clone, "storage": _storage, "the registry": _registry, "CI": _gates}
    findings = [finding for subject, group in groups.items() for finding in _found(subject, group)]
    lines = [
        f"{'ok' if fine else 'MISSING':8} {what}{'' if fine or not todo else f': {todo}'}"
        for fine, what, todo in findings
    ]
    return all(fine for fine, _, _ in findings), "\n".join(lines)


def _found(subject: str, group: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a group finds, and where it cannot go on, why."""
    try:
        yield from group()
    except PipelineError as error:
        yield False, f"an answer about {subject}", str(error)


def _clone() -> Iterator[Finding]:
    yield (
        not git.is_shallow(),
        "full clone, so versions have numbers",
        "`git fetch --unshallow`; in CI `fetch-depth: 0`",
    )
    changed = git.uncommitted(*identity.TRACKED, identity.LOCK)
    yield not changed, "everything is committed", f"commit {', '.join(changed)}"
    locked = Path(identity.ENVIRONMENT)
    fixed = locked.exists() and "--hash=sha256:" in locked.read_text()
    yield fixed, f"{identity.ENVIRONMENT} pins every package with its hash", "`make lock`"


def _storage() -> Iterator[Finding]:
    yield bool(dvc.remotes()), "DVC remote: data outlives this machine", "`dvc remote add --default store URL`"
    if dvc.remotes():
        verifies = f"`dvc remote modify {remote.name()} verify true`: else other bytes under the right name are taken"
        yield remote.verifies(), "DVC verifies what it fetches", verifies
        waiting = remote.not_pushed()
        yield not waiting, "everything is pushed", f"`dvc push`, {words.plural(len(waiting), 'file')}"
        lost = [] if waiting else remote.lost()
        todo = f"{'; '.join(lost[:3])}. Delete the list of its folder there as well (it ends in .dir), then `dvc push` where it is"
        yield not lost, f"the remote has all that {identity.LOCK} names", todo


def _registry() -> Iterator[Finding]:
    shared = mlflow_uri.is_shared()
    yield shared, "MLflow server: the team has one champion", "set MLFLOW_TRACKING_URI, see docs/team.md"
    if shared:
        uri = mlflow_uri.tracking_uri()
        answers = _answers()
        yield answers, "MLflow answers", "start it, or mend the address, or name and password"
        if answers and uri.startswith("http"):
            yield _guarded(uri)
            yield uri.startswith("https:"), "MLflow is reached encrypted", f"{mlflow_uri.shown(uri)} is not https"


def _guarded(uri: str) -> Finding:
    """Ask the registry without a name, as nobody in particular would."""
    import requests  # noqa: PLC0415  # MLflow's

    what, asked = (
        "MLflow asks who is there",
        f"{mlflow_uri.shown(uri).rstrip('/')}/api/2.0/mlflow/registered-models/search",
    )
    trusted = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() not in ("true", "1")  # as MLflow reads them
    verify = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or trusted
    try:
        answer = requests.get(
            asked, params={"max_results": "1"}, auth=_nobody, timeout=10, allow_redirects=False, verify=verify
        )
    except requests.RequestException as error:
        return False, what, f"cannot be told: {type(error).__name__}"
    if answer.ok and not answer.is_redirect:
        return False, what, "anybody who reaches it may read, and if writing is as open, promote: see docs/team.md"
    refused = answer.is_redirect or answer.status_code in (401, 403)
    return refused, what, f"cannot be told: it answers {answer.status_code}"


def _nobody(request: PreparedRequest) -> PreparedRequest:
    """Sign a request with nothing: else requests would look for a name in .netrc."""
    return request


def _answers() -> bool:
    from champion.registry import tracking  # noqa: PLC0415  # costs seconds

    try:
        with tracking.explained():
            tracking.connect().search_experiments(max_results=1)
    except PipelineError:
        return False
    return True


def _runs_in_ci() -> bool:
    """Tell whether a workflow is where GitHub or GitLab read them, the top of the repository, and runs this folder."""
    top, inside = Path(git.answer("rev-parse", "--show-toplevel")), git.prefix().rstrip("/")
    workflows = [*top.glob(".github/workflows/ci.y*ml"), *top.glob(".gitlab-ci.yml")]
    return any(inside in workflow.read_text(encoding="utf-8") for workflow in workflows)


def _gates() -> Iterator[Finding]:
    """Ask GitHub, if its command line tool is here and knows the repository."""
    yield _runs_in_ci(), "CI gates promotion", "restore .github/workflows; of a subfolder, docs/team.md says how"
    if shutil.which("gh") is None:
        yield False, "environment `production` with reviewers", "cannot be asked without the command line tool gh"
        return
    asked = ["gh", "api", "repos/{owner}/{repo}/environments/production", "--jq", ".protection_rules[].type"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    rules = done.stdout.split()
    yield "required_reviewers" in rules, "environment `production` has reviewers", "docs/team.md says how"
    yield "branch_policy" in rules, "environment `production` takes the main branch only", "docs/team.md says how"


@click.command()
def command() -> int:
    """Say what is set up and which protections are missing. Exit 2 if any is."""
    fine, listed = doctor()
    click.echo(listed)
    return FINE if fine else ATTENTION
