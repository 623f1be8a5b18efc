"""A table that a stage hands on: rows in files, read when they are asked for."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from champion.core import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_SCRATCH: ContextVar[Path] = ContextVar("scratch")


class Table:
    """Rows in a Parquet file, or where rows come in parts in a file for each of them. Read when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Stand for the rows in a file or folder, which need not exist yet."""
        self.path = path

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Table:
        """Return a table of rows that a stage made."""
        from champion.core import tables  # noqa: PLC0415  # pandas: a second, and some stages only look at files

        path = scratch_path(f"{uuid4().hex}.parquet")
        tables.write(rows, path)
        return cls(path)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Return all rows. Shared: do not change them.

        Raises:
            PipelineError: if they are missing or broken.
        """
        from champion.core import tables  # noqa: PLC0415  # as above

        return tables.read(self.path)

    @property
    def files(self) -> list[Path]:
        """Return the file of each part, in the order in which they are read as one."""
        return files.parts(self.path)

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the content."""
        return files.sha256(self.path)

    def keep(self, path: Path) -> None:
        """Put the rows where they stay; what is there is replaced. Those of another stage stay there, too."""
        if path.is_dir():
            shutil.rmtree(path)
        if self.path.is_relative_to(_SCRATCH.get()):
            self.path.replace(path)
        else:
            _copy(self.path, path)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        with files.replacing(target) as temporary:
            shutil.copyfile(source, temporary)


@contextmanager
def scratch(folder: Path | None = None) -> Iterator[None]:
    """Let `scratch_path` name places in a folder that is gone afterwards; beside the results, so that to move files costs nothing."""
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=folder) as name:
        token = _SCRATCH.set(Path(name))
        try:
            yield
        finally:
            _SCRATCH.reset(token)


def scratch_path(name: str) -> Path:
    """Return a place for a file that a stage makes, until it is known that all of them are good."""
    return _SCRATCH.get() / name
