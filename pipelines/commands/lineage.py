"""Say what a version was made of, and how to get each part of it back."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.commands.history import text as told
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
        facts, number = origin.facts, str(origin.version.version) if origin.version else None
        moves = [move for move in book.ledger.moves() if number in (move.before, move.after)] if number else []
    return {
        "model": origin.name,
        "sentence": f"Model {origin.name} {words.made_from(facts)}",
        **facts,
        "moves": [asdict(move) for move in moves],
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
    lines += [f"{'moved':12} {line}" for line in told(facts["moves"]).splitlines()]
    return "\n".join(lines)


def _get_back(origin: origins.Origin, facts: dict[str, Any]) -> dict[str, str]:
    """Return the command that brings each part back: from the first commit that has it, else from its run."""
    then, known, table = origin.commit[:12], history.commits(origin.inputs), flow.path_of("ingest", "1-ingest")
    recorded = (
        f"mlflow artifacts download --run-id {origin.run.info.run_id} --dst-path {origin.slug} --artifact-path inputs"
    )
    code = then if not facts["code"]["uncommitted"] else (known["code"] or "")[:12]
    diff = f"git checkout {then} && {recorded}/uncommitted.diff && git apply {origin.slug}/uncommitted.diff"
    locked = f"{recorded}/{history.LOCK} && cp {origin.slug}/{history.LOCK} . && dvc checkout {table}"
    committed = f"dvc get . {table} --rev {(known['data'] or '')[:12]} --out data-{facts['data']['version']}"

    def file(part: str, name: str) -> str:
        return f"{recorded}/{name}" if facts[part]["uncommitted"] else f"git show {then}:{name}"

    return {
        "data": committed if known["data"] else locked,
        "code": f"git checkout {code}" if code else diff,
        "config": file("config", history.CONFIG),
        "environment": file("environment", history.ENVIRONMENT),
    }
