"""What the champion's answers cost: `python -m benchmarks.answers [--rows 10000000] [--seconds 10]`.

`pipeline predict --features` against the bare `model.predict` of as many rows, read and written as Parquet by one process; then
`pipeline serve` under load, one row a request, against `mlflow models serve` with the same model.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import requests
from pyarrow import Table, parquet

from benchmarks import speed

HOLDOUT = "data/3-features/holdout.parquet"
BARE = """
import pandas as pd, skops.io, sys
from pathlib import Path
from threadpoolctl import threadpool_limits
folder = Path("data/4-train/refit")
model = skops.io.load(folder / "model.skops", trusted=skops.io.get_untrusted_types(file=folder / "model.skops"))
rows = pd.read_parquet(sys.argv[1])
with threadpool_limits(1, user_api="openmp"):
    predicted = model.predict(rows.drop(columns=["time", "vehicles"]))
pd.DataFrame({"time": rows["time"], "prediction": predicted}).to_parquet(sys.argv[2])
"""
SERVERS = {
    "pipeline serve": [sys.executable, "-m", "champion", "serve", "--port"],
    "mlflow models serve": ["mlflow", "models", "serve", "--env-manager", "local", "--model-uri",
                            "models:/traffic-demand@champion", "--port"],
}  # fmt: skip
CLIENTS = (1, 4, 16)


def main() -> None:
    """Measure, and print two tables."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--seconds", type=int, default=10, help="of load for each server and number of clients")
    told = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        project = speed.clone(Path(name) / "project")
        speed.run(project, "dvc", "repro")
        _predict(project, told.rows)
        _serve(project, told.seconds)


def _predict(project: Path, rows: int) -> None:
    """Compare, round after round, and print the medians."""
    holdout = pd.read_parquet(project / HOLDOUT)
    piece, asked = Table.from_pandas(pd.concat([holdout] * 100), preserve_index=False), project / "asked.parquet"
    with parquet.ParquetWriter(asked, piece.schema) as writer:
        for _ in range(-(-rows // len(piece))):
            writer.write_table(piece)
    predict = (sys.executable, "-m", "champion", "predict", asked, "told.parquet", "--features")
    cases = {
        "bare": ((sys.executable, "-c", BARE, asked, "bare.parquet"), {}),
        "one process": (predict, {"PIPELINE_WORKERS": "1"}),
        "two processes": (predict, {"PIPELINE_WORKERS": "2"}),
    }
    ran = {case: [] for case in cases}
    for _ in range(3):
        for case, (command, environment) in cases.items():
            ran[case].append(speed.run(project, *command, **environment))
    bare, told = (pd.read_parquet(project / f"{name}.parquet") for name in ("bare", "told"))
    print(
        f"{len(told):,} rows\n\n| predict | seconds | of the speed of bare | largest process, MB |\n|---|---|---|---|"
    )
    for case, runs in ran.items():
        ratio = np.median([ours.seconds / other.seconds for ours, other in zip(ran["bare"], runs, strict=True)])
        seconds, peak = np.median([run.seconds for run in runs]), max(run.peak_mb for run in runs)
        print(f"| {case} | {seconds:.0f} | {ratio:.2f} | {peak:.0f} |")
    same = np.array_equal(bare["prediction"], told["prediction"])
    print(f"\n{'The same answers' if same else 'OTHER ANSWERS'} to the bit.\n")


def _serve(project: Path, seconds: int) -> None:
    """Load each server with clients that ask again as soon as they have an answer."""
    row = pd.read_parquet(project / HOLDOUT).head(1).drop(columns=["time", "vehicles"])
    body = json.dumps({"dataframe_split": json.loads(row.to_json(orient="split", index=False))})
    print("| server | clients | requests a second | p50, ms | p99, ms |\n|---|---|---|---|---|")
    for name, command in SERVERS.items():
        with _running(project, command) as address:
            for clients in CLIENTS:
                took = _load(f"{address}/invocations", body, clients, seconds)
                p50, p99 = np.percentile(took, [50, 99]) * 1000
                print(f"| {name} | {clients} | {len(took) / seconds:.0f} | {p50:.0f} | {p99:.0f} |")


@contextmanager
def _running(project: Path, command: list[str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = speed.variables(project) | {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}
    server = subprocess.Popen(
        [*command, str(port)], cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/ping", timeout=5).ok
    except requests.ConnectionError:
        return False


def _load(address: str, body: str, clients: int, seconds: int) -> list[float]:
    """Return how long each request took."""
    took, end = [], time.monotonic() + seconds

    def ask() -> None:
        with requests.Session() as session:
            while time.monotonic() < end:
                start = time.perf_counter()
                session.post(address, body, headers={"Content-Type": "application/json"}, timeout=60).raise_for_status()
                took.append(time.perf_counter() - start)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


if __name__ == "__main__":
    main()
