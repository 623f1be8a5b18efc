"""What travels with a model for years: its card."""

from pathlib import Path
from typing import ClassVar

from champion.core.documents.data import Split
from champion.core.documents.document import Document, Record, Window

MODEL, CARD = "model.skops", "card.json"
REFIT = "refit"  # folder beside them, with those of the refit
Classes = list[bool | int | float | str]


class ColumnProfile(Record):
    """How a column was distributed."""

    bins: list[float] | list[str]
    """Inner edges of the bins of a number, or the categories of a text."""
    shares: dict[str, list[float]]
    """By season, the share of rows in each bin; the last bin is for all other values, and missing ones."""


Profile = dict[str, ColumnProfile]


class ModelCard(Document):
    """What a model was trained on and how it answers."""

    WHERE: ClassVar[str] = "card.json of train, and beside every registered model"

    REMEDY: ClassVar[str] = (
        "If it is the candidate's, delete it and run `dvc repro`; if it is a registered model's, `pipeline rollback` "
        "gives back another version."
    )

    model_sha256: str
    """Digest of model.skops."""
    refit_sha256: str = ""
    """Digest of the card of its refit, which serves in its place; empty if there is none, or it is a refit itself."""
    trusted_types: list[str]
    """Types that skops may load from it."""
    target: str
    """The column it predicts."""
    classes: Classes | None
    """The classes in the order of its probabilities; null for regression."""
    features: list[tuple[str, str]]
    """Name and pandas type of each feature, in the order the model takes them."""
    rows: int
    """Training rows."""
    sampled_from: int = 0
    """Rows that these are a sample of; 0 if it was trained on all."""
    window: Window | None
    """First and last time among the training rows; null where rows have no time."""
    split: Split
    """Which rows were kept from it."""
    train_metrics: dict[str, float]
    """Metrics on the training rows, in the unit of each."""
    packages: dict[str, str] = {}
    """What was installed when it was trained, of the packages that it is made of, with their versions."""
    python: str = ""
    """The Python that trained it."""
    platform: str = ""
    """The kind of machine that trained it: system, instruction set, and CPU as far as linear algebra depends on it."""
    not_as_locked: dict[str, tuple[str | None, str | None]] = {}
    """Packages of those that were not what requirements.lock says: its version, and the installed one."""
    chosen: dict[str, str] = {}
    """Hyperparameters that a search inside the model chose, by name; the search itself is not kept."""
    profile: Profile
    """How each feature was distributed in the training rows."""
    examples: dict[str, list[str | None]]
    """Key and features of some training rows as text, by column; null where a value is missing."""
    answers: list[float] | list[list[float]]
    """What the model predicts for those rows: values, or a list of probabilities per row (0 and 1 if it only decides)."""

    @property
    def columns(self) -> list[str]:
        """Return the names of the features, in the order the model takes them."""
        return [name for name, _ in self.features]

    def refit(self, folder: Path) -> "ModelCard | None":
        """Return the card of its refit, whose files are in `folder`; None if it has none."""
        return ModelCard.read(folder / CARD) if self.refit_sha256 else None
