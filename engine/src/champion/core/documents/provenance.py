"""What a candidate was made of and what came of it."""

from typing import ClassVar

from champion.core.documents.document import Document, Record, Window
from champion.core.documents.evaluation import Choice, HoldoutRows, Metrics, Reason

Changed = dict[str, tuple[str | None, str | None]]  # name: old and new value as text; null where one has none


class Part(Record):
    """One of the four parts that a candidate is made of."""

    digest: str
    """Digest of its content."""
    uncommitted: list[str]
    """Files of it that differed from the last commit."""


class Numbered(Part):
    """A part that has a number in the history of the branch."""

    version: str
    """`v9` for the ninth content it has had; `v9+dirty` for one after it that is not committed."""


class DataPart(Numbered):
    """The data."""

    source: str
    """Folder of the delivery."""
    source_digest: str
    """DVC's digest of that folder."""
    source_rows: int
    """Rows of the delivery."""
    quarantined: int
    """Of those, rows that cannot be true."""
    rows: int
    """Rows of the canonical table."""
    window: Window | None
    """First and last time in it; null where rows have no time."""
    state: str = ""
    """What the system that keeps it called it, as `Delta orders@412`; empty if it is a file."""


class CodePart(Numbered):
    """The code: pipelines/ and dvc.yaml."""

    commit: str
    """The commit that was checked out."""
    subject: str
    """First line of its message."""


class ConfigPart(Numbered):
    """The config: params.yaml without `ingest`."""

    changed: Changed
    """Params that differ from the champion's it was compared with."""


class EnvironmentPart(Part):
    """The environment: packages and Python."""

    python: str
    """Version of Python."""
    machine: str = ""
    """The kind of machine that trained it."""
    lock: str
    """Name of the lock file."""
    engine: str = ""
    """Version of the engine; empty in records of before 1.0, when it was part of the code."""
    engine_edited: bool = False
    """Whether the engine in the project was another than the one that was put there."""
    not_as_locked: Changed = {}
    """Packages of the model that were not what the lock says: its version, and the installed one."""


class TrainingRows(Record):
    """The rows it was trained on."""

    rows: int
    """Their number."""
    sampled_from: int = 0
    """Rows that they are a sample of; 0 if they are all."""
    window: Window | None
    """First and last time among them; null where rows have no time."""


class Provenance(Document):
    """What a candidate was made of and what came of it."""

    WHERE: ClassVar[str] = "inputs/provenance.json of every run in MLflow"

    REMEDY: ClassVar[str] = "It was fetched from an MLflow run: compare with a backup of its artifacts."

    data: DataPart
    """What data it was made of."""
    code: CodePart
    """The code."""
    config: ConfigPart
    """The config."""
    environment: EnvironmentPart
    """The environment."""
    training: TrainingRows
    """How many rows it was trained on, and from when to when."""
    refitted: TrainingRows | None = None
    """The rows that its refit was fitted to, which serves; null if there is none."""
    holdout: HoldoutRows
    """The rows it was judged on."""
    metric: str
    """The metric that decided."""
    metrics: Metrics
    """Every metric of each model that was compared."""
    verdict: Choice
    """The verdict."""
    reasons: list[Reason]
    """Its reasons."""
    compared_with: str | None
    """Name of the champion it was compared with; null if there was none."""
