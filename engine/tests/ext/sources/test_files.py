"""Files of the usual formats, as text."""

import bz2
import gzip
import io
import lzma
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from champion.core.errors import PipelineError
from champion.ingest import formats as files

TEXT = b'shop,note,sold\n007,"two\nlines",1.50\n006,,"1,5"\n'
ROWS = {"shop": ["006", "007"], "note": ["", "two\nlines"], "sold": ["1,5", "1.50"]}


def in_parquet() -> bytes:
    content = io.BytesIO()
    parquet.write_table(pa.table({"at": [datetime(2026, 1, 1, 6, tzinfo=UTC), None], "sold": [1.5, 2.0]}), content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TEXT),
        ("a.CSV", b"\xef\xbb\xbf" + TEXT),
        ("a.tsv", TEXT.replace(b",", b"\t").replace(b"1\t5", b"1,5")),
        ("a.csv.gz", gzip.compress(TEXT)),
        ("a.csv.bz2", bz2.compress(TEXT)),
        ("a.csv.xz", lzma.compress(TEXT)),
    ],
    ids=["plain", "with a byte order mark", "tabs", "gzip", "bzip2", "xz"],
)
def test_a_text_is_read_as_text(name, content):
    """No number loses a zero, no line break ends a row."""
    assert files.rows(content, name).to_dict("list") == ROWS


def test_parquet_comes_as_text():
    """Times in ISO 8601, nothing as an empty text."""
    rows = files.rows(in_parquet(), "a.parquet")

    assert rows.to_dict("list") == {"at": ["", "2026-01-01 06:00:00.000000Z"], "sold": ["2", "1.5"]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv cannot be read: it is empty."),
        ("a.csv", b"a,b\n1,2\n3\n", "a.csv cannot be read: CSV parse error: Expected 2 columns, got 1"),
        ("a.csv.gz", gzip.compress(TEXT)[:-9], "a.csv.gz cannot be read: Compressed file ended before the end"),
        ("a.parquet", in_parquet()[:-9], "a.parquet cannot be read: "),
        ("a.xlsx", b"PK", "a.xlsx is of no format that is read here; .csv, .tsv, packed"),
    ],
    ids=["empty", "a short row", "cut off", "cut off in Parquet", "another format"],
)
def test_what_cannot_be_read_is_named(name, content, said):
    """With what the reader said."""
    with pytest.raises(PipelineError) as error:
        files.rows(content, name)

    assert str(error.value).startswith(said)
