"""Who can write to the artifact store, or to the registry as well, runs no code on the machines that load a model."""

import hashlib
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import skops.io
from conftest import World, environment_of
from servers import free_port
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

MARK = "attacked"  # what the code of the attacker would leave behind


class Runs:
    """A pickle that runs a command when it is loaded."""

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {MARK}",)


def a_pickle(_old: bytes) -> bytes:
    return pickle.dumps(Runs())


def a_function(_old: bytes) -> bytes:
    """A file of skops whose model calls the shell with what it is asked."""
    return skops.io.dumps(make_pipeline(FunctionTransformer(os.system)))


def other_bytes(old: bytes) -> bytes:
    return old[:-1] + bytes([old[-1] ^ 1])


def replace_model(world: World, made: Callable[[bytes], bytes], *, registry: bool) -> None:
    """Replace the files of the champion's models; with the registry, let it say that they are the promoted ones."""
    for place in world.path.glob("mlartifacts/**/model.skops"):
        old = place.read_bytes()
        place.write_bytes(made(old))
        if registry:
            digests = [hashlib.sha256(content).hexdigest() for content in (old, made(old))]
            with sqlite3.connect(world.path / "mlflow.db") as database:
                for table, column in (
                    ("tags", "value"),
                    ("model_version_tags", "value"),
                    ("logged_model_tags", "tag_value"),
                ):
                    database.execute(f"update {table} set {column} = ? where {column} = ?", (digests[1], digests[0]))


def serve(world: World) -> subprocess.CompletedProcess[str]:
    """Start the server; one that serves is ended, and was fine."""
    command = [sys.executable, "-m", "pipelines", "serve", "--port", str(free_port())]
    try:
        return subprocess.run(
            command, cwd=world.path, env=environment_of(), capture_output=True, text=True, check=False, timeout=60
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 0, "", "")


def doors(world: World) -> dict[str, tuple[int, str]]:
    """Load the champion in every way there is; return what each said."""
    rows = world.path / "data/0-source/metro_interstate_traffic_volume.csv.gz"
    said = {
        "predict": world.pipeline("predict", str(rows), "predicted.csv"),
        "monitor": world.pipeline("monitor"),
        "reproduce": world.pipeline("reproduce", "1"),
        "serve": serve(world),
        "pyfunc": world.run(
            "python", "-c", "import mlflow; mlflow.pyfunc.load_model('models:/traffic-demand@champion')", check=False,
            MLFLOW_TRACKING_URI=f"sqlite:///{world.path}/mlflow.db",
        ),
    }  # fmt: skip
    world.set(train__max_iter=200)
    said["repro"] = world.run("dvc", "repro", "evaluate", check=False)
    return {door: (done.returncode, done.stdout + done.stderr) for door, done in said.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attack", "registry"),
    [
        pytest.param(other_bytes, False, id="other bytes in the store", marks=pytest.mark.weekly),
        pytest.param(a_pickle, True, id="a pickle, and the registry vouches for it"),
        pytest.param(a_function, False, id="a function in the store", marks=pytest.mark.weekly),
        pytest.param(a_function, True, id="a function, and the registry vouches for it", marks=pytest.mark.weekly),
    ],
)
def test_no_door_runs_what_an_attacker_left(world: World, attack, registry):
    """Each names the file and refuses, and nothing is promoted in place of a champion that cannot be had."""
    before = world.registered()["versions"]
    replace_model(world, attack, registry=registry)

    said = doors(world)

    assert not list(Path(world.path).rglob(MARK))
    for door in ("predict", "monitor", "reproduce", "serve"):
        assert said[door][0] != 0, (door, said[door])
        assert "Traceback" not in said[door][1], (door, said[door])
        assert "model.skops" in said[door][1], (door, said[door])
    if attack is not other_bytes:  # MLflow compares no digests; our loader takes no code
        assert said["pyfunc"][0] != 0
    assert "evaluate: promote" not in said["repro"][1]
    assert world.registered()["versions"] == before


@pytest.mark.weekly
def test_without_an_attack_every_door_is_open(world: World):
    """Else the test above would say nothing."""
    assert {door: code for door, (code, _) in doors(world).items()} == dict.fromkeys(
        ("predict", "monitor", "reproduce", "serve", "pyfunc", "repro"), 0
    )
