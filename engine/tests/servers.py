"""Real servers on loopback, stopped by whoever started them."""

import json
import os
import pwd
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask
from mlflow import MlflowClient
from werkzeug.serving import make_server

NO_JOBS = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # five more processes, for what we do not use
PATIENCE = 120  # seconds; a busy machine is slow


@dataclass(frozen=True)
class Server:
    """A real MLflow server on loopback."""

    uri: str

    @property
    def shared(self) -> dict[str, str]:
        """Return the environment that makes it the registry."""
        return {"MLFLOW_TRACKING_URI": self.uri}

    def client(self) -> MlflowClient:
        return MlflowClient(self.uri, self.uri)


@contextmanager
def mlflow_server(folder: Path, database: str, environment: Mapping[str, str], *options: str) -> Iterator[Server]:
    """Run `mlflow server` on a database, with two workers, as a team would have it."""
    port, log = free_port(), folder / "log"
    process = subprocess.Popen(
        ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
         "--backend-store-uri", database, "--artifacts-destination", str(folder / "artifacts"), *options],
        cwd=folder, env={**environment, **NO_JOBS}, stdout=log.open("w"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        answering(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).status == 200, log)
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """Run a program, and whatever it starts, until nobody needs it; yield where it says what it does."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log.open("w"), stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Passing(socketserver.ThreadingTCPServer):
    """Pass on what clients ask of a server, until they ask for `last`: from then on nobody is answered."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, server: Server, last: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target, self.last, self.cut = ("127.0.0.1", int(server.uri.rsplit(":")[-1])), last, False

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Connection(socketserver.BaseRequestHandler):
    server: Passing

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as server:
            threading.Thread(target=self._answer, args=(server,), daemon=True).start()
            while asked := self.request.recv(65536):
                self.server.cut |= self.server.last in asked
                if self.server.cut:
                    return
                server.sendall(asked)

    def _answer(self, server: socket.socket) -> None:
        with suppress(OSError):  # either side has hung up
            while said := server.recv(65536):
                self.request.sendall(said)


@contextmanager
def postgresql() -> Iterator[str]:
    """Run PostgreSQL on an empty database and yield its address."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb and postgres are neither on PATH nor where Debian installs them")
    owner = {} if os.geteuid() else unprivileged()  # PostgreSQL refuses to run as root
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:  # pytest's own folders are closed to other users
        folder, port = Path(name), free_port()
        log, data = folder / "log", folder / "data"
        if owner:
            shutil.chown(folder, owner["user"], owner["group"])
        with log.open("w") as said:
            silent = {"cwd": folder, "stdout": said, "stderr": subprocess.STDOUT, **owner}
            subprocess.run(
                [programs / "initdb", "--pgdata", data, "--username", "mlflow", "--auth", "trust", "--locale", "C",
                 "--encoding", "UTF8", "--no-sync"],
                check=True, **silent,
            )  # fmt: skip
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port),
                 "-c", "unix_socket_directories=", "-c", "fsync=off"],
                **silent,
            )  # fmt: skip
        try:
            listening(port, log)
            yield f"postgresql+psycopg2://mlflow@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # stop without waiting for whoever is connected
            process.wait(PATIENCE)


def postgresql_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def unprivileged() -> dict[str, object]:
    """Return a user to run a program as, in the words of `subprocess`."""
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return ports that differ: all are held until the last one is found."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def listening(port: int, log: Path) -> None:
    """Wait until somebody takes connections there."""
    answering(lambda: listens(port), log)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application from a thread of the tests; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def listens(port: int) -> bool:
    """Tell whether somebody does on this machine, or raise why not."""
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    return True


def answering(asked: Callable[[], bool], log: Path) -> None:
    """Wait until a server answers; show what it said if it never does."""
    until = time.monotonic() + PATIENCE  # some ask for long
    while time.monotonic() < until:
        try:
            if asked():
                return
        except OSError:
            pass
        time.sleep(0.5)
    pytest.fail(f"the server does not answer: {log.read_text()}")


@dataclass(frozen=True)
class S3:
    """A real S3 server on loopback, with the bucket `store` and two identities."""

    uri: str

    def as_(self, identity: str) -> dict[str, str]:
        """Return the environment of one of its identities: `writer`, `reader`, or of nobody that it knows."""
        return {
            "AWS_ACCESS_KEY_ID": identity,
            "AWS_SECRET_ACCESS_KEY": f"secret of {identity}",
            "AWS_ENDPOINT_URL": self.uri,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",  # else a client without credentials asks the cloud for some, and waits
            "AWS_ALLOW_HTTP": "true",  # of deltalake, which expects TLS
        }

    def client(self) -> Any:
        """Return what reads and changes objects, as the writer."""
        secret = self.as_("writer")["AWS_SECRET_ACCESS_KEY"]
        return boto3.client("s3", endpoint_url=self.uri, aws_access_key_id="writer",
                            aws_secret_access_key=secret, region_name="us-east-1")  # fmt: skip


@contextmanager
def seaweedfs(folder: Path) -> Iterator[S3]:
    """Run SeaweedFS as one server with S3 in front, on an empty folder."""
    program = shutil.which("weed")
    if program is None:
        pytest.skip("SeaweedFS is a wheel for Linux on x86-64 only")
    ports = seaweedfs_ports()
    rights = {"writer": ["Admin", "Read", "Write", "List", "Tagging"], "reader": ["Read", "List"]}
    people = [
        {"name": name, "credentials": [{"accessKey": name, "secretKey": f"secret of {name}"}], "actions": actions}
        for name, actions in rights.items()
    ]
    folder.mkdir(parents=True)
    (folder / "identities.json").write_text(json.dumps({"identities": people}))
    log = folder / "log"
    process = subprocess.Popen(
        [program, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer", "-s3", "-volume.max=20",
         "-master.volumeSizeLimitMB=64", "-s3.config=identities.json", "-s3.iam=false", "-master.telemetry=false",
         *(f"-{name}={port}" for name, port in ports.items())],
        cwd=folder, stdout=log.open("w"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    server = S3(f"http://127.0.0.1:{ports['s3.port']}")
    try:
        answering(lambda: _made_bucket(server), log)
        yield server
    finally:
        process.kill()  # told to stop, it waits for clients for a quarter of a minute, and there is nothing to keep
        process.wait(PATIENCE)


def seaweedfs_ports() -> dict[str, int]:
    """Return a port for each part of SeaweedFS, by the option that sets it."""
    names = [f"{part}.{port}" for part in ("master", "volume", "filer", "s3") for port in ("port", "port.grpc")]
    off = {"s3.port.iceberg": 0, "s3.port.lance": 0}  # theirs are fixed, and two servers would meet there
    return {**dict(zip(names, free_ports(len(names)), strict=True)), **off}


def _made_bucket(server: S3) -> bool:
    try:
        server.client().create_bucket(Bucket="store")
    except (ClientError, BotoCoreError) as error:
        raise OSError(str(error)) from None
    return True


@dataclass(frozen=True)
class Ssh:
    """A real sshd on loopback that knows one key."""

    user: str
    port: int
    key: Path


@contextmanager
def sshd(folder: Path) -> Iterator[Ssh]:
    """Run OpenSSH's server as whoever runs the tests, with keys of its own."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH's sshd is neither on PATH nor in /usr/sbin")
    folder.mkdir(parents=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port, log = free_port(), folder / "log"
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        f"PidFile {folder}/pid\nStrictModes no\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
    )
    if not os.geteuid():
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd parts with its rights
    process = subprocess.Popen(
        [program, "-D", "-e", "-f", folder / "config"], stdout=log.open("w"), stderr=subprocess.STDOUT
    )
    try:
        listening(port, log)
        yield Ssh(pwd.getpwuid(os.geteuid()).pw_name, port, folder / "user")
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def gcs(folder: Path) -> Iterator[str]:
    """Run an emulator of Google Cloud Storage with the bucket `store`; yield its address."""
    folder.mkdir(parents=True)
    port, log = free_port(), folder / "log"
    process = subprocess.Popen(
        ["gcp-storage-emulator", "start", "--host", "127.0.0.1", "--port", str(port), "--in-memory",
         "--default-bucket", "store"],
        cwd=folder, stdout=log.open("w"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        listening(port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
