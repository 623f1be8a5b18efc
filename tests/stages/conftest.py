"""Deliveries for the stages: the real sample, and ways to spoil it."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import shared

from pipelines.config import Params, load_params
from pipelines.problem.source import FILE
from pipelines.stages.ingest import ingest
from pipelines.stages.validate import validate

PROBLEM = Path(__file__).parents[1] / "problems/traffic"
SAMPLE = PROBLEM / "data"


@pytest.fixture(scope="session")
def params() -> Params:
    """Every param of the tests' problem."""
    return load_params(PROBLEM / "params.yaml")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the delivery, 48,204 rows."""
    return SAMPLE


@pytest.fixture(scope="session")
def upstream() -> pd.DataFrame:
    """The sample's rows as text, with their time as index. Shared: copy before you change it."""
    rows = pd.read_csv(SAMPLE / FILE, dtype=str, keep_default_na=False)
    return rows.set_index(pd.DatetimeIndex(rows["date_time"], name="hour"))


@pytest.fixture
def rows(upstream: pd.DataFrame) -> pd.DataFrame:
    """The newest 28 months, to change at will: half the time, and all that the contract looks at."""
    return upstream.loc["2016-06":].copy()


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[[pd.DataFrame | bytes], Path]:
    """Return a function that makes a delivery of rows, or of bytes to compress, and returns its folder."""

    def write(content: pd.DataFrame | bytes) -> Path:
        text = content if isinstance(content, bytes) else content.to_csv(index=False).encode()
        folder = tmp_path / "0-source"
        folder.mkdir()
        (folder / FILE).write_bytes(gzip.compress(text, compresslevel=1))
        return folder

    return write


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Iterator[Path]:
    """The sample's canonical table. Shared."""
    folder = tmp_path_factory.mktemp("ingested")
    ingest(SAMPLE, folder, params.section("ingest"))
    with shared.read_only(folder):
        yield folder


@pytest.fixture(scope="session")
def validated(tmp_path_factory: pytest.TempPathFactory, ingested: Path, params: Params) -> Iterator[Path]:
    """What the contract says of it. Shared."""
    folder = tmp_path_factory.mktemp("validated")
    validate(ingested, folder, params.section("validate"))
    with shared.read_only(folder):
        yield folder
