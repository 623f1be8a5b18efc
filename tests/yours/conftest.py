"""Your problem as it lies on disk, made into rows once: nothing here knows what it is about."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from pipelines.columns import ROW
from pipelines.config import Params, load_params
from pipelines.documents.data import Split
from pipelines.errors import PipelineError
from pipelines.problem.names import TARGET, TIME
from pipelines.record import tables
from pipelines.stages import upstream
from pipelines.stages.features import features
from pipelines.stages.ingest import take_in
from pipelines.stages.validate import validate

SOURCE = Path("data/0-source")
MOST = 20_000  # rows, of the newest ones: enough to see a mistake, few enough for seconds


@dataclass(frozen=True)
class Parts:
    """What the stage `features` writes."""

    training: pd.DataFrame
    holdout: pd.DataFrame
    split: Split

    @property
    def columns(self) -> list[str]:
        return list(self.training.columns.drop([*ROW, TARGET]))


@pytest.fixture(scope="session")
def params() -> Params:
    return load_params()


@pytest.fixture(scope="session")
def delivery() -> pd.DataFrame:
    """The rows as upstream delivers them. Shared: do not change them."""
    try:
        return upstream.delivered(SOURCE)
    except PipelineError as error:
        if upstream.SOURCE is None:
            raise
        pytest.skip(str(error))  # jobs of CI may have no credentials for it, and DVC has what was taken


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory, params: Params, delivery: pd.DataFrame) -> Path:
    """The folder of the canonical table."""
    folder = tmp_path_factory.mktemp("ingested")
    take_in(delivery, upstream.called(SOURCE), folder, params.ingest)
    return folder


@pytest.fixture(scope="session")
def report(ingested: Path, tmp_path_factory: pytest.TempPathFactory, params: Params) -> Path:
    """The report of a contract that holds."""
    folder = tmp_path_factory.mktemp("validated")
    validate(ingested, folder, params.contract)
    return folder / "report.json"


@pytest.fixture(scope="session")
def parts(ingested: Path, report: Path, tmp_path_factory: pytest.TempPathFactory, params: Params) -> Parts:
    """Training rows and holdout, with features, of the newest rows."""
    folder = tmp_path_factory.mktemp("features")
    table = tables.read(ingested / "table.parquet")
    newest = table.sort_values(TIME, kind="stable") if TIME is not None else table
    newest = newest.tail(MOST).sort_index().reset_index(drop=True)
    paths = [folder / name for name in ("table.parquet", "training.parquet", "holdout.parquet", "split.json")]
    tables.write(newest, paths[0])
    features(paths[0], report, *paths[1:], params.features)
    return Parts(tables.read(paths[1]), tables.read(paths[2]), Split.read(paths[3]))
