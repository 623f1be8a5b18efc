"""Your stages, run once from delivery to verdict: nothing here knows what your problem is about."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from champion import testing
from champion.core.config import Params, load_params
from champion.core.errors import PipelineError
from champion.core.problem import Problem, load
from champion.core.records import Divided, Evaluated, Ingested, Trained

NEWEST = 6_000  # rows: enough to see a mistake, few enough for seconds
Folders = Mapping[str, Path]


@pytest.fixture(scope="session")
def problem() -> Problem:
    return load()


@pytest.fixture(scope="session")
def params() -> Params:
    return load_params()


@pytest.fixture(scope="session")
def delivery(problem: Problem) -> pd.DataFrame:
    """The rows as upstream delivers them. Shared: do not change them."""
    try:
        return testing.delivery(problem)
    except PipelineError as error:
        if problem.system is None:
            raise
        pytest.skip(str(error))  # jobs of CI may have no credentials for it, and DVC has what was taken


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """The folder of each stage's results."""
    return testing.folders(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def table(problem: Problem, params: Params, delivery: pd.DataFrame, folders: Folders) -> pd.DataFrame:
    """The canonical table of the whole delivery. Shared: do not change it."""
    testing.run(testing.delivering(problem, delivery), params, folders, until="validate")
    return testing.taken(Ingested, "validate", folders).table.rows


@pytest.fixture(scope="session")
def evaluated(table: pd.DataFrame, problem: Problem, params: Params, folders: Folders) -> Evaluated:
    """What evaluate finds of a model of the newest rows, without a champion. The contract is about all rows."""
    testing.run(problem, params, folders, since="validate", until="features")
    testing.keep_newest(problem, folders, NEWEST)
    testing.run(problem, params, folders, since="features", until="promote")
    return testing.taken(Evaluated, "promote", folders)


@pytest.fixture(scope="session")
def divided(evaluated: Evaluated, folders: Folders) -> Divided:
    """Training rows and holdout."""
    return testing.taken(Divided, "train", folders)


@pytest.fixture(scope="session")
def trained(evaluated: Evaluated, folders: Folders) -> Trained:
    """The model that was judged, and its refit."""
    return testing.taken(Trained, "evaluate", folders)
