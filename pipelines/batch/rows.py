"""Rows that somebody asks about, as upstream delivers them: made into features as the pipeline makes them."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pipelines import files
from pipelines.columns import ROW
from pipelines.errors import PipelineError
from pipelines.params import Ingest
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS
from pipelines.record import tables
from pipelines.stages import canonical, parts, upstream
from pipelines.stages.features import with_features
from pipelines.stages.ingest import part_of, sort_out, unusable

LAST = "2200-01-01"  # rows of the future are what is asked about


@dataclass(frozen=True)
class Asked:
    """Rows that are asked about: all, or those of a part."""

    rows: pd.DataFrame  # key and features, one row per key
    set_aside: pd.DataFrame  # rows that cannot be true, as they came, each with its reason
    reasons: pd.Series  # of those, several for some
    source: int  # rows as they came


@dataclass
class Sum:
    """What became of all rows that are asked about."""

    source: int = 0
    reasons: list[pd.Series] = field(default_factory=lambda: [pd.Series(dtype="str")])

    def add(self, asked: Asked) -> None:
        """Count some."""
        self.source += asked.source
        self.reasons.append(asked.reasons)

    def most(self) -> dict[str, int]:
        """Return how many were set aside by which rule, the most frequent first."""
        return canonical.top(pd.concat(self.reasons))

    def unusable(self, asked: Path) -> PipelineError:
        """Return what to raise if no row is left."""
        return unusable(self.source, str(asked), pd.concat(self.reasons))


def taken(asked: Path, history: Path) -> Iterator[Asked]:
    """Take a file, or those of a folder, in as `ingest` does, and make features of the rows and of the canonical table.

    A file is like the delivery; its target may be missing, and is not looked at. Where rows come in parts, so do these: of
    the table, as of what is asked, no more is held than one part.

    Raises:
        PipelineError: if it cannot be read, or lacks a column.
    """
    known, first = {place.name: place for place in tables.parts(history)}, tables.first_row(history)
    files.REPORTS.mkdir(exist_ok=True)  # on the disk that has room for the table, and out of git if a kill leaves it
    with tempfile.TemporaryDirectory(prefix=".asked-", dir=files.REPORTS) as name:
        spooled = parts.spool(_by_part(asked, str(first[TARGET].iloc[0]), Path(name)), Path(name) / "parts")
        for place in spooled:
            past = known.get(place.name if parts.PART else history.name)
            yield _asked(tables.read(place), tables.read(past) if past else first[:0], Path(name) / "table.parquet")


def _by_part(asked: Path, possible: str, folder: Path) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
    """Yield rows with the part of each; their target is one that can be true: rows without any would be set apart."""
    target = next(column.upstream for column in COLUMNS if column.name == TARGET)
    for file in files_of(asked, str(upstream.file_like(asked))):
        place = _place(file, folder)
        try:
            for raw in upstream.chunks_of(place):
                rows = raw.assign(**{target: possible})
                canonical.check_columns(rows, COLUMNS, str(file))
                yield rows, part_of(rows) if parts.PART else pd.Series("all", index=rows.index)
        except PipelineError as error:
            raise PipelineError(str(error).replace(str(place), str(file))) from None


def files_of(asked: Path, like: str) -> list[Path]:
    """Return a file, or those of a folder that are not hidden, by name; `like` is one that is expected.

    Raises:
        PipelineError: if there is none.
    """
    if asked.is_dir():
        there = [path for path in sorted(asked.iterdir()) if path.is_file() and not path.name.startswith((".", "_"))]
        if there:
            return there
        raise PipelineError(f"{asked} has no file; some like {like} are expected.")
    if not asked.is_file():
        raise PipelineError(f"{asked} does not exist, or is no file; rows like those of {like} are expected.")
    return [asked]


def _place(asked: Path, folder: Path) -> Path:
    """Copy a file to where the problem reads it, packed as its name there says."""
    place = folder / upstream.file_like(asked)
    with files.opened(asked) as source, files.PACKED.get(place.suffix, open)(place, "wb") as copy:
        shutil.copyfileobj(source, copy)
    return place


def _asked(raw: pd.DataFrame, history: pd.DataFrame, place: Path) -> Asked:
    target = next(column.upstream for column in COLUMNS if column.name == TARGET)
    tally = sort_out(raw, place, Ingest() if TIME is None else Ingest.model_validate({"as_of": LAST}))
    rows = _with_features(tables.read(place), history) if tally.table else tally.kinds
    return Asked(rows, tally.quarantine.drop(columns=target), tally.reasons, tally.source)


def _with_features(rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return key and features of rows, which may be rows of the history; what that knows of their target stays known."""
    known = rows.drop(columns=TARGET).merge(history[[*KEY, TARGET]], on=KEY, how="left")
    keys = pd.MultiIndex.from_frame(rows[KEY])
    before = history[~pd.MultiIndex.from_frame(history[KEY]).isin(keys)]
    table = with_features(pd.concat([before, known[list(history)]]).sort_values(KEY, ignore_index=True))
    asked = table[pd.MultiIndex.from_frame(table[KEY]).isin(keys)]
    return tables.as_stored(asked.drop(columns=[TARGET, *(name for name in ROW if name not in KEY)]))
