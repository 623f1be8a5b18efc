"""What MLflow has on record, as plain records: nobody outside this package handles MLflow's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from champion.core.documents.answers import RunState

HALF = "being recorded"  # tag `evaluation` of a run that is not whole


@dataclass(frozen=True)
class Version:
    """A registered model version: a candidate that passed the gate."""

    number: str  # MLflow gives an int or a str, depending on the store
    run_id: str
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return the name people use."""
        return f"v{self.number}"

    @property
    def model_sha256(self) -> str:
        """Return the digest of its model file."""
        return self.tags["model_sha256"]

    def is_made_of(self, candidate: str, model_sha256: str) -> bool:
        """Tell whether it comes from these inputs and is these bytes."""
        return (self.tags["candidate"], self.model_sha256) == (candidate, model_sha256)


@dataclass(frozen=True)
class RecordedRun:
    """A run: a candidate on record, promoted or not."""

    id: str
    experiment_id: str
    started: int  # ms since 1970
    artifacts: str  # address of its files
    tags: Mapping[str, str]
    params: Mapping[str, str]
    has_datasets: bool
    state: RunState = "active"  # gone: for good, and this is what its version kept

    @property
    def name(self) -> str:
        """Return the name people use."""
        return f"run {self.id[:8]}"

    @property
    def is_whole(self) -> bool:
        """Tell whether all of it was written: a kill may have stopped that."""
        return self.tags.get("evaluation", HALF) != HALF
