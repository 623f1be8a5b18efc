"""Spark as it is, with the packages of this environment and a cluster on loopback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from servers import answering, free_port, listens, running

LOCK = Path(__file__).parent / "spark.lock"


@pytest.fixture(scope="session")
def spark(tmp_path_factory) -> dict[str, str]:
    """Install Spark beside this environment, which is spared its 500 MB; return what a process needs to find it."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    packages = tmp_path_factory.mktemp("spark")
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--target", str(packages)]
    subprocess.run([*uv, "-r", str(LOCK)], check=True)
    home = packages / "pyspark"
    return {"PYTHONPATH": str(packages), "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}


def program(spark: dict[str, str], folder: Path, name: str, *command: str) -> AbstractContextManager[Path]:
    """Run a program of Spark; yield where it says what it does."""
    words = [f"{spark['SPARK_HOME']}/bin/{command[0]}", *command[1:]]
    return running(words, folder / f"{name}.log", os.environ | spark, folder)


@pytest.fixture
def cluster(request, spark, tmp_path) -> Iterator[dict[str, str]]:
    """A master with two workers, or a server of Spark Connect."""
    port, spark = free_port(), spark | {"PIPELINE_ENGINE": "spark"}
    address = f"spark://127.0.0.1:{port}"
    with ExitStack() as started:
        if request.param == "connect":
            options = ["--conf", f"spark.connect.grpc.binding.port={port}", "--conf", "spark.ui.enabled=false"]
            connect = "org.apache.spark.sql.connect.service.SparkConnectServer"
            server = ["spark-submit", "--class", connect, "--master", "local[2]", *options, "spark-internal"]
            log = started.enter_context(program(spark, tmp_path, "connect", *server))
            answering(lambda: listens(port), log)
            yield spark | {"SPARK_REMOTE": f"sc://127.0.0.1:{port}"}
            return
        deploy, alone = "org.apache.spark.deploy", ["--host", "127.0.0.1", "--webui-port", "0"]
        master = ["spark-class", f"{deploy}.master.Master", *alone, "--port", str(port)]
        log = started.enter_context(program(spark, tmp_path, "master", *master))
        answering(lambda: listens(port), log)
        for name in ("one", "two"):
            worker = ["spark-class", f"{deploy}.worker.Worker", *alone, "--cores", "1", "--memory", "1g"]
            work = ["--work-dir", str(tmp_path / name), address]
            started.enter_context(program(spark, tmp_path, name, *worker, *work))
        answering(lambda: log.read_text().count("Registering worker") == 2, log)
        yield spark | {"SPARK_MASTER": address}
