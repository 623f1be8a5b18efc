"""Read and write tables: each a Parquet file, or where rows come in parts a folder of them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from pyarrow.dataset import dataset

from champion.core import files
from champion.core.errors import PipelineError


def read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table as a whole, or some of its columns.

    Raises:
        PipelineError: if it is missing or broken.
    """
    with _explained(path):
        return pd.read_parquet(path, columns=columns)


def first_row(path: Path) -> pd.DataFrame:
    """Read the first row of a table and nothing else: what its columns are called and hold.

    Raises:
        PipelineError: if it is missing or broken.
    """
    with _explained(path):
        return dataset(path).head(1).to_pandas()


def size(path: Path) -> int:
    """Count the rows of a table, without reading them."""
    with _explained(path):
        return int(dataset(path).count_rows())


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise PipelineError(f"{path} does not exist yet. Run `dvc repro`.") from None
    except ValueError as error:  # what pyarrow raises is one
        raise PipelineError(f"{path} is not a table: {error}. Delete it and run `dvc repro`.") from None


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a Parquet file whole or not at all; equal tables give equal bytes."""
    with files.replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def as_stored(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it would be read back: a text with missing values has another type in memory than in a file."""
    stored = io.BytesIO()
    table.to_parquet(stored, index=False)
    return pd.read_parquet(stored)
