"""The champion behind MLflow's own server: every format that people send gets the same answers, and nonsense a 400."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import requests
from conftest import World, environment_of
from servers import answering, free_port

pytestmark = pytest.mark.slow
ROWS = """
import json, sys
import mlflow, pandas as pd
mlflow.set_tracking_uri("sqlite:///mlflow.db")
model = mlflow.pyfunc.load_model("models:/traffic-demand@champion")
rows = pd.read_json(sys.stdin, orient="records")
kinds = model.metadata.get_input_schema()
rows = rows.astype(dict(zip(kinds.input_names(), kinds.pandas_types())))  # as docs/operate.md says
print(json.dumps(list(model.predict(rows))))
"""


@pytest.fixture
def rows(world: World) -> pd.DataFrame:
    """Holdout rows, all numbers whole, as a database or a form gives them."""
    holdout = pd.read_parquet(world.path / "data/3-features/holdout.parquet").head(30)
    holdout = holdout.drop(columns=["time", "vehicles"])
    return holdout.assign(**{name: holdout[name].round().astype("int64") for name in holdout.select_dtypes("number")})


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[str]:
    """The address of the served champion."""
    port, log = free_port(), tmp_path / "log"
    process = subprocess.Popen(
        ["mlflow", "models", "serve", "--model-uri", "models:/traffic-demand@champion", "--env-manager", "local",
         "--host", "127.0.0.1", "--port", str(port)],
        cwd=world.path, env=environment_of() | {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}, stdout=log.open("w"),
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        answering(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).status == 200, log)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def post(address: str, content: str, kind: str = "application/json") -> tuple[int, dict]:
    answer = requests.post(address, content.encode(), headers={"Content-Type": kind}, timeout=60)
    return answer.status_code, answer.json()


def records(rows: pd.DataFrame) -> str:
    return json.dumps({"dataframe_records": json.loads(rows.to_json(orient="records"))})


def test_every_door_gives_the_same_answers(world: World, served: str, rows: pd.DataFrame):
    """JSON, CSV, and pandas in Python; a word that the contract does not know, or none, is named."""
    in_python = subprocess.run(
        [sys.executable, "-c", ROWS], cwd=world.path, env=environment_of(), input=rows.to_json(orient="records"),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = json.loads(in_python.stdout)

    assert post(served, records(rows)) == (200, {"predictions": expected})
    assert post(served, rows.to_csv(index=False), "text/csv") == (200, {"predictions": expected})
    for spoilt in (rows.assign(weather="Lava"), rows.assign(holiday=None)):
        status, said = post(served, records(spoilt))
        assert status == 400
        assert "Found unknown categories" in json.dumps(said)
    status, said = post(served, records(rows.drop(columns="weather")))
    assert (status, "weather" in json.dumps(said)) == (400, True)
