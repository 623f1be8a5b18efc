"""Rows that have features already, from whoever keeps them: read some at a time, with the types that a model takes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import parquet

from champion.core import tables
from champion.core.documents.model import ModelCard
from champion.core.engines.task import Task
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.ext.predict.inputs import Prepared, digest, files_of
from champion.ingest.formats import SEPARATORS

AT_ONCE, LIKE = 100_000, "features.parquet"  # rows; what a file may be called


@dataclass(frozen=True)
class FeatureRows:
    """Rows with the features that a card names, in Parquet or CSV; what else they have does not matter."""

    problem: Problem
    given: Path
    card: ModelCard
    with_key: bool  # whether each row has to say which one it is

    def digest(self) -> str:
        """As BatchInput."""
        return digest(files_of(self.given, LIKE))

    def obstacle(self, folder: Path, card: ModelCard) -> str:  # noqa: ARG002
        """As BatchInput: nobody but their maker knows."""
        return ""

    def spool(self, folder: Path) -> None:
        """As BatchInput: some rows are a part."""
        files = files_of(self.given, LIKE)
        pieces = (self._typed(rows, file) for file in files for rows in _read(file, self.card))
        for number, rows in enumerate(pieces):
            tables.write(rows, folder / f"{number:09}.parquet")

    def reads(self, part: Path) -> tuple[Path, ...]:
        """As BatchInput."""
        return (part,)

    def prepared(self, task: Task) -> Prepared:
        """As BatchInput."""
        rows = tables.read(task.reads[0])
        return Prepared(rows, rows[:0], pd.Series(dtype="str"))

    def _typed(self, rows: pd.DataFrame, file: Path) -> pd.DataFrame:
        """Return key and features, each feature in the type that the model was trained on: a file knows fewer of them."""
        needed = [*self.card.columns, *(self.problem.key if self.with_key else [])]
        if missing := [name for name in needed if name not in rows]:
            raise PipelineError(f"{file} has no column {', '.join(missing)}; it has {', '.join(map(str, rows))}.")
        key = {name: rows[name] for name in self.problem.key if name in rows}
        kinds = {name: _as(rows[name], kind, f"{file}: the feature {name}") for name, kind in self.card.features}
        return pd.DataFrame(key | kinds).reset_index(drop=True)


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


def _as(values: pd.Series, kind: str, where: str) -> pd.Series:
    try:
        typed = values.astype(kind)  # type: ignore[call-overload]
    except (ValueError, TypeError) as error:
        raise PipelineError(f"{where} is no {kind}, which the model takes: {error}.") from None
    if kind.startswith(("int", "uint")) and not (typed == values).all():  # pandas cuts them off
        raise PipelineError(f"{where} is no {kind}, which the model takes: some are no whole numbers.")
    return typed
