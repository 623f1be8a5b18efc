"""Rows to predict, as upstream delivers them: made into features as the pipeline makes them."""

import lzma
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from pipelines import files
from pipelines.batch.inputs import Prepared, digest, files_of
from pipelines.columns import ROW
from pipelines.documents.model import ModelCard
from pipelines.engines.task import Task
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable
from pipelines.params import Ingest
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.source import COLUMNS
from pipelines.record import checkout, git, identity, tables
from pipelines.stages import canonical, parts, upstream
from pipelines.stages.features import with_features
from pipelines.stages.ingest import part_of, sort_out

LAST = "2200-01-01"  # rows of the future are what is asked about


@dataclass(frozen=True)
class RawRows:
    """Rows as upstream delivers them; the target may be missing, and is not looked at."""

    given: Path
    history: Path  # the canonical table

    @cached_property
    def first(self) -> pd.DataFrame:
        """Return the first row of the history."""
        return tables.first_row(self.history)

    def digest(self) -> str:
        """As BatchInput: of the rows, the canonical table, the code with whatever it reads, and the packages."""
        _ = self.first  # a table that is not here is told as that
        code = [path for path in sorted(Path("pipelines").rglob("*")) if path.is_file() and path.suffix != ".pyc"]
        given, past = files_of(self.given, upstream.file_like(self.given)), tables.parts(self.history)
        return digest([*given, *past, *code, Path(identity.ENVIRONMENT)])

    def obstacle(self, folder: Path, card: ModelCard) -> str:
        """As BatchInput: of the model's own code features are what it learned; of another they are looked at."""
        packed = folder / identity.PACKED
        with tempfile.TemporaryDirectory() as name:
            if packed.exists() and checkout.unpack(packed.read_bytes(), Path(name) / "code", identity.CODE) == git.tree(
                identity.CODE
            ):
                return ""
        return unlike(card, self.history)

    def spool(self, folder: Path) -> None:
        """As BatchInput."""
        with tempfile.TemporaryDirectory(dir=folder.parent) as copies:
            parts.spool(self._by_part(Path(copies)), folder)

    def _by_part(self, copies: Path) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
        """Yield rows with the part of each; their target is one that can be true: rows without any would be set apart."""
        possible = {_target(): str(self.first[TARGET].iloc[0])}
        for file in files_of(self.given, upstream.file_like(self.given)):
            place = _place(file, copies)
            try:
                for raw in upstream.chunks_of(place):
                    canonical.check_columns(raw, [column for column in COLUMNS if column.name != TARGET], str(file))
                    rows = raw.assign(**possible)
                    yield rows, part_of(rows) if parts.PART else pd.Series("all", index=rows.index)
            except PipelineError as error:
                raise PipelineError(str(error).replace(str(place), str(file))) from None

    def reads(self, part: Path) -> tuple[Path, ...]:
        """As BatchInput: rows of the past belong to it, if there are any."""
        past = self.history / part.name if parts.PART else self.history
        return (part, past) if past.exists() else (part,)

    def prepared(self, task: Task) -> Prepared:
        """As BatchInput: rows are taken in as `ingest` does, and features made of them and of the past."""
        raw, *past = map(tables.read, task.reads)
        place = task.writes[0].with_suffix(".table")
        tally = sort_out(raw, place, Ingest() if TIME is None else Ingest.model_validate({"as_of": LAST}))
        history = past[0] if past else self.first[:0]
        rows = _with_features(tables.read(place), history) if tally.table else tally.kinds
        place.unlink(missing_ok=True)
        return Prepared(rows, tally.quarantine.drop(columns=_target()), tally.reasons)


def unlike(card: ModelCard, table: Path) -> str:
    """Say why the features that are made here cannot be what a model learned; empty if nothing speaks against it."""
    rows = []
    for part in tables.parts(table):
        made = comparable.widened(tables.as_stored(with_features(tables.read(part))), card.features)
        if lacking := comparable.lacking(card, made, KEY):
            return lacking
        rows.append(comparable.remembered(card, made, KEY))
    together = pd.concat(rows, ignore_index=True)
    return comparable.unlike(card, together, KEY) if len(together) else ""


def _target() -> str:
    return next(column.upstream for column in COLUMNS if column.name == TARGET)


def _place(given: Path, folder: Path) -> Path:
    """Copy a file to where the problem reads it, packed as its name there says."""
    place = folder / upstream.file_like(given)
    try:
        with files.opened(given) as source, files.PACKED.get(place.suffix, open)(place, "wb") as copy:
            shutil.copyfileobj(source, copy)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno:  # of the system; what unpacks has none
            raise PipelineError(f"{files.refused(error)} and ask again.") from None
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
