"""DVC's remotes in trouble, on real servers: each trouble is one message, and nothing is lost. test_setups.py has those that work."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import World, copy_of_project, environment_of
from servers import S3, Passing, mlflow_server, seaweedfs


def share(world: World, **settings: str) -> None:
    world.run("dvc", "remote", "add", "--default", "store", "s3://store/dvc")
    for name, value in {"verify": "true", **settings}.items():
        world.run("dvc", "remote", "modify", "store", name, value)
    world.commit("Add a remote")


def clone(world: World, path: Path) -> World:
    world.run("git", "clone", "--quiet", ".", str(path))
    return World(path)


@pytest.fixture
def shared(world, tmp_path) -> Iterator[tuple[World, S3]]:
    """A project that has pushed to a real S3 server."""
    with seaweedfs(tmp_path / "server") as server:
        share(world)
        world.run("dvc", "push", "--run-cache", **server.as_("writer"))
        yield world, server


@pytest.mark.slow
def test_each_trouble_with_a_remote_is_told_by_the_doctor_in_a_line(shared, tmp_path):
    """Of who may only read, too: reading is all that a job of a pull request does."""
    world, server = shared
    writer, reader = server.as_("writer"), server.as_("reader")
    other = clone(world, tmp_path / "other")

    read = other.run("dvc", "pull", **reader)
    other.set(train__seed=8)
    other.run("dvc", "repro", "train", **reader)
    written = other.run("dvc", "push", check=False, **reader)
    troubles = {
        "nobody": server.as_("nobody"),
        "another secret": writer | {"AWS_SECRET_ACCESS_KEY": "old"},
        "nobody listens": writer | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        "no credentials": {name: value for name, value in writer.items() if "KEY" not in name},
    }
    told = {name: line(other, environment) for name, environment in troubles.items()}
    other.run("dvc", "remote", "modify", "store", "url", "s3://shop/dvc")
    told["no such bucket"] = line(other, reader)

    assert read.returncode == 0
    assert "Access Denied" in written.stderr
    start = "MISSING  an answer about storage: the remote store (s3://store/dvc) says: "
    assert told["nobody"].startswith(start)
    assert told["nobody"].endswith("use an account that may read it")
    assert told["another secret"].endswith("use an account that may read it")
    assert told["nobody listens"].endswith("is the address right, and the server up?")
    assert "Unable to locate credentials; set those that it needs, as AWS_ACCESS_KEY_ID" in told["no credentials"]
    assert told["no such bucket"].endswith("make it, or correct `dvc remote modify store url`")


def line(world: World, environment: dict[str, str]) -> str:
    """Return what the doctor says of storage."""
    said = world.pipeline("doctor", **environment).stdout.splitlines()
    return next(each for each in said if "storage" in each)


@pytest.mark.slow
def test_an_object_that_is_lost_or_altered_is_named_and_can_be_pushed_again(shared, tmp_path):
    """DVC takes a folder for whole if its list is there, and other bytes under the right name if it is not told to look."""
    world, server = shared
    writer, client = server.as_("writer"), server.client()
    listed = json.loads(cached(world, "1-ingest").read_bytes())
    digest = next(file["md5"] for file in listed if file["relpath"] == "table.parquet")
    key = f"dvc/files/md5/{digest[:2]}/{digest[2:]}"
    whole = client.get_object(Bucket="store", Key=key)["Body"].read()

    client.put_object(Bucket="store", Key=key, Body=whole[:-4] + b"none")
    altered = clone(world, tmp_path / "altered").run("dvc", "pull", "ingest", check=False, **writer)
    client.delete_object(Bucket="store", Key=key)
    lost = world.pipeline("doctor", **writer).stdout
    folder = cached(world, "1-ingest")
    client.delete_object(Bucket="store", Key=f"dvc/files/md5/{folder.parent.name}/{folder.name}")
    world.run("dvc", "push", DVC_SITE_CACHE_DIR=str(tmp_path / "site"), **writer)
    healed = clone(world, tmp_path / "healed").run("dvc", "pull", "ingest", **writer)

    assert altered.returncode != 0
    assert "data/1-ingest" in altered.stderr
    assert f"MISSING  the remote has all that dvc.lock names: data/1-ingest/table.parquet (store/{key})" in lost
    assert healed.returncode == 0


def cached(world: World, folder: str) -> Path:
    """Return the list of a folder in DVC's cache."""
    stages = world.json("dvc.lock")["stages"].values()
    digest = next(out["md5"] for stage in stages for out in stage["outs"] if out["path"] == f"data/{folder}")
    return world.path / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


@pytest.mark.weekly
def test_a_push_that_was_killed_goes_on_where_it_was(world, tmp_path):
    """A folder's list comes last, so nobody takes half of one for whole."""
    with seaweedfs(tmp_path / "server") as server:
        share(world, jobs="1")
        writer, client = server.as_("writer"), server.client()
        push = subprocess.Popen(["dvc", "push", "--jobs", "1"], cwd=world.path, env=environment_of() | writer)
        while not client.list_objects_v2(Bucket="store", Prefix="dvc/files").get("Contents"):
            time.sleep(0.01)
        push.send_signal(signal.SIGKILL)
        push.wait()
        half = len(client.list_objects_v2(Bucket="store", Prefix="dvc/files")["Contents"])

        world.run("dvc", "push", **writer)
        other = clone(world, tmp_path / "other")
        other.run("dvc", "pull", **writer)
        whole = len(client.list_objects_v2(Bucket="store", Prefix="dvc/files")["Contents"])

    assert 0 < half < whole
    assert "up to date" in other.run("dvc", "status", "train").stdout
    shutil.rmtree(other.path)


@pytest.mark.weekly
def test_the_registry_keeps_its_files_in_the_same_bucket(tmp_path):
    """With the bucket down amid an upload nothing is half registered, and the next run records it."""
    world = copy_of_project(tmp_path / "world", "stores")
    with seaweedfs(tmp_path / "s3") as s3, Passing(s3, b"(nothing yet)") as between:
        once = {"AWS_MAX_ATTEMPTS": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}  # else minutes pass
        environment = environment_of() | s3.as_("writer") | once | {"MLFLOW_S3_ENDPOINT_URL": between.uri}
        destination = ("--artifacts-destination", "s3://store/mlflow")
        (tmp_path / "mlflow").mkdir()
        database = f"sqlite:///{tmp_path}/mlflow/shared.db"
        with mlflow_server(tmp_path / "mlflow", database, environment, *destination) as server:
            world.repro(**server.shared)
            world.commit("First champion")
            first = {item["Key"] for item in s3.client().list_objects_v2(Bucket="store", Prefix="mlflow")["Contents"]}
            world.set(train__learning_rate=0.2, evaluate__mode="replace")
            world.commit("Another candidate")
            between.last = b"PUT /store/mlflow"
            down = world.repro(check=False, **server.shared, **once)
            during = world.pipeline("status", **server.shared).stdout
            between.last, between.cut = b"(nothing more)", False
            world.repro(**server.shared)
            history = world.pipeline("history", **server.shared).stdout
            back = world.pipeline("rollback", "--yes", "--reason", "a test", **server.shared)

    assert any(key.endswith("model.skops") for key in first)
    assert "Traceback" not in down
    assert "promote: " in down
    assert "champion   v1" in during
    assert "v2" in history
    assert back.returncode == 0, back.stdout + back.stderr
