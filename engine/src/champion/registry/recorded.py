"""A candidate on record: what it was made of, as its run remembers it."""

from dataclasses import dataclass
from pathlib import Path

from champion.core.documents.provenance import Provenance
from champion.core.errors import ChampionUnusable, Refusal
from champion.lineage import identity
from champion.registry import artifacts
from champion.registry.entities import RecordedRun, Version
from champion.registry.registry import Registry


@dataclass(frozen=True)
class RecordedCandidate:
    """A candidate on record. `folder` holds dvc.lock, params.yaml, requirements.lock, report.json and more."""

    name: str  # as people call it: v2, or a run
    version: Version | None  # None if it was not promoted
    run: RecordedRun
    identity: identity.Identity
    folder: Path
    provenance: Provenance  # with the numbers that its parts have now
    url: str

    @property
    def slug(self) -> str:
        """Return the name as files have it."""
        return self.name.replace(" ", "-")

    @property
    def commit(self) -> str:
        """Return the commit it was made from."""
        return self.run.tags["commit"]

    def content(self, name: str) -> bytes:
        """Return one of the files it was made of."""
        return (self.folder / name).read_bytes()


def find(registry: Registry, wanted: str, folder: Path) -> RecordedCandidate:
    """Return what is on record of a version (`2` or `v2`) or of a run (its id, or how it begins).

    Raises:
        Refusal: if there is no such version or run.
        ChampionUnusable: if what it was made of is gone.
    """
    number = wanted.removeprefix("v")
    version = registry.version(number) if number.isdigit() else None
    run = registry.run_of_version(version) if version else _run(registry, wanted)
    made = (each for each in registry.versions(run.tags["candidate"]) if each.run_id == run.id)
    version = version or next(made, None)
    name = version.name if version else run.name
    inside = folder / "inputs"
    inside.mkdir(parents=True, exist_ok=True)
    told = f"{name}, made of {run.tags['numbers']} at commit {run.tags['commit'][:12]}, cannot be rebuilt"
    for path, place in (("inputs", folder), ("validation/report.json", inside)):
        _download(run, path, place, f"{told}: {path} of its run is gone")
    made_of = identity_of(run)
    return RecordedCandidate(name, version, run, made_of, inside, _provenance(inside, made_of), registry.url(run))


def latest(registry: Registry) -> str:
    """Return the id of the newest candidate on record that is not the champion.

    Raises:
        Refusal: if there is none.
    """
    champion = registry.version(registry.champion())
    for run in registry.runs():
        if run.is_whole and not (champion and champion.is_made_of(run.tags["candidate"], run.tags["model_sha256"])):
            return run.id
    raise Refusal("no candidate but the champion is on record.")


def predictions(candidate: RecordedCandidate, folder: Path) -> Path:
    """Fetch what a candidate predicted for the rows it was judged on.

    Raises:
        ChampionUnusable: if that is gone.
    """
    gone = f"the rows that {candidate.name} was judged on are gone"
    return _download(candidate.run, "evaluation/predictions.csv", folder, gone)


def identity_of(run: RecordedRun) -> identity.Identity:
    """Return the digests of what a run's candidate was made of."""
    return identity.Identity(**{part: run.tags[part] for part in ("code", "data", "config", "environment")})


def _download(run: RecordedRun, path: str, folder: Path, gone: str) -> Path:
    try:
        return artifacts.download(run.artifacts, path, folder)
    except FileNotFoundError as error:
        raise ChampionUnusable(f"{gone}: {error}.") from None


def _provenance(folder: Path, made_of: identity.Identity) -> Provenance:
    """Read what was written when it was recorded; what had no number yet may have one by now."""
    recorded, numbers = Provenance.read(folder / "provenance.json"), identity.numbers(made_of)
    parts = {"data": numbers.data, "code": numbers.code, "config": numbers.config}
    newer = {
        part: getattr(recorded, part).model_copy(update={"version": f"v{number.number}"})
        for part, number in parts.items()
        if not number.dirty  # else what was said then is nearer to the truth
    }
    return recorded.model_copy(update=newer)


def _run(registry: Registry, wanted: str) -> RecordedRun:
    maybe = len(wanted) >= 8 or not wanted.isdigit()  # else it is a version that there is not
    runs = [run for run in registry.runs() if maybe and run.id.startswith(wanted)]
    if len(runs) == 1 and runs[0].is_whole:
        return runs[0]
    what = f"{wanted!r} is neither a version nor a run"
    if runs:
        what = (
            f"{len(runs)} runs begin with {wanted!r}"
            if len(runs) > 1
            else f"run {wanted} is not whole: a kill stopped it"
        )
    if left := [move for move in registry.ledger().moves() if move.after == wanted.removeprefix("v")]:
        gone, run = f"v{left[-1].after} was deleted from the registry", left[-1].run_url.rpartition("/")[2]
        raise Refusal(f"{gone}. What it was made of is still at its run: name that, {run}." if run else f"{gone}.")
    known = ", ".join(version.name for version in registry.versions()) or "none"
    raise Refusal(f"{what}. Versions on record: {known}. Rejected candidates are named by their run's id.")
