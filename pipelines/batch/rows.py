"""Rows that somebody asks about, as upstream delivers them: made into features as the pipeline makes them."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines import files
from pipelines.columns import ROW
from pipelines.documents.data import Counts
from pipelines.errors import PipelineError
from pipelines.params import Ingest
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS
from pipelines.record import tables
from pipelines.stages import upstream
from pipelines.stages.features import with_features
from pipelines.stages.ingest import take_in

LAST = "2200-01-01"  # rows of the future are what is asked about


@dataclass(frozen=True)
class Asked:
    """The rows that are asked about."""

    rows: pd.DataFrame  # key and features, one row per key
    set_aside: pd.DataFrame  # rows that cannot be true, as they came, each with its reason
    counts: Counts


def taken(asked: Path, history: pd.DataFrame) -> Asked:
    """Take a file in as `ingest` does, and make features of its rows and of the `history`, which is the canonical table.

    The file is like the delivery; its target may be missing, and is not looked at.

    Raises:
        PipelineError: if it cannot be read, lacks a column, or none of its rows is usable.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = _place(asked, folder)
        try:
            raw = upstream.rows_of(place)
            target = next(column.upstream for column in COLUMNS if column.name == TARGET)
            raw[target] = str(history[TARGET].iloc[0])  # one that can be true: rows without any would be set apart
            counts = take_in(
                raw, str(asked), folder, Ingest() if TIME is None else Ingest.model_validate({"as_of": LAST})
            )
        except PipelineError as error:
            raise PipelineError(str(error).replace(str(place), str(asked))) from None
        rows, set_aside = (tables.read(folder / f"{part}.parquet") for part in ("table", "quarantine"))
    return Asked(_with_features(rows, history), set_aside.drop(columns=target), counts)


def _place(asked: Path, folder: Path) -> Path:
    """Copy a file to where the problem reads it, packed as its name there says."""
    place = folder / upstream.file_like(asked)
    if not asked.is_file():
        raise PipelineError(f"{asked} does not exist, or is no file; rows like those of {place.name} are expected.")
    with files.opened(asked) as source, files.PACKED.get(place.suffix, open)(place, "wb") as copy:
        shutil.copyfileobj(source, copy)
    return place


def _with_features(rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return key and features of rows, which may be rows of the history; what that knows of their target stays known."""
    known = rows.drop(columns=TARGET).merge(history[[*KEY, TARGET]], on=KEY, how="left")
    keys = pd.MultiIndex.from_frame(rows[KEY])
    before = history[~pd.MultiIndex.from_frame(history[KEY]).isin(keys)]
    table = with_features(pd.concat([before, known[list(history)]]).sort_values(KEY, ignore_index=True))
    asked = table[pd.MultiIndex.from_frame(table[KEY]).isin(keys)]
    return tables.as_stored(asked.drop(columns=[TARGET, *(name for name in ROW if name not in KEY)]))
