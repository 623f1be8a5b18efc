"""Gather what promote records of a candidate: its run, its page and its provenance."""

from dataclasses import replace
from pathlib import Path

import yaml

from champion.core import files, flow
from champion.core.documents.model import CARD, REFIT
from champion.lineage import identity, recipe
from champion.lineage.provenance import provenance
from champion.promote.candidate import Candidate
from champion.registry import runs
from champion.registry.registry import Registry
from champion.report import mlflow_fields, run, text

INPUTS = [Path(name) for name in (identity.CONFIG, identity.LOCK, identity.ENVIRONMENT)]


def gather(registry: Registry, candidate: Candidate, tree: identity.WorkingTree) -> runs.Candidate:
    """Gather all that is recorded of a candidate."""
    evaluation, report, divided = candidate.evaluation, candidate.validated.report, candidate.divided
    judged, refit = candidate.trained.judged, candidate.trained.refit
    params = mlflow_fields.params(yaml.safe_load(Path(identity.CONFIG).read_text()), judged.card, tree.python)
    theirs = registry.params_of(candidate.champion)
    changed = mlflow_fields.changed(theirs, params) if theirs else {}
    made_of = provenance(tree, report.counts, judged.card, evaluation, changed, refit.card if refit else None)
    card = judged.file.with_name(CARD)
    tags = mlflow_fields.tags(judged.card, files.sha256(card), divided.split, evaluation, candidate.experiment)
    told = run.Run(flow.names(), report, run.Judged(evaluation, judged.card, made_of, params))
    return runs.Candidate(
        tree=tree,
        params=params,
        metrics=mlflow_fields.metrics(judged.card, evaluation),
        tags={**tags, **tree.tags, "recipe": recipe.digest(), "evaluation": candidate.evaluation_sha256},
        note=text.markdown(evaluation, made_of, report),
        provenance=made_of,
        datasets={
            "training": (divided.training.path, divided.training.sha256),
            "holdout": (divided.holdout.path, divided.split.holdout_sha256),
            "table": (candidate.ingested.table.path, tree.identity.data.removesuffix(".dir")),
        },
        artifacts=_artifacts(candidate, told),
        model=judged.file,
        card=card,
        refit=judged.file.with_name(REFIT),
        examples=divided.holdout.path,
        columns=mlflow_fields.columns(evaluation.metric),
    )


def _artifacts(candidate: Candidate, told: run.Run) -> dict[str, list[Path]]:
    """Write the page that tells all of this run; return the files that its record keeps, by folder."""
    folder = candidate.evaluated.folder
    evaluated, page = _visible(folder), candidate.decided.folder / "report.html"
    pictures = {file.stem: file.read_bytes() for file in evaluated if file.suffix == ".png"}
    predictions = (folder / "predictions.csv").read_text(encoding="utf-8")
    judged = replace(told.judged, pictures=pictures, predictions=predictions) if told.judged else None
    files.write_bytes(page, run.page(replace(told, judged=judged)).encode())
    return {
        "evaluation": evaluated,
        "validation": _visible(candidate.validated.folder),
        "inputs": INPUTS,
        "report": [page],
    }


def _visible(folder: Path) -> list[Path]:
    """Return a folder's content without what a kill left half written."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
