"""The canonical table of the sample."""

from pathlib import Path

import pandas as pd
import pytest
from stages import ingest

from champion.core.params import Ingest

SAMPLE = Path(__file__).parents[1] / "problems/traffic/data/0-source"


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the delivery in the repository."""
    return SAMPLE


@pytest.fixture(scope="session")
def canonical(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Its 40,562 hours. Shared: copy before you change it."""
    folder = tmp_path_factory.mktemp("ingested")
    ingest(SAMPLE, folder, Ingest(as_of="2018-09-30"))
    return pd.read_parquet(folder / "table.parquet")
