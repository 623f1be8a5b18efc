"""A candidate at the end of the pipeline: its files, and what was decided of it."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.documents.evaluation import Evaluation


@dataclass(frozen=True)
class Paths:
    """The files of a candidate, as dvc.yaml names them."""

    ingested: Path
    validation: Path
    training: Path
    holdout: Path
    split: Path
    model: Path
    card: Path
    refit: Path
    state: Path
    evaluation: Path
    decision: Path


@dataclass(frozen=True)
class Judged:
    """What was decided of which candidate."""

    evaluation: Evaluation
    evaluation_sha256: str
    experiment: str  # DVC's name of it; empty if it is none

    @property
    def champion(self) -> str | None:
        """Return the number of the champion it was compared with."""
        return self.evaluation.champion.version if self.evaluation.champion else None
