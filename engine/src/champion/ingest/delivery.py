"""Look at the delivery as a file, whatever reads it: what a reader loses is told, and what is no delivery is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from champion.core import files
from champion.core.errors import PipelineError

TEXT = (".csv", ".tsv", ".txt")  # a line of these is a row, unless a field holds a line break
POINTER = b"version https://git-lfs.github.com/"
WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16: its lines cannot be told by their bytes
BLOCK = 1 << 20  # bytes
NEW_LINE, QUOTE = b'\n"'
IS_SPACE = np.isin(np.arange(256), list(b" \t\n\r\x0b\x0c"))


@dataclass(frozen=True)
class Lines:
    """What the lines of a file tell of its rows. Lines are counted from 1."""

    rows: int  # lines that are not blank, but for the header
    unpaired: int | None  # the first line with a quote that is not closed in it


def check_fetched(delivery: Path) -> None:
    """Refuse what stands in for a file that was not fetched.

    Raises:
        PipelineError: if it is a pointer of git-lfs.
    """
    if delivery.is_file():
        with delivery.open("rb") as file:
            if file.read(len(POINTER)) == POINTER:
                raise PipelineError(
                    f"{delivery} is a pointer of git-lfs, not the file itself. `git lfs pull` fetches it."
                )


def check_rows(delivery: Path, rows: int, records: int | None) -> None:
    """Compare the rows that were read with the records that the delivery has; without their number, with its lines.

    Raises:
        PipelineError: if rows were lost on the way, or a line holds a NUL byte, at which readers end a field.
    """
    if records is not None:
        if rows != records:
            raise PipelineError(
                f"{delivery}: read() returned {rows:,} rows, and records() says that there are {records:,}. Repair the one that "
                "is wrong, in pipelines/problem/source.py."
            )
        return
    lines = _lines(delivery)
    if lines is None or rows >= lines.rows:
        return
    raise PipelineError(
        f"{delivery} has {lines.rows:,} lines after its header, and {rows:,} rows were read: {lines.rows - rows:,} are lost."
        f"{_quote(lines)} Repair the delivery, or `read` in pipelines/problem/source.py if it leaves rows out. If fields may "
        "hold line breaks, say there how many records it has: docs/data.md."
    )


def _quote(lines: Lines) -> str:
    return f" Line {lines.unpaired:,} has a quote that is not closed in it." if lines.unpaired else ""


def _lines(delivery: Path) -> Lines | None:
    """Count the lines of a text; None if it is none, or one whose lines cannot be told."""
    kind = delivery.with_suffix("").suffix if delivery.suffix in files.PACKED else delivery.suffix
    if kind.lower() not in TEXT or not delivery.is_file():
        return None
    counted, number, unpaired = 0, 0, None
    with files.opened(delivery) as file:
        for block in _blocks(file):
            if number == 0 and block.startswith(WIDE):
                return None
            if (damage := block.find(b"\0")) >= 0:
                line = number + 1 + block.count(b"\n", 0, damage)
                raise PipelineError(
                    f"{delivery}, line {line:,} holds a NUL byte: it was damaged. Fetch the delivery again."
                )
            values = np.frombuffer(block, np.uint8)
            starts = np.concatenate([[0], np.flatnonzero(values == NEW_LINE) + 1])
            starts = starts[starts < len(values)]
            counted += int(np.logical_or.reduceat(~IS_SPACE[values], starts).sum())
            if unpaired is None and b'"' in block:
                odd = np.flatnonzero(np.add.reduceat(values == QUOTE, starts, dtype=np.int64) % 2)
                unpaired = number + int(odd[0]) + 1 if len(odd) else None
            number += len(starts)
    return Lines(rows=max(counted - 1, 0), unpaired=unpaired)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in blocks of whole lines."""
    while block := file.read(BLOCK):
        yield block + file.readline()
