"""Weights & Biases has what MLflow has, read back as wandb's own messages; without it, everything goes on."""

import json
import re
import struct
from collections.abc import Iterator

import pytest
from conftest import World, copy_of_project
from wandb.proto.wandb_internal_pb2 import Record
from wandb_server import wandb_server

OFFLINE = {"WANDB_PROJECT": "stores", "WANDB_MODE": "offline"}


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> World:
    """Two champions, and back to the first, with a project at Weights & Biases. Shared: do not change it."""
    world = copy_of_project(tmp_path_factory.mktemp("mirror") / "world", "stores")
    world.repro(**OFFLINE)
    world.commit("First champion")
    world.set(train__learning_rate=0.2, evaluate__mode="replace")
    world.commit("Another candidate")
    world.repro(**OFFLINE)
    world.pipeline("rollback", "--yes", "--reason", "a test", **OFFLINE)
    return world


def written(world: World) -> dict[str, list[Record]]:
    """Return the records of every run that waits to be sent, by the run's job."""
    runs = {}
    for file in sorted(world.path.glob("wandb/offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime):
        records = [Record.FromString(data) for data in logged(file.read_bytes())]
        [run] = [record.run for record in records if record.WhichOneof("record_type") == "run"]
        runs[f"{len(runs)} {run.job_type}"] = records
    return runs


def logged(content: bytes) -> Iterator[bytes]:
    """Return the records of a log in LevelDB's format: blocks of 32 KiB, and in them parts of records, each with a header.

    Source: LevelDB, doc/log_format.md; wandb's own header of 7 bytes comes first. Its package has no reader in Python.
    """
    block, header, position, parts = 32_768, struct.Struct("<IHB"), 7, []
    while position + header.size <= len(content):
        if block - position % block < header.size:
            position += block - position % block
            continue
        _, length, kind = header.unpack_from(content, position)
        position += header.size
        parts.append(content[position : position + length])
        position += length
        if kind in (1, 4):  # whole, or the last part
            yield b"".join(parts)
            parts = []


def of_kind(records: list[Record], kind: str) -> list:
    return [getattr(record, kind) for record in records if record.WhichOneof("record_type") == kind]


def artifacts(records: list[Record]) -> dict[str, tuple[set[str], set[str], dict]]:
    """Return each artifact's files, aliases and metadata."""
    logged = [
        request.log_artifact.artifact for request in of_kind(records, "request") if request.HasField("log_artifact")
    ]
    logged += of_kind(records, "artifact")
    return {
        each.type: (
            {entry.path for entry in each.manifest.contents},
            set(each.aliases),
            json.loads(each.metadata or "{}"),
        )
        for each in logged
    }


@pytest.mark.slow
def test_a_candidate_is_told_with_its_parts(stores):
    """Config, metrics, pictures and report; data and model by their digests; and where MLflow has it."""
    records = written(stores)["0 candidate"]
    [run] = of_kind(records, "run")
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    summary = {
        item.key or item.nested_key[0]: item.value_json for part in of_kind(records, "summary") for item in part.update
    }
    kept = {item.path for part in of_kind(records, "files") for item in part.files}
    parts = artifacts(records)
    lineage = stores.pipeline("lineage", "1", "--json").stdout

    assert run.project == "stores"
    assert run.display_name.startswith("data v")
    assert config["train.seed"] == 7
    assert "/runs/" in config["mlflow"]
    assert "mae" in str(summary)
    assert any(re.match(r"media/images/predictions_\d+", path) for path in kept), kept
    assert any(path.startswith("media/html/report") for path in kept)
    assert parts["dataset"][2]["digest"] == json.loads(lineage)["data"]["digest"]
    assert {"model.skops", "card.json", "refit/model.skops"} <= parts["model"][0]
    assert parts["model"][2]["model_sha256"]


@pytest.mark.slow
def test_the_alias_moves_with_the_champion(stores):
    """By a promotion, and back by a rollback: the same files again, which are the same version there."""
    runs = written(stores)
    moves = {job: artifacts(records)["model"] for job, records in runs.items() if not job.endswith("candidate")}

    assert list(moves) == ["1 promote", "3 promote", "4 rollback"]
    assert [aliases - {"latest"} for _, aliases, _ in moves.values()] == [{"champion", f"v{n}"} for n in (1, 2, 1)]
    assert moves["1 promote"][2] == moves["4 rollback"][2] != moves["3 promote"][2]


@pytest.mark.slow
def test_nothing_is_written_twice(stores):
    """A run with nothing to do looks whether something is missing there."""
    stores.repro(**OFFLINE)  # judged again, after the rollback
    before = sorted(path.name for path in stores.path.glob("wandb/offline-run-*"))

    said = stores.repro(**OFFLINE)

    assert sorted(path.name for path in stores.path.glob("wandb/offline-run-*")) == before
    assert f"W&B: {len(before)} written to wandb/; `wandb sync wandb/offline-run-*` sends them" in said


@pytest.mark.slow
def test_a_server_that_does_not_answer_stops_nothing(stores):
    """It is said, and what was written stays for the next run."""
    nobody = {
        "WANDB_PROJECT": "stores",
        "WANDB_BASE_URL": "http://127.0.0.1:1",
        "WANDB_API_KEY": "a" * 40,
        "WANDB_PATIENCE": "5",
    }

    before = len(list(stores.path.glob("wandb/offline-run-*")))

    said = stores.pipeline("rollback", "--yes", "--reason", "a test", "2", **nobody)

    assert said.returncode == 0
    assert "champion is v2 again" in said.stdout
    assert "W&B: it does not answer; wandb/offline-run-" in said.stdout
    assert len(list(stores.path.glob("wandb/offline-run-*"))) == before + 1


@pytest.mark.slow
def test_what_waits_is_sent_and_each_side_names_the_other(stores):
    """By the next run that reaches the server; after that nothing waits."""
    waiting = {place.name.split("-", 3)[3] for place in stores.path.glob("wandb/offline-run-*")}
    with wandb_server() as server:
        said = stores.repro(**server.environment)
        again = stores.repro(**server.environment)

    told = dict(stores.query("select run_uuid, value from tags where key = 'wandb'"))
    candidates = {run for run in server.runs if not run.startswith("champion-")}
    assert waiting <= server.runs.keys()
    assert told == {run: f"{server.uri}/ada/stores/runs/{run}" for run in candidates}
    assert re.search(rf"W&B: \d+ sent, {server.uri}/ada/stores/runs/", said), said
    assert "W&B: nothing new" in again
    assert any(name.startswith("media/html/report") for name in server.files)
    assert {"champion", "v1", "latest"} in server.aliases
    assert server.committed == len(server.aliases) > 0
    assert "model.skops" in server.files
