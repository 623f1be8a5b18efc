"""A candidate at the end of the pipeline: its files, and what was decided of it."""

from dataclasses import dataclass
from functools import cached_property

from champion.core import files
from champion.core.documents.evaluation import Evaluation
from champion.core.records import Decided, Divided, Evaluated, Ingested, Opponent, Trained, Validated


@dataclass(frozen=True)
class Candidate:
    """All that stages made of a candidate."""

    ingested: Ingested
    validated: Validated
    divided: Divided
    trained: Trained
    opponent: Opponent
    evaluated: Evaluated
    decided: Decided
    experiment: str  # DVC's name of it; empty if it is none

    @property
    def evaluation(self) -> Evaluation:
        """Return what was found of it."""
        return self.evaluated.evaluation

    @cached_property
    def evaluation_sha256(self) -> str:
        """Return the digest of the document that says so."""
        return files.sha256(self.evaluated.folder / "evaluation.json")

    @property
    def champion(self) -> str | None:
        """Return the number of the champion it was compared with."""
        return self.evaluation.champion.version if self.evaluation.champion else None
