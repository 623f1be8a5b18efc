"""Parts: rows that belong together and never need those of another part, such as a store's.

Stages map over them, so memory is bound by the largest part, and parts are worked on side by side.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from champion.core import tables
from champion.core.errors import PipelineError


def check(part: str | None, key: Sequence[str]) -> None:
    """Refuse a PART that could have one row in two parts.

    Raises:
        PipelineError: if PART is not in KEY.
    """
    if part is not None and part not in key:
        raise PipelineError(
            f"pipelines/problem/names.py: PART is {part!r}; one of KEY ({', '.join(key)}) is expected, or None: rows with one "
            "key have to be in one part."
        )


def file_name(value: str) -> str:
    """Return what the file of a part is called: legible, stable, and not that of another, capitals or not.

    >>> file_name("007"), file_name("a/b") == file_name("A/b")
    ('part-007-58b939b8.parquet', False)
    """
    return f"part-{quote(value, safe='')[:80]}-{blake2b(value.encode(), digest_size=4).hexdigest()}.parquet"


def spool(chunks: Iterable[tuple[pd.DataFrame, pd.Series]], folder: Path) -> list[Path]:
    """Write rows by part, as they come; return a folder for each part, sorted by name.

    A chunk is some rows, and the part of each as text.
    """
    for number, (rows, part) in enumerate(chunks):
        for value, group in rows.groupby(part.to_numpy(), sort=False):
            tables.write(group, folder / file_name(str(value)) / f"{number:09}.parquet")
    return sorted(folder.iterdir()) if folder.exists() else []


def harmonize(files: Sequence[Path], kinds: Sequence[pd.DataFrame]) -> None:
    """Give all parts of a table the types that it would have as a whole; `kinds` are tables without rows.

    A part without a gap has whole numbers where another has none.
    """
    whole = pd.concat(list(kinds)).dtypes
    for file, kind in zip(files, kinds, strict=True):
        if not kind.dtypes.equals(whole):
            tables.write(tables.read(file).astype(whole.to_dict()), file)
