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

from champion.core import files, parts, tables, version
from champion.core.documents.model import ModelCard
from champion.core.engines.task import Task
from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.core.problem import Problem
from champion.ext.predict.inputs import Prepared, digest, files_of
from champion.features.rows import rows_of
from champion.ingest import canonical, upstream
from champion.ingest.ingest import part_of, tally
from champion.lineage import checkout, git, identity
from champion.metrics import comparable

LAST = "2200-01-01"  # rows of the future are what is asked about


@dataclass(frozen=True)
class RawRows:
    """Rows as upstream delivers them; the target may be missing, and is not looked at."""

    problem: Problem
    given: Path
    history: Path  # the canonical table

    @cached_property
    def first(self) -> pd.DataFrame:
        """Return the first row of the history."""
        return tables.first_row(self.history)

    def digest(self) -> str:
        """As BatchInput: of the rows, the canonical table, the code with whatever it reads, the engine and the packages."""
        _ = self.first  # a table that is not here is told as that
        code = [path for path in sorted(Path("pipelines").rglob("*")) if path.is_file() and path.suffix != ".pyc"]
        given, past = files_of(self.given, upstream.file_like(self.problem, self.given)), files.parts(self.history)
        return f"{digest([*given, *past, *code, Path(identity.ENVIRONMENT)])} {version.digest()}"

    def obstacle(self, folder: Path, card: ModelCard) -> str:
        """As BatchInput: of the model's own code features are what it learned; of another they are looked at."""
        packed = folder / identity.PACKED
        with tempfile.TemporaryDirectory() as name:
            if packed.exists() and checkout.unpack(packed.read_bytes(), Path(name) / "code", identity.CODE) == git.tree(
                identity.CODE
            ):
                return ""
        return unlike(self.problem, card, self.history)

    def spool(self, folder: Path) -> None:
        """As BatchInput."""
        with tempfile.TemporaryDirectory(dir=folder.parent) as copies:
            parts.spool(self._by_part(Path(copies)), folder)

    def _by_part(self, copies: Path) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
        """Yield rows with the part of each; their target is one that can be true: rows without any would be set apart."""
        possible = {_target(self.problem): str(self.first[self.problem.target].iloc[0])}
        for file in files_of(self.given, upstream.file_like(self.problem, self.given)):
            place = _place(self.problem, file, copies)
            try:
                for raw in upstream.chunks_of(self.problem, place):
                    canonical.check_columns(
                        raw,
                        [column for column in self.problem.columns if column.name != self.problem.target],
                        str(file),
                    )
                    rows = raw.assign(**possible)
                    yield rows, part_of(self.problem, rows) if self.problem.part else pd.Series("all", index=rows.index)
            except PipelineError as error:
                raise PipelineError(str(error).replace(str(place), str(file))) from None

    def reads(self, part: Path) -> tuple[Path, ...]:
        """As BatchInput: rows of the past belong to it, if there are any."""
        past = self.history / part.name if self.problem.part else self.history
        return (part, past) if past.exists() else (part,)

    def prepared(self, task: Task) -> Prepared:
        """As BatchInput: rows are taken in as `ingest` does, and features made of them and of the past."""
        raw, *past = map(tables.read, task.reads)
        place = task.writes[0].with_suffix(".table")
        up_to = Ingest() if self.problem.time is None else Ingest.model_validate({"as_of": LAST})
        found = tally(self.problem, raw, place, up_to)
        history = past[0] if past else self.first[:0]
        rows = _with_features(self.problem, tables.read(place), history) if found.table else found.kinds
        place.unlink(missing_ok=True)
        return Prepared(rows, found.quarantine.drop(columns=_target(self.problem)), found.reasons)


def unlike(problem: Problem, card: ModelCard, table: Path) -> str:
    """Say why the features that are made here cannot be what a model learned; empty if nothing speaks against it."""
    rows = []
    for part in files.parts(table):
        made = comparable.widened(tables.as_stored(rows_of(problem, tables.read(part))), card.features)
        if lacking := comparable.lacking(card, made, problem.key):
            return lacking
        rows.append(comparable.remembered(card, made, problem.key))
    together = pd.concat(rows, ignore_index=True)
    return comparable.unlike(card, together, problem.key) if len(together) else ""


def _target(problem: Problem) -> str:
    return next(column.upstream for column in problem.columns if column.name == problem.target)


def _place(problem: Problem, given: Path, folder: Path) -> Path:
    """Copy a file to where the problem reads it, packed as its name there says."""
    place = folder / upstream.file_like(problem, given)
    try:
        with files.opened(given) as source, files.PACKED.get(place.suffix, open)(place, "wb") as copy:
            shutil.copyfileobj(source, copy)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno:  # of the system; what unpacks has none
            raise PipelineError(f"{files.refused(error)} and ask again.") from None
        raise PipelineError(f"{given} cannot be unpacked: {error}. Send it again.") from None
    return place


def _with_features(problem: Problem, rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return key and features of rows, which may be rows of the history; what that knows of their target stays known."""
    known = rows.drop(columns=problem.target).merge(history[[*problem.key, problem.target]], on=problem.key, how="left")
    keys = pd.MultiIndex.from_frame(rows[problem.key])
    before = history[~pd.MultiIndex.from_frame(history[problem.key]).isin(keys)]
    table = rows_of(problem, pd.concat([before, known[list(history)]]).sort_values(problem.key, ignore_index=True))
    asked = table[pd.MultiIndex.from_frame(table[problem.key]).isin(keys)]
    return tables.as_stored(
        asked.drop(columns=[problem.target, *(name for name in problem.row if name not in problem.key)])
    )
