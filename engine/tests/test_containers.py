"""docs/containers, without containers: what the Dockerfile copies and installs, and the commands of compose.yaml, each on a port of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
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
    """Do what the Dockerfile does in the project's folder: copy, and install into an environment of its own, by uv."""
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", folder.with_name("environment")], check=True)
    environment = environment_of() | {"VIRTUAL_ENV": str(folder.with_name("environment"))}
    for instruction, line in re.findall(r"^(COPY|RUN) (.*)$", DOCKERFILE, re.MULTILINE):
        if instruction == "COPY":
            *names, target = line.split()
            for name in names:
                copy(world.path / name, folder / target / ("" if not target.endswith("/") else Path(name).name))
        elif line.startswith("pip install --no-cache-dir "):
            words = shlex.split(line.replace("pip install --no-cache-dir", "uv pip install --quiet"))
            subprocess.run(words, cwd=folder, env=environment, check=True)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def path_of(folder: Path) -> dict[str, str]:
    """Return the PATH inside the image; what the tests bring comes last."""
    return {"PATH": f"{folder.with_name('environment')}/bin{os.pathsep}{environment_of()['PATH']}"}


def container(service: str, here: Mapping[str, str], folder: Path, *options: str) -> AbstractContextManager[Path]:
    """Run the command of a service where its addresses are others; yield its log."""
    words, environment = told(service, here)
    words = ["weed", *words] if service == "store" else words  # its image begins with that
    environment = environment_of() | NO_JOBS | environment | path_of(folder)
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


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / lock).read_text(), re.MULTILINE))


def test_the_servers_packages_are_those_that_tests_run():
    """Where its lock and the runtime's name the same package they agree, or pip would refuse both."""
    server, runtime, tested = map(pins, ("docs/containers/server.lock", "requirements.lock", "engine/dev.lock"))

    assert {
        "boto3",
        "psycopg2-binary",
    } <= server.keys() - runtime.keys()  # what compose.yaml needs beside the project's own
    assert server.items() <= tested.items()
    assert {name: runtime[name] for name in server.keys() & runtime.keys()}.items() <= server.items()


@pytest.mark.weekly
def test_a_team_server_is_started_and_serves_the_champion(tmp_path: Path):
    """MLflow with PostgreSQL and S3, a champion promoted there, and the server that follows it."""
    if shutil.which("weed") is None:
        pytest.skip("SeaweedFS is a wheel for Linux on x86-64 only")
    ports, (mlflow, serve) = seaweedfs_ports(), free_ports(2)
    world = copy_of_project(tmp_path / "world", "stores")
    project = tmp_path / "project"
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
        answering(lambda: bucket(here, project) == 0, log)
        assert bucket(here, project) == 0  # as after a restart
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


def bucket(here: Mapping[str, str], folder: Path) -> int:
    """Run the service that makes the bucket; return its exit code."""
    words, environment = told("bucket", here)
    environment = environment_of() | environment | path_of(folder)
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False).returncode


def status(server: str, host: str) -> int:
    """Return what a server says to who calls it so."""
    asked = f"{server}/api/2.0/mlflow/experiments/search?max_results=1"
    return requests.get(asked, headers={"Host": host}, timeout=60).status_code
