"""The champion behind MLflow's own server: every format that people send gets the same answers, and nonsense a 400."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import requests
from conftest import World, copy_of_project, environment_of
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


# `pipeline serve`


@dataclass
class Running:
    """A server that follows the champion."""

    address: str
    process: subprocess.Popen
    log: Path

    def asked(self, path: str) -> dict:
        return requests.get(f"{self.address}/{path}", timeout=60).json()

    def until(self, path: str, key: str, value: str) -> None:
        """Wait until an answer has this value."""
        answering(lambda: self.asked(path)[key] == value or time.sleep(0.2) is not None, self.log)


@pytest.fixture
def following(world: World, tmp_path: Path) -> Iterator[Running]:
    """`pipeline serve`, which asks for another champion twice a second."""
    port, log = free_port(), tmp_path / "log"
    process = subprocess.Popen(
        [sys.executable, "-m", "champion", "serve", "--port", str(port), "--every", "0.5"],
        cwd=world.path, env=environment_of(), stdout=log.open("w"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    running = Running(f"http://127.0.0.1:{port}", process, log)
    try:
        answering(lambda: running.asked("health")["status"] == "ok", log)
        yield running
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(60)


def test_another_champion_answers_without_a_restart(world: World, following: Running, rows: pd.DataFrame):
    """After a promotion, and after a rollback the one before; nobody who asks meanwhile is turned away."""
    with asking(following, records(rows)) as answers:
        first = following.asked("version")
        world.set(train__max_iter=250, evaluate__mode="replace")
        world.commit("Another model")
        world.repro()
        following.until("version", "version", "2")
        second = following.asked("version")
        world.pipeline("rollback", "--yes", "--reason", "a test")
        following.until("version", "version", "1")
        metrics = requests.get(f"{following.address}/metrics", timeout=60).text

    status, there = post(f"{following.address}/invocations", records(rows))
    assert (status, there["predictions"]) == (200, json.loads(answers[0][1])["predictions"])
    assert {status for status, _ in answers} == {200}
    assert len({text for _, text in answers}) == 2
    assert first["version"] == "1"
    assert first["model_sha256"] != second["model_sha256"]
    assert first["made_from"] == "data v1 · code v1 · config v1"
    assert f'champion_info{{model_sha256="{first["model_sha256"]}",version="1"}} 1.0' in metrics
    assert re.search(r'answers_total\{status="200"\} \d+', metrics)
    assert post(f"{following.address}/invocations", records(rows.drop(columns="weather")))[0] == 400


@contextmanager
def asking(server: Running, content: str) -> Iterator[list[tuple[int, str]]]:
    """Ask without a pause, from another thread; yield the answers that come."""
    answers: list[tuple[int, str]] = []
    done = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            while not done.is_set():
                answer = session.post(
                    f"{server.address}/invocations", content, headers={"Content-Type": "application/json"}, timeout=60
                )
                answers.append((answer.status_code, answer.text))
                time.sleep(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()


def test_a_file_that_is_not_what_was_promoted_never_answers(world: World, following: Running, rows: pd.DataFrame):
    """Who answered before goes on, and it is said; whatever stands in MLmodel is not even fetched."""
    following.process.send_signal(signal.SIGSTOP)
    world.set(train__max_iter=250, evaluate__mode="replace")
    world.commit("Another model")
    world.repro()
    newest = max((world.path / "mlartifacts").rglob("refit/model.skops"), key=lambda path: path.stat().st_mtime)
    content = newest.read_bytes()
    newest.write_bytes(content + b"!")
    (newest.parent.parent / "MLmodel").write_text("flavors: {python_function: {loader_module: this}}")
    following.process.send_signal(signal.SIGCONT)
    following.until("health", "status", "stale")
    spoilt = following.asked("health")["trouble"], following.asked("version")["version"]
    newest.write_bytes(content)
    following.until("version", "version", "2")

    assert "is not the one that was promoted: its digest differs" in spoilt[0]
    assert spoilt[1] == "1"
    assert "still v1 answers: " in following.log.read_text()
    assert post(f"{following.address}/invocations", records(rows))[0] == 200


def test_rows_as_they_are_delivered_get_the_answers_of_predict(world: World, following: Running):
    """CSV, packed or not; rows that cannot be true stand beside with their reasons; what is no delivery is named."""
    delivery = world.path / "data/0-source/metro_interstate_traffic_volume.csv.gz"
    rows = pd.read_csv(delivery, dtype=str, keep_default_na=False).tail(60).drop(columns="traffic_volume")
    rows.loc[rows.index[7], "temp"] = "0.0"
    rows.to_csv(world.path / "asked.csv", index=False)
    world.pipeline("predict", "asked.csv", "told.csv")
    expected = pd.read_csv(world.path / "told.csv", parse_dates=["time"])
    plain = (world.path / "asked.csv").read_bytes()
    address = f"{following.address}/rows"

    bodies = [requests.post(address, body, timeout=60) for body in (plain, gzip.compress(plain))]
    lacking = requests.post(address, rows.drop(columns="temp").to_csv(index=False).encode(), timeout=60)
    nonsense = [
        requests.post(address, body, timeout=60) for body in (b"", b"\x1f\x8bno", b"PAR1 no", b"\xff\xfe", b"{}")
    ]
    metrics = requests.get(f"{following.address}/metrics", timeout=60).text
    (world.path / "data/1-ingest/table.parquet").rename(world.path / "table")
    gone = requests.post(address, plain, timeout=60)
    (world.path / "table").rename(world.path / "data/1-ingest/table.parquet")

    for answer in bodies:
        assert answer.status_code == 200, answer.text
        told = pd.DataFrame(answer.json()["predictions"]).astype({"time": "datetime64[us]"})
        pd.testing.assert_frame_equal(told, expected, check_dtype=False, check_exact=True)
        assert [row["reason"] for row in answer.json()["set_aside"]] == [
            "temperature_k (temp): 0.0 is impossible (210 to 325)"
        ]
    assert (lacking.status_code, "rows.csv has no column temp; it has " in lacking.json()["error"]) == (400, True)
    assert [answer.status_code for answer in nonsense] == [400] * 5
    assert not any(tempfile.gettempdir() in answer.text for answer in nonsense)
    assert 'answers_total{status="200"} 2.0' in metrics
    assert (gone.status_code, "`dvc pull ingest`" in gone.json()["error"]) == (503, True)


def test_features_that_the_champion_did_not_learn_are_not_given_to_it(world: World, following: Running):
    """The server follows the promotion; the code that makes its features is that of before."""
    rows = pd.read_csv(world.path / "data/0-source/metro_interstate_traffic_volume.csv.gz", dtype=str).tail(20)
    world.edit("pipelines/problem/features.py", ".dt.hour", ".dt.hour + 1")
    world.set(evaluate__mode="replace")
    world.commit("The hour that ends")
    world.repro()
    following.until("version", "version", "2")

    answer = requests.post(f"{following.address}/rows", rows.to_csv(index=False).encode(), timeout=60)

    assert answer.status_code == 503
    assert "v2: the champion learned another hour: " in answer.json()["error"]
    assert following.asked("health")["status"] == "stale"


def test_without_a_champion_nothing_is_served(tmp_path: Path):
    """Said at once."""
    world = copy_of_project(tmp_path / "world", "stores")

    said = world.pipeline("serve", "--port", str(free_port()))

    assert said.returncode == 1
    assert "there is no champion yet" in said.stderr
    assert not (world.path / "mlflow.db").exists()


def test_a_port_that_is_taken_is_told_before_anything_is_loaded(tmp_path: Path):
    """And one that there is not, by what is expected."""
    world = copy_of_project(tmp_path / "world", "stores")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = world.pipeline("serve", "--port", str(taken.getsockname()[1]))

    assert (said.returncode, "cannot be listened on: Address already in use." in said.stderr) == (65, True)
    assert "is not in the range 1<=x<=65535" in world.pipeline("serve", "--port", "99999").stderr
