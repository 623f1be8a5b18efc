"""What stages hand on: typed results, each of which knows how it is kept in the folder of its stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from champion.core import files
from champion.core.documents.data import Counts, Split, ValidationReport
from champion.core.documents.evaluation import ChampionIdentity, Decision, Evaluation
from champion.core.documents.model import CARD, MODEL, REFIT, ModelCard
from champion.core.errors import ContractBroken
from champion.core.table import Table

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import BaseEstimator


@dataclass(frozen=True)
class Delivery:
    """What upstream delivered: a folder, which no stage makes."""

    folder: Path

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Stand for the files in a folder."""
        return cls(folder)


@dataclass(frozen=True)
class Ingested:
    """The canonical table, one row per key, and the rows of the delivery that are no part of it."""

    TABLES: ClassVar = ("table", "quarantine", "unlabelled")

    table: Table
    quarantine: Table  # as they came, with reasons
    unlabelled: Table  # without a target
    counts: Counts

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what ingest wrote."""
        table, quarantine, unlabelled = (Table(folder / f"{name}.parquet") for name in cls.TABLES)
        return cls(table, quarantine, unlabelled, Counts.read(folder / "counts.json"))

    def write(self, folder: Path) -> None:
        """Write the three tables and counts.json."""
        for name in self.TABLES:
            getattr(self, name).keep(folder / f"{name}.parquet")
        self.counts.write(folder / "counts.json")


@dataclass(frozen=True)
class Validated:
    """The report of the data contract."""

    report: ValidationReport
    folder: Path = Path()  # of the files
    pages: Mapping[str, str] = field(default_factory=dict)  # Data Docs by name, as HTML
    broken: str = ""  # what does not hold; empty if all does

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what validate wrote, without the pages."""
        return cls(ValidationReport.read(folder / "report.json"), folder)

    def write(self, folder: Path) -> None:
        """Write report.json and the pages.

        Raises:
            ContractBroken: then, if the contract does not hold.
        """
        for name, page in self.pages.items():
            files.write_bytes(folder / "docs" / f"{name}.html", page.encode())
        self.report.write(folder / "report.json")
        if self.broken:
            raise ContractBroken(
                f"{self.broken}\n  Repair the source, or change pipelines/problem/contract.py on purpose. Details: "
                f"{folder}/report.json, {folder}/docs/. Nothing downstream ran; the champion is untouched."
            )


@dataclass(frozen=True)
class Divided:
    """Training rows and holdout, each with key, target and features, and how they were divided."""

    training: Table
    holdout: Table
    split: Split

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what features wrote, or a stage after it."""
        training, holdout = (Table(folder / f"{name}.parquet") for name in ("training", "holdout"))
        return cls(training, holdout, Split.read(folder / "split.json"))

    def write(self, folder: Path) -> None:
        """Write the two tables and split.json."""
        for name in ("training", "holdout"):
            getattr(self, name).keep(folder / f"{name}.parquet")
        self.split.write(folder / "split.json")

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Make sure that the rows are at the end what they were at the beginning: DVC looks at them only afterwards.

        Raises:
            PipelineError: if they are not.
        """
        with files.unchanged(self.training.path, self.holdout.path):
            yield


@dataclass(frozen=True)
class Model:
    """A fitted model in a file, and the card that says what it was made from."""

    file: Path
    card: ModelCard

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return the model in a folder."""
        return cls(folder / MODEL, ModelCard.read(folder / CARD))

    def write(self, folder: Path) -> None:
        """Write model.skops and card.json."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.file != folder / MODEL:
            self.file.replace(folder / MODEL)
        self.card.write(folder / CARD)

    def load(self, trusted_types: list[str]) -> BaseEstimator:
        """Return the fitted model.

        Raises:
            PipelineError: if it does not load with what is installed, or holds types that are not trusted.
        """
        from champion.core import models  # noqa: PLC0415  # scikit-learn: seconds

        return models.load(self.file, trusted_types)


@dataclass(frozen=True)
class Trained:
    """A candidate: the model that is judged, and its refit to all rows, which serves in its place."""

    judged: Model
    refit: Model | None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what train wrote."""
        judged = Model.read(folder)
        return cls(judged, Model.read(folder / REFIT) if judged.card.refit_sha256 else None)

    def write(self, folder: Path) -> None:
        """Write the model and its card, and into a folder those of the refit; it is empty if there is none."""
        (folder / REFIT).mkdir(parents=True, exist_ok=True)
        if self.refit:
            self.refit.write(folder / REFIT)
        self.judged.write(folder)

    @property
    def shipped(self) -> Model:
        """Return what would serve."""
        return self.refit or self.judged


@dataclass(frozen=True)
class Folder:
    """A folder that is kept from run to run: what the stage did there stays, file by file, so that a kill leaves nothing half."""

    folder: Path

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Stand for the files in a folder, whatever is there."""
        return cls(folder)

    def write(self, folder: Path) -> None:
        """Leave it as it is."""


class Opponent(Folder):
    """The champion as baseline fetched it, and the state of the registry."""

    @property
    def champion(self) -> Path:
        """Return the folder of the champion's files."""
        return self.folder / "champion"

    @property
    def state(self) -> Path:
        """Return where the registry's last answer is kept."""
        return self.folder / "registry.json"

    @property
    def stand_in(self) -> Path:
        """Return the folder of the model that `pipeline champion-from` rebuilt."""
        return self.folder / "stand-in"

    @cached_property
    def known(self) -> ChampionIdentity:
        """Return who the champion is."""
        return ChampionIdentity.read(self.champion / "identity.json")


@dataclass(frozen=True)
class Evaluated:
    """What was found of a candidate, and the files that show it."""

    evaluation: Evaluation
    folder: Path = Path()  # of the files
    figures: Mapping[str, object] = field(default_factory=dict)  # as DVC compares them
    rows: pd.DataFrame | None = None  # what became of each holdout row
    pictures: Mapping[str, Path] = field(default_factory=dict)  # PNG, by name

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what evaluate wrote; rows and pictures stay in their files."""
        return cls(Evaluation.read(folder / "evaluation.json"), folder)

    def write(self, folder: Path) -> None:
        """Write evaluation.json, metrics.json, predictions.csv and the pictures."""
        self.evaluation.write(folder / "evaluation.json")
        files.write_json(folder / "metrics.json", dict(self.figures))
        if self.rows is not None:
            files.write_bytes(folder / "predictions.csv", self.rows.to_csv(index=False, float_format="%.6g").encode())
        for name, picture in self.pictures.items():
            picture.replace(folder / f"{name}.png")


class Decided(Folder):
    """What became of a verdict: decision.json, written once the registry agreed with it."""

    @property
    def file(self) -> Path:
        """Return the file of the decision."""
        return self.folder / "decision.json"

    @property
    def last(self) -> Decision | None:
        """Return the last decision; None before the first."""
        return Decision.read(self.file) if self.file.exists() else None
