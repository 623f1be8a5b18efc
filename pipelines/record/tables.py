"""Read and write tables."""

import io
from pathlib import Path

import pandas as pd

from pipelines import files
from pipelines.errors import PipelineError


def read(path: Path) -> pd.DataFrame:
    """Read a Parquet file.

    Raises:
        PipelineError: if it is missing or broken.
    """
    try:
        return pd.read_parquet(path)
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
