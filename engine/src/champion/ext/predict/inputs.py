"""Rows that are to be predicted: what every kind of them can do."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from champion.core import files
from champion.core.documents.model import ModelCard
from champion.core.engines.task import Task
from champion.core.errors import PipelineError


@dataclass(frozen=True)
class Prepared:
    """Rows of a part, ready for the model."""

    rows: pd.DataFrame  # key and features, one row per key
    set_aside: pd.DataFrame  # rows that cannot be true, as they came, each with its reason
    reasons: pd.Series  # of those, several for some


class BatchInput(Protocol):
    """Rows in a file, or in those of a folder; it can be pickled."""

    def digest(self) -> str:
        """Return what is another text as soon as the features of these rows may be others.

        Raises:
            PipelineError: if there is no file.
        """

    def obstacle(self, folder: Path, card: ModelCard) -> str:
        """Say why the features of these rows cannot be what a model learned that was fetched into a folder; empty if they can."""

    def spool(self, folder: Path) -> None:
        """Write the rows by part: a file or folder for each in `folder`; no more is held than is read at once.

        Raises:
            PipelineError: if they cannot be read, or lack a column.
        """

    def reads(self, part: Path) -> tuple[Path, ...]:
        """Return what has to be read to predict a part that `spool` wrote."""

    def prepared(self, task: Task) -> Prepared:
        """Return the rows of a part with their features."""


def digest(paths: list[Path]) -> str:
    """Return the digest of files, in their order."""
    return hashlib.sha256("".join(map(files.sha256, paths)).encode()).hexdigest()


def files_of(given: Path, like: str) -> list[Path]:
    """Return a file, or those of a folder that are not hidden, by name; `like` is one that is expected.

    Raises:
        PipelineError: if there is none.
    """
    if given.is_dir():
        there = [path for path in sorted(given.iterdir()) if path.is_file() and not path.name.startswith((".", "_"))]
        if there:
            return there
        raise PipelineError(f"{given} has no file; some like {like} are expected.")
    if not given.is_file():
        raise PipelineError(f"{given} does not exist, or is no file; rows like those of {like} are expected.")
    return [given]
