"""Turn the moving champion into files, or say that there is none yet. Reads the registry, never writes it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError
from pipelines.problem.names import NAME
from pipelines.record import files, lineage, location

NOBODY: dict[str, Any] = {"champion": None, "obstacle": "", "rolled_back": "", "tries": 0, "params": {}}


def baseline(model: Path, split: Path, base: Path, champion: Path, record: Path) -> None:
    """Write the champion's files, and what the registry already knows of this candidate.

    Where no registry remembers one, the model that `pipeline base` put into the folder `base` stands in for it.
    Once the candidate is champion itself, the one it beat stays its opponent: nothing is judged again.
    """
    question = {
        "candidate": lineage.inputs().candidate,
        "model_sha256": files.sha256(model),
        "holdout_sha256": files.read_json(split)["holdout_sha256"],
    }
    if _answered(question, champion, record):
        print("baseline: the registry has not changed since the last look")
        return
    record.unlink(missing_ok=True)  # what it says of the files below is about to change
    if location.missing():  # do not pay for MLflow to learn that there is nothing
        found, known = _base(base, champion), location.Known()
    else:
        from pipelines.record import registry, tracking  # noqa: PLC0415  # costs seconds

        with tracking.explained():
            book = registry.Registry(NAME)
            known = book.known(question["candidate"], question["model_sha256"])
            found = _opponent(book, known, champion, **question)
    files.write_json(champion / "identity.json", found)
    files.write_json(record, {**question, **asdict(known), "files": _digests(champion)})
    opponent = f"champion {found['champion']['name']}" if found["champion"] else "nobody"
    print(f"baseline: the candidate {'is champion, it replaced' if known.crowned else 'will face'} {opponent}")


def _answered(question: dict[str, str], champion: Path, record: Path) -> bool:
    """Tell whether the same was asked of the same embedded database: then MLflow need not be loaded."""
    if not (record.exists() and location.fingerprint() and champion.exists()):
        return False
    last = files.read_json(record)
    same = all(last.get(name) == value for name, value in question.items())
    if not same or (last["database"], last["files"]) != (location.fingerprint(), _digests(champion)):
        return False
    return not files.read_json(champion / "identity.json")["obstacle"]  # files that were out of reach may be back


def _base(base: Path, champion: Path) -> dict[str, Any]:
    """Return whom `pipeline base` made the opponent, and take that model; nobody if it did not run."""
    if not base.exists():
        return NOBODY
    for name in ("model.skops", "card.json"):
        files.write_bytes(champion / name, (base / name).read_bytes())
    return {**NOBODY, **files.read_json(base / "identity.json")}


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: files.sha256(path) for path in sorted(folder.iterdir())}


def _opponent(
    book: Any, known: location.Known, folder: Path, candidate: str, model_sha256: str, holdout_sha256: str
) -> dict[str, Any]:
    """Return whom the candidate has to beat, and download that model."""
    runs, name = book.runs_of(candidate), known.champion
    if known.crowned:
        name = book.version(name).tags["compared_with"] or None
    opponent = book.version(name)
    judged = {model_sha256} if opponent is None else {model_sha256, opponent.tags["model_sha256"]}
    found = {
        **NOBODY,
        "rolled_back": book.rolled_back(candidate, model_sha256),
        "tries": book.tries(holdout_sha256, judged, runs[-1].info.start_time if runs else None),
    }
    if opponent is not None:
        names = ("candidate", "model_sha256", "lineage")
        found["champion"] = {"name": f"v{name}", "version": name, **{each: opponent.tags[each] for each in names}}
        found["params"] = book.params_of(name)
        found["obstacle"] = _fetch(book, opponent, folder)
    elif name:
        found["champion"] = {"name": f"v{name}", "version": name}
        found["obstacle"] = book.obstacle(name)
    return found


def _fetch(book: Any, version: Any, folder: Path) -> str:
    """Download the champion; return why it cannot be used, empty if it can."""
    try:
        book.fetch(version, folder)
    except PipelineError as error:
        return str(error)
    return ""
