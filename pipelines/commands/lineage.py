"""Say what a version was made of, and how to get each part of it back."""

import tempfile
from pathlib import Path
from typing import Any

from pipelines.errors import Refusal
from pipelines.judge import words
from pipelines.problem.names import NAME
from pipelines.record import flow, origins, registry, tracking
from pipelines.record import lineage as history


def lineage(wanted: str | None) -> dict[str, Any]:
    """Return the facts of a version or run, by default the champion, with the numbers that its parts have now."""
    with tracking.explained(), tempfile.TemporaryDirectory() as folder:
        book = registry.Registry(NAME)
        wanted = wanted or book.head()
        if wanted is None:
            raise Refusal("there is no champion yet. Run `dvc repro`.")
        origin = origins.find(book, wanted, Path(folder))
        facts = origin.facts
    return {
        "model": origin.name,
        "sentence": f"Model {origin.name} {words.made_from(facts)}",
        **facts,
        "get_back": _get_back(origin, facts),
        "run_url": origin.url,
    }


def text(facts: dict[str, Any]) -> str:
    """Return the facts as a page for the terminal."""
    lines = [facts["sentence"], ""]
    for part, said in words.origin(facts).items():
        lines.append(f"{part:12} {said}")
        if part in facts["get_back"]:
            lines.append(f"{'':12} {facts['get_back'][part]}")
    scores = ", ".join(f"{name} {words.figure(value)}" for name, value in facts["metrics"]["candidate"].items())
    lines += [
        f"{'metrics':12} {scores}",
        f"{'verdict':12} {facts['verdict']}: {'; '.join(facts['reasons'])}",
        f"{'replaced' if facts['model'].startswith('v') else 'faced':12} {facts['compared_with'] or 'nobody'}",
        f"{'run':12} {facts['run_url']}",
    ]
    return "\n".join(lines)


def _get_back(origin: origins.Origin, facts: dict[str, Any]) -> dict[str, str]:
    """Return the command that brings each part back; what no commit has comes from the run."""
    commit, run, place = origin.commit[:12], origin.run.info.run_id, origin.name.replace(" ", "-")

    def recorded(file: str) -> str:
        return f"mlflow artifacts download --run-id {run} --artifact-path inputs/{file} --dst-path {place}"

    def committed(file: str) -> str:
        return recorded(file) if file in facts["code"]["uncommitted"] else f"git show {commit}:{file}"

    known, table = history.commit_with(origin.inputs.data), flow.path_of("ingest", "1-ingest")
    diff = f" && {recorded('uncommitted.diff')} && git apply {place}/uncommitted.diff"
    return {
        "data": f"dvc get . {table} --rev {known[:12]} --out data-{facts['data']['version']}" if known
        else recorded(history.LOCK),
        "code": f"git checkout {commit}{diff if facts['code']['uncommitted'] else ''}",
        "config": committed(history.CONFIG),
        "environment": committed(history.ENVIRONMENT),
    }  # fmt: skip
