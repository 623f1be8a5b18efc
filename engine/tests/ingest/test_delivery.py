"""Lines are counted in blocks, and what is counted does not depend on where a block ends."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion.core.errors import PipelineError
from champion.ingest import delivery


@given(
    st.lists(st.sampled_from([b"a", b'"', b" ", b"\t", b"\r", b"\n", b"\n\n", b"\xc3\xa9"]), max_size=60),
    st.integers(1, 20),
)
def test_lines_are_counted_as_python_does(pieces: list[bytes], block: int):
    """Line by line: those that are not blank, and the first with a quote that is not closed in it."""
    content = b"".join(pieces)
    lines = content.split(b"\n")
    unpaired = next((number for number, line in enumerate(lines, 1) if line.count(b'"') % 2), None)
    rows = max(sum(bool(line.strip()) for line in lines) - 1, 0)

    with TemporaryDirectory() as folder, patch.object(delivery, "BLOCK", block):
        (Path(folder) / "rows.csv").write_bytes(content)

        assert delivery._lines(Path(folder) / "rows.csv") == delivery.Lines(rows=rows, unpaired=unpaired)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_a_nul_byte_is_named_by_its_line(tmp_path, monkeypatch, block):
    """Packed or not, in whichever block."""
    monkeypatch.setattr(delivery, "BLOCK", block)
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n3,\x004\n5,6\n"))

    with pytest.raises(PipelineError, match="line 3 holds a NUL byte"):
        delivery._lines(tmp_path / "rows.csv.gz")
