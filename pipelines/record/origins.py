"""What a candidate was made of, as its run remembers it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlflow.artifacts import download_artifacts
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from pipelines.errors import PipelineError, Refusal
from pipelines.record import files, lineage
from pipelines.record.registry import HALF, Registry


@dataclass(frozen=True)
class Origin:
    """A candidate on record. `folder` holds dvc.lock, params.yaml, requirements.lock, report.json and more."""

    name: str  # as people call it: v2, or a run
    version: ModelVersion | None  # None if it was not promoted
    run: Run
    inputs: lineage.Inputs
    folder: Path
    facts: dict[str, Any]  # its lineage.json, with the numbers that its parts have now
    url: str

    @property
    def slug(self) -> str:
        """Return the name as files have it."""
        return self.name.replace(" ", "-")

    @property
    def commit(self) -> str:
        """Return the commit it was made from."""
        return self.tags["commit"]

    @property
    def tags(self) -> dict[str, str]:
        """Return what its run is tagged with."""
        tags: dict[str, str] = self.run.data.tags
        return tags

    def content(self, name: str) -> bytes:
        """Return one of the files it was made of."""
        return (self.folder / name).read_bytes()


def find(book: Registry, wanted: str, folder: Path) -> Origin:
    """Return what is on record of a version (`2` or `v2`) or of a run (its id, or how it begins)."""
    number = wanted.removeprefix("v")
    version = book.version(number) if number.isdigit() else None
    run = book.client.get_run(version.run_id) if version else _run(book, wanted)
    made = (each for each in book.versions_of(run.data.tags["candidate"]) if each.run_id == run.info.run_id)
    version = version or next(made, None)
    name = f"v{version.version}" if version else f"run {run.info.run_id[:8]}"
    inside = folder / "inputs"
    inside.mkdir(parents=True, exist_ok=True)
    for path, place in (("inputs", folder), ("validation/report.json", inside)):
        try:
            download_artifacts(run_id=run.info.run_id, artifact_path=path, dst_path=str(place))
        except Exception as error:  # noqa: BLE001  # every store fails in its own way
            raise PipelineError(
                f"{name} cannot be rebuilt: {path} of its run is gone. It was expected in {run.info.artifact_uri} "
                f"({str(error).splitlines()[0]})."
            ) from None
    inputs = inputs_of(run)
    return Origin(name, version, run, inputs, inside, _facts(inside, inputs), book.url(run))


def predictions(origin: Origin, folder: Path) -> Path:
    """Fetch what a candidate predicted for the rows it was judged on."""
    run = origin.run.info.run_id
    try:
        return Path(download_artifacts(run_id=run, artifact_path="evaluation/predictions.csv", dst_path=str(folder)))
    except Exception as error:  # noqa: BLE001  # every store fails in its own way
        said = str(error).splitlines()[0]
        raise PipelineError(f"the rows that {origin.name} was judged on are gone: predictions.csv ({said})") from None


def inputs_of(run: Run) -> lineage.Inputs:
    """Return the digests of what a run's candidate was made of."""
    return lineage.Inputs(**{part: run.data.tags[part] for part in ("code", "data", "config", "environment")})


def _facts(folder: Path, inputs: lineage.Inputs) -> dict[str, Any]:
    facts: dict[str, Any] = files.read_json(folder / "lineage.json")
    for part, number in asdict(lineage.parts(inputs)).items():
        if not number["dirty"]:  # else what was said when it was recorded is nearer to the truth
            facts[part]["version"] = f"v{number['number']}"
    return facts


def _run(book: Registry, wanted: str) -> Run:
    maybe = len(wanted) >= 8 or not wanted.isdigit()  # else it is a version that there is not
    found = [run for run in book.runs() if maybe and run.info.run_id.startswith(wanted)]
    if len(found) == 1 and found[0].data.tags.get("evaluation", HALF) != HALF:
        return found[0]
    what = f"{wanted!r} is neither a version nor a run"
    if found:
        what = (
            f"{len(found)} runs begin with {wanted!r}"
            if len(found) > 1
            else f"run {wanted} is not whole: a kill stopped it"
        )
    known = ", ".join(f"v{each.version}" for each in book.versions_of()) or "none"
    raise Refusal(f"{what}. Versions on record: {known}. Rejected candidates are named by their run's id.")
