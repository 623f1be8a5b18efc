"""Say what changed between two candidates, and what each change did."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import click

from pipelines.dials import Evaluate
from pipelines.entry import load_params
from pipelines.errors import PipelineError, Refusal
from pipelines.judge import reading
from pipelines.problem.names import NAME
from pipelines.record import files, git, lineage, origins, registry, tracking


def why(given: tuple[str, ...]) -> dict[str, Any]:
    """Compare two versions or runs, by default the champion and the one before or the rejected candidate.

    The answer is kept in reports/ and at the newer one's run; the same question is answered from there.
    """
    rules = load_params().evaluate
    with tracking.explained(), tempfile.TemporaryDirectory() as folder:
        book = registry.Registry(NAME)
        here = _here(book)
        pair = given or _default_pair(book, here)
        old, new = (origins.find(book, wanted, Path(folder) / str(place)) for place, wanted in enumerate(pair))
        exam = _exam(book, here, old, new, Path(folder) / "exam")
        kept = [files.REPORTS / f"why-{old.slug}-{new.slug}.{kind}" for kind in ("json", "html", "png")]
        question = _question(old, new, exam, rules)
        answer = _known(kept, question) or _measured(kept, question, old, new, exam, rules)
    if new.tags.get("why") != answer["sentence"]:
        try:
            with tracking.explained():
                book.attach(new.run, new.version, "why", kept, answer["sentence"])
        except PipelineError as error:  # who may only read gets the answer all the same
            click.echo(f"not kept at the run of {new.name}: {error}", err=True)
    return answer


def _known(kept: list[Path], question: str) -> dict[str, Any] | None:
    """Return the answer of before, if it is whole and was to the same question."""
    if not all(path.exists() for path in kept):
        return None
    answer: dict[str, Any] = files.read_json(kept[0])
    return answer if answer["question"] == question else None


def _measured(
    kept: list[Path], question: str, old: origins.Origin, new: origins.Origin, exam: origins.Origin, rules: Evaluate
) -> dict[str, Any]:
    from pipelines.commands import difference  # noqa: PLC0415  # costs seconds, and the answer may be known
    from pipelines.judge import pictures  # noqa: PLC0415

    answer = {"question": question, **difference.measured(old, new, exam, rules)}
    text, page, picture = kept
    with files.replacing(picture) as path:
        pictures.waterfall(answer).savefig(path, dpi=110, format="png", metadata={"Software": None})
    files.write_bytes(page, reading.page(answer, picture.read_bytes()).encode())
    files.write_json(text, answer)
    return dict(files.read_json(text))


def _here(book: registry.Registry) -> Any:
    """Return the run of the working tree's candidate, None if none is on record."""
    try:
        candidate = lineage.inputs().candidate
    except PipelineError:  # no or a spoilt dvc.lock: there is none
        return None
    return book.run_of(candidate)


def _default_pair(book: registry.Registry, here: Any) -> tuple[str, str]:
    """Return the champion and the candidate that was refused, or else the two ends of the last move."""
    moves = book.ledger.moves()
    if not moves:
        raise Refusal("there is no champion yet, so there is nothing to compare. Run `dvc repro`.")
    champion = moves[-1].after
    if here is not None and here.data.tags.get("verdict") in ("reject", "hold"):
        known = (str(version.version) for version in reversed(book.versions_of(here.data.tags["candidate"])))
        left = next((number for number in known if number != champion), None)  # it was champion once
        return champion, left or here.info.run_id
    before = moves[-1].before
    if before is None:
        raise Refusal(f"v{champion} is the only champion so far: there is nothing to compare it with.")
    first, second = sorted((champion, before), key=int)
    return first, second


def _exam(book: registry.Registry, here: Any, old: origins.Origin, new: origins.Origin, folder: Path) -> origins.Origin:
    """Return whose table reaches furthest; of several the working tree's, where a spoilt delivery may be mended by now."""
    known = [new, old]
    if here is not None and here.info.run_id not in (old.run.info.run_id, new.run.info.run_id):
        known.insert(0, origins.find(book, here.info.run_id, folder))
    return max(known, key=lambda origin: (origin.facts["data"]["window"] or ["", ""])[1])


def _question(old: origins.Origin, new: origins.Origin, exam: origins.Origin, rules: Evaluate) -> str:
    asked = [
        old.inputs.candidate,
        new.inputs.candidate,
        exam.inputs.data,
        rules.model_dump_json(),
        git.tree(lineage.CODE),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
