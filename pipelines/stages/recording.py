"""Gather what promote records of a candidate: its run, its page and its provenance."""

from dataclasses import replace
from pathlib import Path

import yaml

from pipelines import files
from pipelines.documents.data import Split, ValidationReport
from pipelines.documents.model import ModelCard
from pipelines.record import dvc, identity, recipe
from pipelines.record.provenance import provenance
from pipelines.record.registry import Registry
from pipelines.record.runs import Candidate
from pipelines.report import mlflow_fields, run, text
from pipelines.stages.candidate import Judged, Paths

INPUTS = [Path(name) for name in (identity.CONFIG, identity.LOCK, identity.ENVIRONMENT)]


def gather(registry: Registry, paths: Paths, judged: Judged, tree: identity.WorkingTree) -> Candidate:
    """Gather all that is recorded of a candidate."""
    evaluation, card, split = judged.evaluation, ModelCard.read(paths.card), Split.read(paths.split)
    report = ValidationReport.read(paths.validation / "report.json")
    params = mlflow_fields.params(yaml.safe_load(Path(identity.CONFIG).read_text()), card, tree.python)
    theirs = registry.params_of(judged.champion)
    changed = mlflow_fields.changed(theirs, params) if theirs else {}
    made_of = provenance(tree, report.counts, card, evaluation, changed, card.refit(paths.refit))
    tags = mlflow_fields.tags(card, files.sha256(paths.card), split, evaluation, judged.experiment)
    told = run.Run(dvc.stages(), report, run.Judged(evaluation, card, made_of, params))
    return Candidate(
        tree=tree,
        params=params,
        metrics=mlflow_fields.metrics(card, evaluation),
        tags={**tags, **tree.tags, "recipe": recipe.digest(), "evaluation": judged.evaluation_sha256},
        note=text.markdown(evaluation, made_of, report),
        provenance=made_of,
        datasets={
            "training": (paths.training, files.sha256(paths.training)),
            "holdout": (paths.holdout, split.holdout_sha256),
            "table": (paths.ingested / "table.parquet", tree.identity.data.removesuffix(".dir")),
        },
        artifacts=_artifacts(paths, told),
        model=paths.model,
        card=paths.card,
        refit=paths.refit,
        examples=paths.holdout,
        columns=mlflow_fields.columns(evaluation.metric),
    )


def _artifacts(paths: Paths, told: run.Run) -> dict[str, list[Path]]:
    """Write the page that tells all of this run; return the files that its record keeps, by folder."""
    evaluated, page = _visible(paths.evaluation), paths.decision.with_name("report.html")
    pictures = {file.stem: file.read_bytes() for file in evaluated if file.suffix == ".png"}
    predictions = (paths.evaluation / "predictions.csv").read_text(encoding="utf-8")
    judged = replace(told.judged, pictures=pictures, predictions=predictions) if told.judged else None
    files.write_bytes(page, run.page(replace(told, judged=judged)).encode())
    return {
        "evaluation": evaluated,
        "validation": _visible(paths.validation),
        "inputs": INPUTS,
        "report": [page],
    }


def _visible(folder: Path) -> list[Path]:
    """Return a folder's content without what a kill left half written."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
