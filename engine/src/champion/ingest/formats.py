"""Rows of a file of a usual format, as text."""

import io
from pathlib import PurePath

import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from champion.core import files
from champion.core.errors import PipelineError
from champion.core.source import as_text

SEPARATORS = {".csv": ",", ".tsv": "\t"}
ENDINGS = f"{', '.join(SEPARATORS)}, packed ({', '.join(files.PACKED)}) or not, or .parquet"


def readable(name: str) -> bool:
    """Tell whether a file of this name is of a format that can be read."""
    return _ending(name) in (*SEPARATORS, ".parquet")


def rows(content: bytes, name: str) -> pd.DataFrame:
    """Return the rows of a file as text, sorted; its name says what format it has.

    Raises:
        PipelineError: if it is of another format, or broken.
    """
    return as_text(arrow(content, name, name), name)


def arrow(content: bytes, name: str, called: str) -> pa.Table:
    """Return the rows of a file; those of a CSV file are text. It is what messages call `called`.

    Raises:
        PipelineError: if it is of another format, or broken.
    """
    ending = _ending(name)
    try:
        if ending == ".parquet":
            return parquet.read_table(io.BytesIO(content))
        if ending in SEPARATORS:
            return _csv(_unpacked(content, name), SEPARATORS[ending])
    except (pa.ArrowInvalid, OSError, EOFError, ValueError) as error:
        said = str(error).strip().splitlines()[0]
        raise PipelineError(f"{called} cannot be read: {said}. Deliver it again, whole.") from None
    raise PipelineError(f"{called} is of no format that is read here; {ENDINGS} is expected.")


def _csv(text: bytes, separator: str) -> pa.Table:
    if not text.strip():
        raise ValueError("it is empty")
    names = csv.open_csv(io.BytesIO(text), parse_options=csv.ParseOptions(delimiter=separator)).schema.names
    return csv.read_csv(
        io.BytesIO(text),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def _unpacked(content: bytes, name: str) -> bytes:
    opened = files.PACKED.get(PurePath(name).suffix)
    return bytes(opened(io.BytesIO(content), "rb").read()) if opened else content


def _ending(name: str) -> str:
    path = PurePath(name)
    return (path.with_suffix("").suffix if path.suffix in files.PACKED else path.suffix).lower()
