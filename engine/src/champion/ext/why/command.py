"""Say what changed between two candidates, and what each change did."""

import hashlib
import json
import tempfile
from pathlib import Path

import click

from champion.core import files, pictures
from champion.core.config import load_params
from champion.core.documents.answers import Why
from champion.core.errors import PipelineError, Refusal, RegistryUnavailable
from champion.core.params import Evaluate
from champion.core.problem import Problem, load
from champion.ext.why import page as words
from champion.lineage import git, identity
from champion.registry import beginning, recorded, registry, tracking
from champion.registry.entities import RecordedRun
from champion.registry.recorded import RecordedCandidate


def why(problem: Problem, given: tuple[str, ...]) -> Why:
    """Compare two versions or runs, by default the champion and the one before or the rejected candidate.

    The answer is kept in reports/ and at the newer one's run; the same question is answered from there.

    Raises:
        Refusal: if there are no two to compare, or no rows to compare them on.
        PipelineError: if some part of one is gone.
    """
    rules = load_params().evaluate
    with tracking.explained(), tempfile.TemporaryDirectory() as folder:
        known = registry.Registry(problem.name)
        here = _here(known)
        pair = given or _default_pair(known, here)
        old, new = (recorded.find(known, wanted, Path(folder) / str(place)) for place, wanted in enumerate(pair))
        latest = _latest(known, here, old, new, Path(folder) / "latest")
        kept = [files.REPORTS / f"why-{old.slug}-{new.slug}.{kind}" for kind in ("json", "html", "png")]
        question = _question(old, new, latest, rules)
        answer = _known(kept, question) or _measured(problem, kept, question, old, new, latest, rules)
    if new.run.tags.get("why") != answer.sentence:
        try:
            with tracking.explained():
                known.attach(new.run, new.version, "why", kept, answer.sentence)
        except RegistryUnavailable as error:  # who may only read gets the answer all the same
            click.echo(f"not kept at the run of {new.name}: {error}", err=True)
    return answer


def _known(kept: list[Path], question: str) -> Why | None:
    """Return the answer of before, if it is whole and was to the same question."""
    if not all(path.exists() for path in kept):
        return None
    answer = Why.read(kept[0])
    return answer if answer.question == question else None


def _measured(problem: Problem,
    kept: list[Path], question: str, old: RecordedCandidate, new: RecordedCandidate, latest: RecordedCandidate,
    rules: Evaluate,
) -> Why:  # fmt: skip
    from champion.ext.why import difference, picture  # noqa: PLC0415  # costs seconds, and the answer may be known

    measured = difference.measured(problem, old, new, latest, rules)
    answer = measured.model_copy(update={"question": question, "sentence": words.sentence(measured)})
    text, page, drawn = kept
    pictures.save(picture.waterfall(answer), drawn)
    files.write_bytes(page, words.page(answer, drawn.read_bytes()).encode())
    answer.write(text)
    return answer


def _here(known: registry.Registry) -> RecordedRun | None:
    """Return the run of the working tree's candidate, None if none is on record."""
    try:
        candidate = identity.current().candidate
    except PipelineError:  # no or a spoilt dvc.lock: there is none
        return None
    return known.run_of(candidate)


def _default_pair(known: registry.Registry, here: RecordedRun | None) -> tuple[str, str]:
    """Return the champion and the candidate that was refused, or else the two ends of the last move."""
    moves = known.ledger().moves()
    if not moves:
        raise beginning.no_champion()
    champion = moves[-1].after
    if here is not None and here.tags.get("verdict") in ("reject", "hold"):
        numbers = [version.number for version in known.versions(here.tags["candidate"])]
        if champion not in numbers:  # else it is the champion, judged again
            return champion, numbers[-1] if numbers else here.id  # it may have been champion once
    before = moves[-1].before
    if before is None:
        raise Refusal(f"v{champion} is the only champion so far: there is nothing to compare it with.")
    first, second = sorted((champion, before), key=int)
    return first, second


def _latest(
    known: registry.Registry, here: RecordedRun | None, old: RecordedCandidate, new: RecordedCandidate, folder: Path
) -> RecordedCandidate:
    """Return whose table reaches furthest; of several the working tree's, where a spoilt delivery may be repaired by now."""
    candidates = [new, old]
    if here is not None and here.id not in (old.run.id, new.run.id):
        candidates.insert(0, recorded.find(known, here.id, folder))
    return max(candidates, key=lambda candidate: (candidate.provenance.data.window or ("", ""))[1])


def _question(old: RecordedCandidate, new: RecordedCandidate, latest: RecordedCandidate, rules: Evaluate) -> str:
    asked = [
        old.identity.candidate,
        new.identity.candidate,
        latest.identity.data,
        rules.model_dump_json(),
        git.tree(identity.CODE),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@click.command()
@click.argument("versions", nargs=-1, metavar="[OLD NEW]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(versions: tuple[str, ...], as_json: bool) -> None:
    """Say what changed between two versions or runs, and what each change did. Retrains; nothing is changed here.

    By default: the champion and the candidate that was refused, or the two ends of the last change of champion.
    """
    problem = load()
    if len(versions) not in (0, 2):
        raise click.UsageError(f"two versions are needed, OLD and NEW, or none; found {' '.join(versions)}")
    answer = why(problem, versions)
    click.echo(answer.model_dump_json(indent=2) if as_json else words.text(answer))
