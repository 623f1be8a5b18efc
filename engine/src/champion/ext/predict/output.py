"""The predictions as one table: written piece by piece, as CSV or Parquet, whole in the end or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from champion.core import files, tables, words
from champion.core.engines.task import Task
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.ingest import canonical
from champion.ingest.ingest import unusable
from champion.monitor import prediction_log

SUFFIXES = (".csv", ".parquet")


class Output:
    """A file that pieces of one table are written to."""

    def __init__(self, place: Path, suffix: str) -> None:
        self.place, self.suffix, self.rows = place, suffix, 0
        self._parquet: parquet.ParquetWriter | None = None

    def write(self, piece: pd.DataFrame) -> None:
        """Add rows; each piece has the columns of the first."""
        if self.suffix == ".csv":
            piece.to_csv(self.place, mode="a", header=not self.place.exists(), index=False)
        else:
            table = pa.Table.from_pandas(piece, preserve_index=False)
            if self._parquet is None:
                self._parquet = parquet.ParquetWriter(self.place, table.schema)
            self._parquet.write_table(table.cast(self._parquet.schema))
        self.rows += len(piece)

    def close(self) -> None:
        """Write what is still to be written."""
        if self._parquet:
            self._parquet.close()


def check(path: Path) -> None:
    """Refuse a file that is of no format which can be written.

    Raises:
        PipelineError: naming those that can.
    """
    if path.suffix not in SUFFIXES:
        raise PipelineError(f"{path} ends in {path.suffix or 'nothing'}; {' or '.join(SUFFIXES)} is expected.")


@contextmanager
def replacing(path: Path) -> Iterator[Output]:
    """Yield an output that takes the place of `path` if nothing fails; with no row in it, there is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}.part")
    place.unlink(missing_ok=True)
    output = Output(place, path.suffix)
    try:
        yield output
        output.close()
        path.unlink(missing_ok=True)
        if output.rows:
            place.replace(path)
    except OSError as error:
        raise PipelineError(f"{path} is not written: {files.refused(error)}.") from None
    finally:
        place.unlink(missing_ok=True)


def log(problem: Problem, tasks: Sequence[Task], table: Path, at: datetime) -> str:
    """Add what tasks predicted to the log of predictions, with the time at which that was; return what is to be said of it.

    Rows of the canonical `table` are left out: the model may have been trained on them, and their target is known already.
    """
    predicted = 0
    with replacing(files.PREDICTIONS / f"{at:%Y%m%dT%H%M%S%f}.parquet") as logged:
        for task in (each for each in tasks if each.writes[0].exists()):
            rows, known = tables.read(task.writes[0]), _keys(problem, task.reads[1] if len(task.reads) > 1 else table)
            keys = pd.MultiIndex.from_frame(rows[problem.key].astype(known.dtypes.to_dict()))
            new = ~keys.isin(pd.MultiIndex.from_frame(known))
            predicted += len(rows)
            logged.write(rows[new].assign(**{prediction_log.AT: at}))
    left_out = predicted - logged.rows
    return f"\n  {left_out:,} of them not logged: their target is known already" if left_out else ""


@cache
def _keys(problem: Problem, table: Path) -> pd.DataFrame:
    return tables.read(table, problem.key)


def write_out(tasks: Sequence[Task], asked: Path, out: Path, name: str) -> str:
    """Put the pieces that tasks wrote together, one at a time; return what was done.

    Raises:
        PipelineError: if no row is left, or the file cannot be written; then the files of before stay.
    """
    set_aside = out.with_name(f"{out.stem}.quarantine{out.suffix}")
    source = sum(tables.size(task.reads[0]) for task in tasks)
    reasons = pd.concat([pd.Series(dtype="str"), *(tables.read(task.writes[-1])["reason"] for task in tasks)])
    with replacing(set_aside) as aside, replacing(out) as predicted:
        for task in tasks:
            for piece, end in zip(task.writes, (predicted, aside), strict=False):
                if piece.exists():
                    end.write(tables.read(piece))
        if not predicted.rows:
            raise unusable(source, str(asked), reasons)
    said = f"{name} predicted {words.plural(predicted.rows, 'row')}, made of the {source:,} in {asked}"
    if not aside.rows:
        return said
    because = "".join(f"\n  {count:,} like {reason}" for reason, count in canonical.top(reasons).items())
    return f"{said}; {words.plural(aside.rows, 'row')} set aside in {set_aside}:{because}"
