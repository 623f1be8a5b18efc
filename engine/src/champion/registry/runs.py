"""Record a candidate: one MLflow run with all that is known of it, and one version if it passed the gate."""

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
)
from mlflow.models import Model
from pyarrow.dataset import dataset

from champion.core.documents.provenance import Provenance
from champion.core.errors import PipelineError
from champion.lineage import checkout, identity
from champion.registry import artifacts, packaging, tags, tracking
from champion.registry.entities import HALF, RecordedRun, Version
from champion.registry.registry import Registry

# Of a run's tags, those that its version carries too; the rest is one click away.
KEPT = ("numbers", "verdict", "commit", "candidate", "model_sha256", "card_sha256", "shipped_sha256")


@dataclass(frozen=True)
class Candidate:
    """All that is recorded of a candidate. Paths are files of this working tree."""

    tree: identity.WorkingTree
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    note: str  # Markdown
    provenance: Provenance
    datasets: Mapping[str, tuple[Path, str]]  # context: (file, digest)
    artifacts: Mapping[str, list[Path]]  # folder in the run: files
    model: Path
    card: Path
    refit: Path  # folder with those of the refit; empty if there is none
    examples: Path  # rows that show what the model takes
    columns: Sequence[str]  # of MLflow's list of candidates


def record(registry: Registry, experiment: str, candidate: Candidate) -> RecordedRun:
    """Write the candidate's run, or complete the one a kill interrupted.

    The tag `evaluation` comes last: a run that has it is whole.

    Raises:
        PipelineError: if code, data or params change meanwhile.
    """
    client, digest = registry.client, candidate.tree.identity.candidate
    tracking.save_view(client, experiment, candidate.columns)
    run = registry.run_of(digest)
    if run is None or _is_kept(registry, run, candidate):
        by = {"candidate": digest, "mlflow.user": identity.who(), "mlflow.source.name": "dvc repro"}
        created = client.create_run(experiment, run_name=candidate.tree.numbers.name, tags=tags.written(by))
        run = registry.run(created.info.run_id)
    client.set_tag(run.id, tags.stored("evaluation"), HALF)
    _artifacts(client, run.id, candidate)
    if not run.has_datasets:
        client.log_inputs(run.id, [_dataset(candidate, context) for context in candidate.datasets])
    model_id = _model(client, run, candidate)
    now = int(time.time() * 1000)
    told = {
        **{name: value for name, value in candidate.tags.items() if name != "evaluation"},
        "mlflow.note.content": candidate.note,
        "mlflow.runName": candidate.tree.numbers.name,
        "mlflow.source.git.commit": candidate.tree.commit,
        "model_id": model_id,
    }
    client.log_batch(
        run.id,
        [Metric(name, value, now, 0, model_id=model_id) for name, value in candidate.metrics.items()],
        [Param(name, str(value)) for name, value in candidate.params.items()],
        [RunTag(name, value) for name, value in tags.written(told).items()],
        synchronous=True,
    )
    if identity.current() != candidate.tree.identity:  # what was read meanwhile may be of another candidate
        raise PipelineError("code, data or params were changed while they were being recorded. Run `dvc repro` again.")
    client.set_tag(run.id, tags.stored("evaluation"), candidate.tags["evaluation"], synchronous=True)
    client.set_terminated(run.id)
    return registry.run(run.id)


def register(registry: Registry, run: RecordedRun, compared_with: str | None) -> Version:
    """Return the version of this candidate against this champion, made whole in one call if it is missing."""
    client, known = registry.client, run.tags
    told = {**{name: known[name] for name in KEPT if name in known}, "compared_with": compared_with or ""}
    note = known["mlflow.note.content"][:5000]
    same = ("compared_with", "model_sha256", "shipped_sha256")  # equal inputs can give other bytes on another machine
    for version in registry.versions(known["candidate"]):
        if all(version.tags.get(name) == told.get(name) for name in same):
            if version.run_id != run.id:  # judged again: it tells what it was promoted for
                return version
            for name, value in told.items():  # what was uncommitted may be committed by now
                if version.tags.get(name) != value:
                    client.set_model_version_tag(registry.name, version.number, tags.stored(name), value)
            artifacts.keep_record(client, run)
            client.update_model_version(registry.name, version.number, note)
            return version
    artifacts.keep_record(client, run)
    created = client.create_model_version(
        registry.name,
        source=f"models:/{known['model_id']}",
        run_id=run.id,
        model_id=known["model_id"],
        tags=tags.written(told),
        description=note,
    )
    return Version(str(created.version), run.id, told)


def forget(client: MlflowClient, run: RecordedRun) -> None:
    """Put a run and its model into MLflow's bin."""
    if model := run.tags.get("model_id"):
        client.delete_logged_model(model)
    client.delete_run(run.id)


def _is_kept(registry: Registry, run: RecordedRun, candidate: Candidate) -> bool:
    """Tell whether a run is the record of a version and this is another verdict: then it stays as it is."""
    judged = ("evaluation", "model_sha256", "shipped_sha256")
    same = all(run.tags.get(name) in (candidate.tags[name], HALF) for name in judged)
    versions = registry.versions(candidate.tree.identity.candidate)
    return not same and run.id in {version.run_id for version in versions}


def _artifacts(client: MlflowClient, run_id: str, candidate: Candidate) -> None:
    for folder, paths in candidate.artifacts.items():
        for path in paths:
            if path.is_dir():
                client.log_artifacts(run_id, str(path), f"{folder}/{path.name}")
            else:
                client.log_artifact(run_id, str(path), folder)
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "provenance.json"
        candidate.provenance.write(document)
        client.log_artifact(run_id, str(document), "inputs")
        diff = Path(folder) / "uncommitted.diff"
        diff.write_bytes(identity.uncommitted_diff())
        client.log_artifact(run_id, str(diff), "inputs")
        code = Path(folder) / identity.PACKED
        code.write_bytes(checkout.pack(*identity.RUNNABLE))
        client.log_artifact(run_id, str(code), "inputs")


def _dataset(candidate: Candidate, context: str) -> DatasetInput:
    path, digest = candidate.datasets[context]
    table = dataset(path)
    rows, kinds = table.count_rows(), table.schema.empty_table().to_pandas().dtypes
    schema = {"mlflow_colspec": [{"name": str(name), "type": str(kind)} for name, kind in kinds.items()]}
    return DatasetInput(
        Dataset(
            name=f"{context}, data {candidate.tree.numbers.data}",
            digest=digest[:36],
            source_type="dvc",
            source=json.dumps({"path": str(path), "commit": candidate.tree.commit}),
            schema=json.dumps(schema),
            profile=json.dumps({"num_rows": rows, "num_elements": rows * len(kinds)}),
        ),
        tags=[InputTag("mlflow.data.context", context)],
    )


def _model(client: MlflowClient, run: RecordedRun, candidate: Candidate) -> str:
    """Log the very bytes that were evaluated, and those of the refit, as one MLflow model; return its id."""
    experiment, run_id = run.experiment_id, run.id
    made_of = {name: candidate.tags[name] for name in ("model_sha256", "shipped_sha256")}
    for model in client.search_logged_models([experiment], filter_string=f"source_run_id = '{run_id}'"):
        if model.status != LoggedModelStatus.READY:
            client.delete_logged_model(model.model_id)  # half written when a run was killed
        elif made_of.items() <= tags.read(model.tags).items():
            return str(model.model_id)
    model = client.create_logged_model(
        experiment, name="model", source_run_id=run_id, model_type="candidate", tags=tags.written(made_of)
    )
    described = Model(artifact_path=model.artifact_location, run_id=run_id, model_id=model.model_id)
    with tempfile.TemporaryDirectory() as folder:
        files = candidate.model, candidate.card, candidate.refit, candidate.examples
        packaging.lay_out(Path(folder), described, *files, candidate.tree.python)
        client.log_model_artifacts(model.model_id, folder)
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    return str(model.model_id)
