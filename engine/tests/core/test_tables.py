"""Tables are whole or not there."""

import pandas as pd
import pytest

from champion.core import tables
from champion.core.errors import PipelineError


def test_equal_tables_give_equal_bytes(tmp_path):
    """Else DVC would train again."""
    for name in ("once", "twice"):
        tables.write(pd.DataFrame({"a": [1.5, None], "b": ["größer", None]}), tmp_path / name)

    assert (tmp_path / "once").read_bytes() == (tmp_path / "twice").read_bytes()
    assert tables.read(tmp_path / "once")["b"].isna().tolist() == [False, True]


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and no more"], ids=["missing", "empty", "cut off"])
def test_a_table_that_cannot_be_read_says_what_to_run(tmp_path, content):
    """No traceback of Arrow."""
    if content is not None:
        (tmp_path / "table.parquet").write_bytes(content)

    with pytest.raises(PipelineError, match=r"table\.parquet .*[Rr]un `dvc repro`"):
        tables.read(tmp_path / "table.parquet")
