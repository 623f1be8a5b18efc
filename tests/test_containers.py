"""docs/containers, run without an engine: what the Dockerfile copies, and the commands of compose.yaml, each on a port of its own."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
import requests
import yaml
from conftest import PROJECT, World, copy_of_project, environment_of
from servers import NO_JOBS, answering, free_ports, postgresql, running, seaweedfs_ports

FOLDER = PROJECT / "docs/containers"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
SECRETS = {"AWS_ACCESS_KEY_ID": "ada", "AWS_SECRET_ACCESS_KEY": "secret", "POSTGRES_PASSWORD": "unused"}


def image(world: World, folder: Path) -> None:
    """Lay out what the Dockerfile copies: no git, no data, no DVC."""
    for copied in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE):
        for name in copied.split():
            source = world.path / name if (world.path / name).exists() else PROJECT / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy(source, folder / name)


def container(service: str, here: Mapping[str, str], folder: Path, *options: str) -> AbstractContextManager[Path]:
    """Run the command of a service where its addresses are others; yield its log."""
    words, environment = told(service, here)
    words = ["weed", *words] if service == "store" else words  # its image begins with that
    environment = environment_of() | NO_JOBS | environment | {"PYTHONPATH": str(folder)}
    return running([*words, *options], folder / f"{service}.log", environment, folder)


def told(service: str, here: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of a service."""
    command = SERVICES[service].get("command") or json.loads(re.findall(r"^CMD (.*)", DOCKERFILE, re.MULTILINE)[0])

    def ours(text: str) -> str:
        text = re.sub(r"\$\{(\w+):\?\}", lambda name: SECRETS[name[1]], text)
        for there, address in here.items():
            text = text.replace(there, address)
        return text

    environment = {name: ours(value) for name, value in SERVICES[service]["environment"].items()}
    return [ours(word) for word in command], environment


@pytest.mark.weekly
def test_a_team_server_is_started_and_serves_the_champion(tmp_path: Path):
    """MLflow with PostgreSQL and S3, a champion promoted there, and the server that follows it."""
    if shutil.which("weed") is None:
        pytest.skip("SeaweedFS is a wheel for Linux on x86-64 only")
    ports, (mlflow, serve) = seaweedfs_ports(), free_ports(2)
    world = copy_of_project(tmp_path / "world", "stores")
    project = tmp_path / "project"
    project.mkdir()
    image(world, project)
    with ExitStack() as servers:
        database = servers.enter_context(postgresql())
        here = {
            "postgresql://mlflow:unused@database:5432/mlflow": database, "store:8333": f"127.0.0.1:{ports['s3.port']}",
            "http://mlflow:5000": f"http://127.0.0.1:{mlflow}", "localhost:5000": f"127.0.0.1:{mlflow}",
            "--port=5000": f"--port={mlflow}", "-dir=/data": f"-dir={project}",
            "-ip=store": "-ip=127.0.0.1", "0.0.0.0": "127.0.0.1",  # noqa: S104  # that is replaced
        }  # fmt: skip
        log = servers.enter_context(
            container("store", here, project, *(f"-{name}={port}" for name, port in ports.items()))
        )
        answering(lambda: bucket(here) == 0, log)
        assert bucket(here) == 0  # as after a restart
        log = servers.enter_context(container("mlflow", here, project))
        server = f"http://127.0.0.1:{mlflow}"
        answering(lambda: requests.get(f"{server}/health", timeout=5).status_code == 200, log)
        hosts = [status(server, host) for host in ("mlflow:5000", "evil.example.org")]
        world.repro(MLFLOW_TRACKING_URI=server)
        log = servers.enter_context(container("serve", here, project, "--port", str(serve)))
        answering(lambda: requests.get(f"http://127.0.0.1:{serve}/health", timeout=5).json()["status"] == "ok", log)
        version = requests.get(f"http://127.0.0.1:{serve}/version", timeout=60).json()

    assert hosts == [200, 403]
    assert version["version"] == "1"


def bucket(here: Mapping[str, str]) -> int:
    """Run the service that makes the bucket; return its exit code."""
    words, environment = told("bucket", here)
    return subprocess.run(words, env=environment_of() | environment, capture_output=True, check=False).returncode


def status(server: str, host: str) -> int:
    """Return what a server says to who calls it so."""
    asked = f"{server}/api/2.0/mlflow/experiments/search?max_results=1"
    return requests.get(asked, headers={"Host": host}, timeout=60).status_code
