"""Rows that somebody asks about, as upstream delivers them: made into features as the pipeline makes them."""

import hashlib
import lzma
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import pandas as pd

from pipelines import files
from pipelines.columns import ROW
from pipelines.engines.task import Task
from pipelines.errors import PipelineError
from pipelines.params import Ingest
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS
from pipelines.record import tables
from pipelines.stages import canonical, parts, upstream
from pipelines.stages.features import with_features
from pipelines.stages.ingest import part_of, sort_out

LAST = "2200-01-01"  # rows of the future are what is asked about


@dataclass(frozen=True)
class Asked:
    """Rows of a part that are asked about."""

    rows: pd.DataFrame  # key and features, one row per key
    set_aside: pd.DataFrame  # rows that cannot be true, as they came, each with its reason
    reasons: pd.Series  # of those, several for some


class Question(Protocol):
    """Rows that are asked about, in a file or those of a folder; it can be pickled."""

    def digest(self) -> str:
        """Return what is another text as soon as the features of these rows may be others.

        Raises:
            PipelineError: if there is no file.
        """

    def spool(self, folder: Path) -> None:
        """Write the rows by part: a file or folder for each in `folder`; no more is held than is read at once.

        Raises:
            PipelineError: if they cannot be read, or lack a column.
        """

    def reads(self, part: Path) -> tuple[Path, ...]:
        """Return what has to be read to answer a part that `spool` wrote."""

    def asked(self, task: Task) -> Asked:
        """Return the rows of a part with their features."""


@dataclass(frozen=True)
class Delivered:
    """Rows as upstream delivers them; the target may be missing, and is not looked at."""

    given: Path
    history: Path  # the canonical table

    @cached_property
    def first(self) -> pd.DataFrame:
        """Return the first row of the history."""
        return tables.first_row(self.history)

    def digest(self) -> str:
        """See Question."""
        code = sorted(Path("pipelines").rglob("*.py"))
        return digest([*files_of(self.given, upstream.file_like(self.given)), *tables.parts(self.history), *code])

    def spool(self, folder: Path) -> None:
        """See Question."""
        with tempfile.TemporaryDirectory(dir=folder.parent) as copies:
            parts.spool(self._by_part(Path(copies)), folder)

    def _by_part(self, copies: Path) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
        """Yield rows with the part of each; their target is one that can be true: rows without any would be set apart."""
        possible = {_target(): str(self.first[TARGET].iloc[0])}
        for file in files_of(self.given, upstream.file_like(self.given)):
            place = _place(file, copies)
            try:
                for raw in upstream.chunks_of(place):
                    rows = raw.assign(**possible)
                    canonical.check_columns(rows, COLUMNS, str(file))
                    yield rows, part_of(rows) if parts.PART else pd.Series("all", index=rows.index)
            except PipelineError as error:
                raise PipelineError(str(error).replace(str(place), str(file))) from None

    def reads(self, part: Path) -> tuple[Path, ...]:
        """See Question: rows of the past belong to it, if there are any."""
        past = self.history / part.name if parts.PART else self.history
        return (part, past) if past.exists() else (part,)

    def asked(self, task: Task) -> Asked:
        """See Question: rows are taken in as `ingest` does, and features made of them and of the past."""
        raw, *past = map(tables.read, task.reads)
        place = task.writes[0].with_suffix(".table")
        tally = sort_out(raw, place, Ingest() if TIME is None else Ingest.model_validate({"as_of": LAST}))
        history = past[0] if past else self.first[:0]
        rows = _with_features(tables.read(place), history) if tally.table else tally.kinds
        place.unlink(missing_ok=True)
        return Asked(rows, tally.quarantine.drop(columns=_target()), tally.reasons)


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


def _target() -> str:
    return next(column.upstream for column in COLUMNS if column.name == TARGET)


def _place(given: Path, folder: Path) -> Path:
    """Copy a file to where the problem reads it, packed as its name there says."""
    place = folder / upstream.file_like(given)
    try:
        with files.opened(given) as source, files.PACKED.get(place.suffix, open)(place, "wb") as copy:
            shutil.copyfileobj(source, copy)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise PipelineError(f"{given} cannot be unpacked: {error}. Send it again.") from None
    return place


def _with_features(rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return key and features of rows, which may be rows of the history; what that knows of their target stays known."""
    known = rows.drop(columns=TARGET).merge(history[[*KEY, TARGET]], on=KEY, how="left")
    keys = pd.MultiIndex.from_frame(rows[KEY])
    before = history[~pd.MultiIndex.from_frame(history[KEY]).isin(keys)]
    table = with_features(pd.concat([before, known[list(history)]]).sort_values(KEY, ignore_index=True))
    asked = table[pd.MultiIndex.from_frame(table[KEY]).isin(keys)]
    return tables.as_stored(asked.drop(columns=[TARGET, *(name for name in ROW if name not in KEY)]))
