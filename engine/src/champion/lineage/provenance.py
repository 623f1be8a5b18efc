"""Write down what a candidate was made of and what came of it."""

from pathlib import Path

from champion.core import files, version
from champion.core.documents.data import Counts
from champion.core.documents.evaluation import Evaluation
from champion.core.documents.model import ModelCard
from champion.core.documents.provenance import (
    Changed,
    CodePart,
    ConfigPart,
    DataPart,
    EnvironmentPart,
    Provenance,
    TrainingRows,
)
from champion.lineage import git, identity

PATHS = {
    "data": (identity.SOURCE,),
    "code": (f"{identity.CODE}/", "dvc.yaml"),
    "config": (identity.CONFIG,),
    "environment": (identity.ENVIRONMENT, f"{identity.ENGINE}/"),
}


def provenance(
    tree: identity.WorkingTree, counts: Counts, card: ModelCard, evaluation: Evaluation, changed: Changed,
    refit: ModelCard | None = None,
) -> Provenance:  # fmt: skip
    """Return the document that travels with a candidate's run.

    `changed` are the params that differ from those of the champion it was compared with, empty if there was none.
    """
    digests, numbers = tree.identity, tree.numbers
    dirty = {part: [file for file in tree.uncommitted if file.startswith(paths)] for part, paths in PATHS.items()}
    subject = git.answer("log", "--no-show-signature", "-1", "--format=%s", tree.commit, otherwise="")
    return Provenance(
        data=DataPart(
            version=str(numbers.data),
            digest=digests.data,
            uncommitted=dirty["data"],
            source=identity.SOURCE,
            source_digest=identity.delivery(),
            source_rows=counts.source,
            quarantined=counts.quarantined,
            rows=counts.table,
            window=counts.window,
            state=state(),
        ),
        code=CodePart(
            version=str(numbers.code),
            digest=digests.code,
            uncommitted=dirty["code"],
            commit=tree.commit,
            subject=subject,
        ),
        config=ConfigPart(
            version=str(numbers.config), digest=digests.config, uncommitted=dirty["config"], changed=changed
        ),
        environment=EnvironmentPart(
            digest=digests.environment,
            uncommitted=dirty["environment"],
            python=tree.python,
            machine=card.platform,
            lock=identity.ENVIRONMENT,
            engine=version.number(),
            engine_edited=identity.is_engine_edited(),
            not_as_locked=card.not_as_locked,
        ),
        training=TrainingRows(rows=card.rows, sampled_from=card.sampled_from, window=card.window),
        refitted=TrainingRows(rows=refit.rows, sampled_from=refit.sampled_from, window=refit.window) if refit else None,
        holdout=evaluation.holdout,
        metric=evaluation.metric,
        metrics=evaluation.metrics,
        verdict=evaluation.decision,
        reasons=evaluation.reasons,
        compared_with=evaluation.champion.name if evaluation.champion else None,
    )


def state() -> str:
    """Return what the system that keeps the delivery called it; empty if it is a file."""
    told = Path(identity.SOURCE) / files.STATE
    return told.read_text(encoding="utf-8").strip() if told.is_file() else ""
