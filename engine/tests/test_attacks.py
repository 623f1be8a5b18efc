"""Who can write to the artifact store, or to the registry as well, runs no code on the machines that load a model."""

import hashlib
import os
import pickle
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import skops.io
from conftest import PROJECT, World, environment_of
from servers import free_port
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

LOCK = (PROJECT / "engine/dev.lock").read_text()
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
    command = [sys.executable, "-m", "champion", "serve", "--port", str(free_port())]
    try:
        return subprocess.run(
            command, cwd=world.path, env=environment_of(), capture_output=True, text=True, check=False, timeout=180
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


INSTALLS = re.findall(r"pip install .*?-r \S+", (PROJECT / "Makefile").read_text())


def test_what_is_installed_is_what_was_locked(tmp_path: Path):
    """A wheel of the right name and version with other code in it is refused, by each installer that `make setup` calls."""
    locked = next(iter(re.findall(r"^colorlog==\S+ (?:\\\n    \S+ ?)+", LOCK, re.MULTILINE)))
    version = locked.partition(" ")[0].partition("==")[2]
    (tmp_path / "one.lock").write_text(locked)
    with zipfile.ZipFile(tmp_path / f"colorlog-{version}-py3-none-any.whl", "w") as wheel:
        about = f"colorlog-{version}.dist-info"
        wheel.writestr("colorlog/__init__.py", "raise SystemExit('attacked')")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: colorlog\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    told = ("--no-index", "--find-links", ".", "-r", "one.lock", "--target", "installed")

    assert len(INSTALLS) == 3
    assert all("--require-hashes" in line for line in INSTALLS)
    for installer in (["uv"], [sys.executable, "-m"]):
        command = [*installer, "pip", "install", "--no-deps", *told]
        refused = subprocess.run(
            [*command, "--require-hashes"],
            cwd=tmp_path,
            env=environment_of(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode != 0, installer
        assert "hash" in refused.stderr.lower(), refused.stderr
        assert not (tmp_path / "installed/colorlog").exists()
    (tmp_path / "one.lock").write_text(locked.partition(" ")[0])  # without its hashes it is taken
    subprocess.run(command, cwd=tmp_path, env=environment_of(), capture_output=True, check=True)
    assert (tmp_path / "installed/colorlog").exists()
