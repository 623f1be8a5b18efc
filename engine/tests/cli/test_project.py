"""A stranger's file is read as it was written, whatever wrote it."""

import bz2
import gzip
import lzma

import pytest
from conftest import PROJECT

from champion.cli.adopt import project
from champion.core.errors import PipelineError

ROWS = "größe{0}sold\n" + "".join(f"{n}.5{{0}}{n}\n" for n in range(120))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("written", "encoding"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252")]
)
@pytest.mark.parametrize(
    ("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_delimiter_encoding_and_compression_are_found(tmp_path, delimiter, written, encoding, suffix, pack):
    """From a database, from Excel, from a colleague."""
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(pack(ROWS.format(delimiter).encode(written)))

    delivery, found, how = project.read(path, "sold")

    assert (found, how) == (delimiter, encoding)
    assert [column.upstream for column in delivery.columns] == ["größe", "sold"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "rows.csv cannot be read as CSV"),
        (b"a,b\n1,2\n", "rows.csv: it has 1 rows"),
        (b"a,b\n" + b"1,2,3\n" * 200, "--target c: there is no such column, only a, b"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, content, message):
    """With the name of the file."""
    (tmp_path / "rows.csv").write_bytes(content)

    with pytest.raises(PipelineError, match=message):
        project.read(tmp_path / "rows.csv", "c")


def test_the_problems_that_are_ready_are_those_of_the_tests(monkeypatch, tmp_path):
    """Each is tried from clone to champion. Where the engine is an installed package, there are none."""
    monkeypatch.chdir(tmp_path)
    assert project.kinds() == []
    monkeypatch.chdir(PROJECT)

    assert project.kinds() == ["breast_cancer", "stores", "tickets", "traffic", "visits"]
