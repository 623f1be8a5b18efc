"""Get the delivery from the problem: from a file, by `read`, or from the system that `SOURCE` names."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from champion.core import returned
from champion.core.errors import PipelineError
from champion.core.files import STATE
from champion.core.problem import Problem
from champion.ingest import formats as files
from champion.ingest.delivery import check_fetched, check_rows

WHERE = "in pipelines/problem/source.py"
ASKED = (
    "dvc stage add --name source --always-changed --outs-persist-no-cache {state} "
    '"python -m champion.ingest.source {state}"'
)


def called(problem: Problem, folder: Path) -> str:
    """Return what messages call the delivery."""
    return problem.system.name if problem.system else str(folder / problem.source.FILE)


def chunks(problem: Problem, folder: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of the delivery in as many tables as `read` returns: one, or some after the other.

    Raises:
        PipelineError: if it cannot be read, or not whole.
    """
    _check_asked(problem, folder / STATE)
    if problem.system:
        state = (folder / STATE).read_text(encoding="utf-8").strip()
        yield returned.table(problem.system.read(state), f"read() of SOURCE {WHERE}")
    else:
        yield from _read(problem, folder)


def file_like(problem: Problem, asked: Path) -> str:
    """Return what a file that somebody asks about has to be called, to be read as the delivery is."""
    return asked.name if problem.system else str(problem.source.FILE)


def chunks_of(problem: Problem, path: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file that is like the delivery, in as many tables as `read` returns."""
    return (
        iter([files.rows(path.read_bytes(), str(path))])
        if problem.system
        else _read(problem, path.parent, "Send another one.")
    )


def whole(tables: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """Return several tables as one."""
    first, *others = tables
    return pd.concat([first, *others], ignore_index=True) if others else first


def _check_asked(problem: Problem, state: Path) -> None:
    """Refuse a `state` that no stage asks: it would leave old rows in place, and nobody would know."""
    asks = "SOURCE" if problem.system else "state()" if hasattr(problem.source, "state") else None
    if asks and not state.exists():
        raise PipelineError(
            f"{asks} {WHERE} is asked by no stage yet. Add one, then run `dvc repro`:\n  {ASKED.format(state=state)}"
        )


def _read(problem: Problem, folder: Path, remedy: str = "") -> Iterator[pd.DataFrame]:
    """Call the problem's reader and explain what the usual accidents look like; `remedy` is what to do, if not to fetch it."""
    delivery, records, rows = folder / problem.source.FILE, getattr(problem.source, "records", None), 0
    check_fetched(delivery)
    remedy = remedy or f"Fetch the delivery again (`git checkout {delivery}` restores the sample)."
    try:
        for table in _tables(problem.source.read(folder)):
            if not isinstance(table.index, pd.RangeIndex):
                raise PipelineError(f"{delivery} has more fields in its rows than names in its header. {remedy}")
            rows += len(table)
            yield table
    except FileNotFoundError:
        raise PipelineError(f"{delivery} does not exist. {remedy}") from None
    except UnicodeDecodeError as error:
        raise PipelineError(
            f"{delivery} is not {error.encoding}: byte 0x{error.object[error.start]:02x} at position {error.start}. "
            "Export it in that encoding, or change `read` in pipelines/problem/source.py."
        ) from None
    except pd.errors.EmptyDataError:
        raise PipelineError(f"{delivery} is empty. {remedy}") from None
    except EOFError:
        raise PipelineError(f"{delivery} is truncated: the compressed stream ends early. {remedy}") from None
    except (ValueError, OSError, zlib.error) as error:
        raise PipelineError(f"{delivery} cannot be read: {str(error).strip()}. {remedy}") from None
    check_rows(delivery, rows, records(folder) if records else None)


def _tables(read: object) -> Iterator[pd.DataFrame]:
    """Yield what `read` returned: a table, or one after the other, as `pd.read_csv(…, chunksize=…)` does."""
    where, some = f"read() {WHERE}", False
    for table in read if isinstance(read, Iterator) else [read]:
        yield returned.table(table, where)
        some = True
    if not some:
        raise PipelineError(f"{where} returned no table; one is expected, without rows if there are none.")
