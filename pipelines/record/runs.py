"""Record a candidate: one MLflow run with all that is known of it, and one version if it passed the gate."""

import json
import shutil
import tempfile
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow import MlflowClient, pyfunc
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    Run,
    RunTag,
)
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import Model, infer_signature

from pipelines.record import files, lineage
from pipelines.record.registry import Registry

REQUIREMENTS = ("scikit-learn", "skops", "pandas", "numpy", "mlflow")  # to load and serve the model


@dataclass(frozen=True)
class Candidate:
    """All that is recorded of a candidate. Paths are files of this working tree."""

    inputs: lineage.Lineage
    params: dict[str, Any]
    metrics: dict[str, float]
    tags: dict[str, str]
    note: str  # Markdown
    datasets: dict[str, tuple[Path, str]]  # context: (file, digest)
    artifacts: dict[str, list[Path]]  # folder in the run: files
    model: Path
    card: Path
    features: pd.DataFrame  # a few rows


def record(registry: Registry, candidate: Candidate) -> Run:
    """Write the candidate's run, or complete the one a kill interrupted.

    The tag `evaluation` comes last: a run that has it is whole.
    """
    client, digest = registry.client, candidate.inputs.inputs.candidate
    run = registry.run_of(digest)
    if run is None:
        tags = {"candidate": digest, "mlflow.source.git.commit": candidate.inputs.commit}
        run = client.create_run(
            registry.experiment_id,
            run_name=candidate.inputs.name,
            tags={**tags, "mlflow.user": lineage.who()},
        )
    run_id = run.info.run_id
    _artifacts(client, run_id, candidate)
    if not run.inputs.dataset_inputs:
        client.log_inputs(run_id, [_dataset(candidate, context) for context in candidate.datasets])
    model_id = _model(client, run, candidate)
    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0, model_id=model_id) for name, value in candidate.metrics.items()]
    params = [Param(name, str(value)) for name, value in candidate.params.items()]
    tags = {
        **{name: value for name, value in candidate.tags.items() if name != "evaluation"},
        "mlflow.note.content": candidate.note,
        "mlflow.runName": candidate.inputs.name,
        "model_id": model_id,
        "run_url": registry.url(run),
    }
    client.log_batch(run_id, metrics, params, [RunTag(name, value) for name, value in tags.items()])
    client.set_tag(run_id, "evaluation", candidate.tags["evaluation"])
    client.set_terminated(run_id)
    return client.get_run(run_id)


def register(registry: Registry, run: Run, compared_with: str | None) -> ModelVersion:
    """Return the version of this candidate, made whole in one call if it is missing."""
    client, tags = registry.client, run.data.tags
    found = client.search_model_versions(f"name = '{registry.name}' and tags.candidate = '{tags['candidate']}'")
    mine = [each for each in found if each.tags.get("compared_with") == (compared_with or "")]
    if mine:
        return min(mine, key=lambda each: int(each.version))
    kept = (
        "candidate",
        "model_sha256",
        "lineage",
        "verdict",
        "evaluation",
        "commit",
        "data",
        "code",
        "config",
        "run_url",
    )
    return client.create_model_version(
        registry.name,
        source=f"models:/{tags['model_id']}",
        run_id=run.info.run_id,
        model_id=tags["model_id"],
        tags={**{name: tags[name] for name in kept}, "compared_with": compared_with or ""},
        description=tags["mlflow.note.content"][:5000],
    )


def _artifacts(client: MlflowClient, run_id: str, candidate: Candidate) -> None:
    for folder, paths in candidate.artifacts.items():
        for path in paths:
            (client.log_artifacts if path.is_dir() else client.log_artifact)(
                run_id, str(path), f"{folder}/{path.name}" if path.is_dir() else folder
            )
    client.log_text(run_id, lineage.uncommitted_diff(), "inputs/uncommitted.diff")


def _dataset(candidate: Candidate, context: str) -> DatasetInput:
    path, digest = candidate.datasets[context]
    rows = pd.read_parquet(path)
    schema = {"mlflow_colspec": [{"name": str(name), "type": str(kind)} for name, kind in rows.dtypes.items()]}
    return DatasetInput(
        Dataset(
            name=f"{context}, data {candidate.inputs.data}",
            digest=digest[:36],
            source_type="dvc",
            source=f'{{"path": "{path}", "commit": "{candidate.inputs.commit}"}}',
            schema=json.dumps(schema),
            profile=json.dumps({"num_rows": len(rows), "num_elements": int(rows.size)}),
        ),
        tags=[InputTag("mlflow.data.context", context)],
    )


def _model(client: MlflowClient, run: Run, candidate: Candidate) -> str:
    """Log the very bytes that were evaluated as an MLflow model; return its id."""
    models = client.search_logged_models([run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'")
    for model in models:
        if model.status == LoggedModelStatus.READY:
            return str(model.model_id)
        client.delete_logged_model(model.model_id)  # half written when a run was killed
    model = client.create_logged_model(
        run.info.experiment_id, name="model", source_run_id=run.info.run_id, model_type="candidate"
    )
    with tempfile.TemporaryDirectory() as folder:
        described = Model(artifact_path=model.artifact_location, run_id=run.info.run_id, model_id=model.model_id)
        _describe(Path(folder), described, candidate)
        client.log_model_artifacts(model.model_id, folder)
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, 0)])
    return str(model.model_id)


def _describe(folder: Path, model: Model, candidate: Candidate) -> None:
    """Lay out what mlflow.sklearn and mlflow.pyfunc load, around the file that was evaluated.

    mlflow.sklearn.log_model would serialise the model a second time, into other bytes.
    """
    card = files.read_json(candidate.card)
    shutil.copy(candidate.model, folder / "model.skops")
    shutil.copy(candidate.card, folder / "card.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # integer columns are integers: the contract allows no gaps
        model.signature = infer_signature(candidate.features, np.array(card["classes"] or [0.0]))
    pyfunc.add_to_model(
        model,
        loader_module="mlflow.sklearn",
        model_path="model.skops",
        conda_env={"virtualenv": "python_env.yaml"},
        predict_fn="predict",
    )
    model.add_flavor(
        "sklearn",
        pickled_model="model.skops",
        sklearn_version=installed("scikit-learn"),
        serialization_format="skops",
        code=None,
        skops_trusted_types=card["trusted_types"],
    )
    requirements = "".join(f"{name}=={installed(name)}\n" for name in REQUIREMENTS)
    (folder / "requirements.txt").write_text(requirements)
    (folder / "python_env.yaml").write_text(
        f"python: {candidate.inputs.python}\ndependencies:\n- -r requirements.txt\n"
    )
    model.save(str(folder / "MLmodel"))
