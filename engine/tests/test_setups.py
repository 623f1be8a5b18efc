"""The set-ups of docs/team.md, typed as they stand there, with a server of each kind: one clone pushes, the next trains nothing."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from conftest import PROBLEMS, PROJECT, World, copy_of_project, environment_of
from deltalake import write_deltalake
from lake import read_from
from servers import free_port, gcs, listening, mlflow_server, postgresql, seaweedfs, sshd

PAGE = (PROJECT / "docs/team.md").read_text()
DATABASE = "postgresql://mlflow@db.example.org/mlflow"


@dataclass
class Place:
    """What the page's addresses are called here, and the environment of whoever types."""

    addresses: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def one_machine(folder: Path) -> Iterator[Place]:
    yield Place({"/mnt/backup": str(folder)})


@contextmanager
def s3(folder: Path) -> Iterator[Place]:
    with seaweedfs(folder / "s3") as server, postgresql() as database:
        yield Place({"s3://bucket": "s3://store", DATABASE: database}, server.as_("writer"))


@contextmanager
def gs(folder: Path) -> Iterator[Place]:
    with gcs(folder / "gs") as uri:
        told = {"STORAGE_EMULATOR_HOST": uri, "GOOGLE_CLOUD_PROJECT": "test"}
        yield Place({"gs://bucket": "gs://store", DATABASE: f"sqlite:///{folder}/mlflow.db"}, told)


@contextmanager
def ssh(folder: Path) -> Iterator[Place]:
    with sshd(folder / "sshd") as server:
        host = f"{server.user}@127.0.0.1"
        trust = f"-i {server.key} -p {server.port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        addresses = {"ssh://user@host.example.org": f"ssh://{host}:{server.port}", "/srv": str(folder),
                     "user@host.example.org": f"{trust} {host}", "~/.ssh/id_ed25519": str(server.key)}  # fmt: skip
        yield Place(addresses)


@contextmanager
def lake(folder: Path) -> Iterator[Place]:
    with seaweedfs(folder / "s3") as server:
        environment = server.as_("writer")
        rows = pd.read_csv(PROBLEMS / "stores/data/0-source/stores.csv", dtype=str, keep_default_na=False)
        rows = rows.drop_duplicates(["store", "day"], keep="last")
        write_deltalake("s3://store/orders", pa.Table.from_pandas(rows), storage_options=environment)
        yield Place({"s3://bucket": "s3://store"}, environment)


SETUPS: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "One machine": one_machine,
    "S3 and a server": s3,
    "Google Cloud Storage": gs,
    "A machine with SSH": ssh,
    "A lake": lake,
}


def blocks(section: str, kind: str = "sh") -> list[str]:
    [text] = re.findall(rf"^## {section}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Typist:
    """Types lines of the page with the addresses of a place; what serves goes on until it is left."""

    def __init__(self, place: Place, folder: Path, servers: ExitStack):
        self.place, self.folder, self.servers = place, folder, servers

    def here(self, text: str) -> str:
        for there, address in self.place.addresses.items():
            text = text.replace(there, address)
        return text

    def type(self, world: World, block: str) -> str:
        printed = ""
        for line in block.splitlines():
            words = shlex.split(self.here(line), comments=True)
            if words[:2] == ["mlflow", "server"]:
                self._serve(words[2:])
            elif words[0] == "ssh":
                self._tunnel(words)
            elif words[0] == "export":
                self.place.environment.update([words[1].split("=", 1)])
            else:
                printed += world.run(*words, **self.place.environment).stdout
        return printed

    def _serve(self, options: list[str]) -> None:
        environment = environment_of() | self.place.environment
        (self.folder / "mlflow").mkdir(exist_ok=True)
        server = self.servers.enter_context(
            mlflow_server(self.folder, options[options.index("--backend-store-uri") + 1], environment, *options)
        )
        port = server.uri.rpartition(":")[2]
        self.place.addresses |= {"https://mlflow.example.org": server.uri, "127.0.0.1:5000": f"127.0.0.1:{port}"}

    def _tunnel(self, words: list[str]) -> None:
        port = free_port()
        words[words.index("-L") + 1] = words[words.index("-L") + 1].replace("5000:", f"{port}:", 1)
        log = self.folder / "tunnel"
        tunnel = subprocess.Popen([word for word in words if word != "-f"], stderr=log.open("w"))
        self.servers.callback(tunnel.wait)
        self.servers.callback(tunnel.terminate)
        listening(port, log)
        self.place.addresses["127.0.0.1:5000"] = f"127.0.0.1:{port}"


def test_the_page_has_these_set_ups():
    """None is untried."""
    assert re.findall(r"^## (.*)", PAGE, re.MULTILINE)[: len(SETUPS) + 1] == [*SETUPS, "Then, in all of them"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "section", [name if name == "S3 and a server" else pytest.param(name, marks=pytest.mark.weekly) for name in SETUPS]
)
def test_a_set_up(tmp_path, section):
    """Set up once; the next clone takes what was computed, and has the same champion."""
    world = copy_of_project(tmp_path / "world", "stores")
    with ExitStack() as servers:
        place = servers.enter_context(SETUPS[section](tmp_path))
        typist = Typist(place, tmp_path, servers)
        for source in blocks(section, "python"):
            imported, _, line = typist.here(source).strip().split("\n")
            read_from(world, imported, line)
            (world.path / "data/0-source/stores.csv").unlink()
        for block in blocks(section):
            typist.type(world, block)
        first, following = blocks("Then, in all of them")
        pushed = typist.type(world, first)

        world.run("git", "clone", "--quiet", ".", str(tmp_path / "next"))
        other = World(tmp_path / "next")
        for line in "".join(blocks(section)).splitlines():
            if " --local " in line:  # of each clone
                typist.type(other, line)
        printed = typist.type(other, following)
        status, doctor = (other.pipeline(name, **place.environment).stdout for name in ("status", "doctor"))

    assert "files pushed" in pushed
    for stage in ("ingest", "validate", "features", "train"):
        assert f"Stage '{stage}' didn't change, skipping" in printed
    assert "champion   v1" in status
    for fine in ("DVC verifies what it fetches", "everything is pushed", "the remote has all that dvc.lock names"):
        assert f"ok       {fine}" in doctor
