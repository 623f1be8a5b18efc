"""Say what a version was made of, and how to get each part of it back."""

import tempfile
from pathlib import Path

import click

from champion.cli.commands.history import text as listed
from champion.cli.commands.history import warn
from champion.core import flow, words
from champion.core.documents.answers import Lineage
from champion.core.problem import Problem, load
from champion.lineage import git, identity
from champion.registry import artifacts, beginning, mlflow_uri, recorded, registry, tracking
from champion.report import text as report


def lineage(problem: Problem, wanted: str | None) -> Lineage:
    """Return what a version or run, by default the champion, was made of, with the numbers that its parts have now.

    Raises:
        Refusal: if there is no such version or run, or no champion yet.
    """
    with tracking.explained(), tempfile.TemporaryDirectory() as folder:
        known = registry.Registry(problem.name)
        if wanted is None:
            wanted = known.champion()
            if wanted is None:
                raise beginning.no_champion()
            warn(known, wanted)
        candidate = recorded.find(known, wanted, Path(folder))
        number = candidate.version.number if candidate.version else None
        get_back = _get_back(problem, candidate)
        moves = [move for move in known.ledger().moves() if number in (move.before, move.after)] if number else []
    made_of = candidate.provenance
    return Lineage(
        **dict(made_of),
        model=candidate.name,
        promoted=number is not None,
        sentence=f"Model {candidate.name} {report.made_from(made_of)}",
        moves=moves,
        get_back=get_back,
        run_url=candidate.url,
        run_state=candidate.run.state,
    )


def text(answer: Lineage) -> str:
    """Return the answer as a page for the terminal."""
    lines = [answer.sentence, ""]
    for part, words_of_part in report.provenance(answer).items():
        lines.append(f"{part:12} {words_of_part}")
        if part in answer.get_back:
            lines.append(f"{'':12} {answer.get_back[part]}")
    scores = ", ".join(f"{name} {words.figure(value)}" for name, value in answer.metrics["candidate"].items())
    lines += [
        f"{'metrics':12} {scores}",
        f"{'verdict':12} {answer.verdict}: {'; '.join(reason.text for reason in answer.reasons)}",
        f"{'replaced' if answer.promoted else 'faced':12} {answer.compared_with or 'nobody'}",
        f"{'run':12} {_run(answer)}",
    ]
    lines += [f"{'moved':12} {line}" for line in listed(answer.moves).splitlines()]
    return "\n".join(lines)


def _run(answer: Lineage) -> str:
    """Say where its run is seen, or what became of it."""
    run_id = answer.run_url.rpartition("/")[2]
    told = {
        "deleted": f"{answer.run_url}; it was deleted: `mlflow runs restore --run-id {run_id}` brings it back",
        "gone": f"{run_id} was deleted for good; this is what {answer.model} keeps beside its model",
    }
    return told.get(answer.run_state, mlflow_uri.link(answer.run_url))


def _get_back(problem: Problem, candidate: recorded.RecordedCandidate) -> dict[str, str]:
    """Return the command that brings each part back: from a commit that has it, whatever it is called, else from its run."""
    made_of, (fetch, place), inside = candidate.provenance, _fetch(problem, candidate), git.prefix()
    then, known, table = candidate.commit[:12], identity.commits(candidate.identity), flow.path("ingest", "ingested")
    there = git.has(candidate.commit)  # a squashed branch takes its commits along
    code = then if there and not made_of.code.uncommitted else (known["code"] or "")[:12]
    packed = f"{fetch}/{identity.PACKED} && tar -xf {place}/{identity.PACKED} -C {place}"
    diff = f"git checkout {then} && {fetch}/uncommitted.diff && git apply {place}/uncommitted.diff"
    recorded_code = packed if (candidate.folder / identity.PACKED).exists() else diff  # old records have none
    locked = f"{fetch}/{identity.LOCK} && cp {place}/{identity.LOCK} . && dvc checkout {table}"
    committed = f"dvc get . {inside}{table} --rev {(known['data'] or '')[:12]} --out data-{made_of.data.version}"

    def file(uncommitted: list[str], name: str) -> str:
        return f"git show {then}:{inside}{name}" if there and not uncommitted else f"{fetch}/{name}"

    return {
        "data": committed if known["data"] else locked,
        "code": f"git checkout {code}" if code else recorded_code,
        "config": file(made_of.config.uncommitted, identity.CONFIG),
        "environment": file(made_of.environment.uncommitted, identity.ENVIRONMENT),
    }


def _fetch(problem: Problem, candidate: recorded.RecordedCandidate) -> tuple[str, str]:
    """Return the command that downloads its inputs, all but the file's name, and the folder in which MLflow puts them."""
    download, slug = f"mlflow artifacts download --dst-path {candidate.slug} --artifact-uri", candidate.slug
    if candidate.version is not None and candidate.run.state == "gone":  # a version's files keep their folders
        kept = f"{artifacts.RECORD}/inputs"
        return f"{download} models:/{problem.name}/{candidate.version.number}/{kept}", f"{slug}/{kept}"
    return f"{download} runs:/{candidate.run.id}/inputs", slug


@click.command()
@click.argument("version", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(version: str | None, as_json: bool) -> None:
    """Say what VERSION (by default the champion) was made of, and how to get each part back."""
    problem = load()
    answer = lineage(problem, version)
    click.echo(answer.model_dump_json(indent=2) if as_json else text(answer))
