"""Rows that have features already, from whoever keeps them: read some at a time, with the types that a model takes."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import parquet

from pipelines.batch.rows import Asked, files_of
from pipelines.documents.model import ModelCard
from pipelines.errors import PipelineError
from pipelines.sources.files import SEPARATORS

AT_ONCE = 100_000  # rows


def with_features(asked: Path, card: ModelCard) -> Iterator[Asked]:
    """Yield the rows of a Parquet or CSV file, or of a folder of them, with the features of a model's card.

    Raises:
        PipelineError: if a file is of another format or broken, or a feature is missing or of another type.
    """
    for file in files_of(asked, "features.parquet"):
        for rows in _read(file, card):
            typed = _typed(rows, card, file)
            yield Asked(typed, typed[:0], pd.Series(dtype="str"), len(typed))


def _read(file: Path, card: ModelCard) -> Iterator[pd.DataFrame]:
    numbers = [name for name, kind in card.features if kind.lower().startswith(("int", "uint", "float", "bool"))]
    try:
        if file.suffix == ".parquet":
            for batch in parquet.ParquetFile(file).iter_batches(AT_ONCE):
                yield batch.to_pandas()
        elif file.suffix in SEPARATORS:
            texts: Any = defaultdict(lambda: "str", dict.fromkeys(numbers))  # 007 is a name, and NA a country
            yield from pd.read_csv(
                file, sep=SEPARATORS[file.suffix], dtype=texts, keep_default_na=False, na_values=[""], chunksize=AT_ONCE
            )
        else:
            raise PipelineError(f"{file} ends in {file.suffix or 'nothing'}; .parquet, .csv or .tsv is expected.")
    except (ValueError, OSError) as error:  # what pyarrow and pandas raise is one of them
        raise PipelineError(f"{file} cannot be read: {str(error).strip().splitlines()[0]}.") from None


def _typed(rows: pd.DataFrame, card: ModelCard, file: Path) -> pd.DataFrame:
    """Return rows with each feature in the type that the model was trained on: a file knows fewer of them."""
    if missing := [name for name in card.columns if name not in rows]:
        raise PipelineError(f"{file} has no feature {', '.join(missing)}; it has {', '.join(map(str, rows))}.")
    return pd.DataFrame(
        {**rows, **{name: _as(rows[name], kind, f"{file}: the feature {name}") for name, kind in card.features}}
    ).reset_index(drop=True)


def _as(values: pd.Series, kind: str, where: str) -> pd.Series:
    try:
        typed = values.astype(kind)  # type: ignore[call-overload]
    except (ValueError, TypeError) as error:
        raise PipelineError(f"{where} is no {kind}, which the model takes: {error}.") from None
    if kind.startswith(("int", "uint")) and not (typed == values).all():  # pandas cuts them off
        raise PipelineError(f"{where} is no {kind}, which the model takes: some are no whole numbers.")
    return typed
