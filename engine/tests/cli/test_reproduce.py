"""A version is rebuilt from what is on record, and nothing of the person's is touched."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import World, environment_of, weekly_but

slow = pytest.mark.slow


def belongings(world: World) -> dict[str, object]:
    """What a person would miss: index, stashes, branches, files and what git says of them."""
    kept = [path for path in sorted(world.path.rglob("*")) if path.is_file()]
    return {
        "index": world.run("git", "ls-files", "--stage").stdout,
        "refs": world.run("git", "for-each-ref").stdout,
        "worktrees": world.run("git", "worktree", "list").stdout,
        "status": [
            line
            for line in world.run("git", "status", "--porcelain=v2", "--ignored").stdout.splitlines()
            if "__pycache__" not in line
        ],
        "files": {
            str(path): path.read_bytes()
            for path in kept
            if not {".git", ".dvc", "__pycache__"} & {*path.relative_to(world.path).parts} and path.name != "mlflow.db"
        },
    }


@pytest.fixture
def busy(world: World) -> World:
    """Somebody amid their work: a champion made of uncommitted code, something staged, something stashed."""
    world.edit("pipelines/problem/model.py", "max_leaf_nodes=params", "max_leaf_nodes=2 * params")
    (world.path / "pipelines/problem/notes.py").write_text('"""Not committed."""\n')
    assert "v2 is champion" in world.repro()
    (world.path / "README.md").write_text("half a thought\n")
    world.run("git", "stash", "push", "--quiet", "README.md")
    (world.path / "docs/how.md").write_text("another one\n")
    world.run("git", "add", "docs/how.md")
    return world


@pytest.mark.slow
def test_uncommitted_code_is_rebuilt_and_nothing_is_touched(busy: World):
    """The diff, new files included, is kept with the run."""
    before = belongings(busy)

    done = busy.pipeline("reproduce", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    judged, refit = (
        busy.json(f"data/4-train/{card}")["model_sha256"][:12] for card in ("card.json", "refit/card.json")
    )
    assert done.stdout.splitlines()[-5:] == [
        f"model        identical to the byte, {judged}",
        "predictions  identical on 672 holdout rows",
        "metrics      identical",
        f"refit        identical to the byte, {refit}: what serves",
        "v2 was reproduced exactly",
    ]
    assert belongings(busy) == before


@slow
@pytest.mark.parametrize("after", weekly_but(["data"], ["environment", "code", "data", "model"]))
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_kill_touches_nothing(world: World, how: signal.Signals, after: str):
    """Whatever it was doing, it was doing it elsewhere."""
    before = belongings(world)
    process = subprocess.Popen(
        [sys.executable, "-m", "champion", "reproduce", "1"], cwd=world.path, env=environment_of(),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True,
    )  # fmt: skip
    assert any(line.startswith(after) for line in process.stdout)
    os.killpg(process.pid, how)
    process.communicate()

    assert process.returncode != 0
    assert belongings(world) == before


@slow
def test_the_part_that_is_gone_is_named(world: World, tmp_path: Path):
    """Data, code and records: each says what, and where it was expected."""
    second = World(tmp_path / "second")
    world.run("git", "clone", "--quiet", str(world.path), str(second.path))
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    registry = {"MLFLOW_TRACKING_URI": f"sqlite:///{world.path}/mlflow.db"}
    commit = world.run("git", "rev-parse", "HEAD").stdout.strip()
    for packed in (world.path / "mlartifacts").rglob("code.tar.gz"):
        packed.unlink()  # as in a record of before they were kept

    no_code = second.pipeline("reproduce", "2", **registry)
    no_data = second.pipeline("reproduce", "1", **registry)

    assert no_code.returncode == no_data.returncode == 65
    assert f"v2 cannot be rebuilt: its code is gone. Commit {commit} was expected in this clone" in no_code.stderr
    digest = world.query("select value from tags where key = 'mlflow.pipeline.data'")[0][0]
    expected = f"{second.path}/.dvc/cache/files/md5/{digest[:2]}/{digest[2:]} is missing or spoilt; no DVC remote"
    assert f"v1 cannot be rebuilt: its data {digest} is gone. {expected}" in no_data.stderr

    for inputs in (world.path / "mlartifacts").rglob("inputs"):
        shutil.rmtree(inputs)
    no_record = world.pipeline("reproduce", "2")
    told = f"v2, made of data v1 · code v1 · config v2 at commit {commit[:12]}, cannot be rebuilt: inputs of its run is gone"
    assert told in no_record.stderr


@slow
@pytest.mark.parametrize("part", ["table", "listing"])
def test_data_that_rotted_in_the_cache_is_not_taken(world: World, part: str):
    """A flipped byte is as bad as a missing file, and harder to see."""
    listing = world.json("dvc.lock")["stages"]["ingest"]["outs"][0]["md5"]
    cache = world.path / ".dvc/cache/files/md5"
    entries = world.json(str(cache / listing[:2] / listing[2:]))
    table = next(entry["md5"] for entry in entries if entry["relpath"] == "table.parquet")
    digest = table if part == "table" else listing
    rotten = cache / digest[:2] / digest[2:]
    rotten.chmod(0o644)
    rotten.write_bytes(rotten.read_bytes()[:-1] + b"?")

    done = world.pipeline("reproduce", "1")

    assert done.returncode == 65
    assert f"{rotten} is missing or spoilt" in done.stderr
    assert "Traceback" not in done.stderr


@slow
def test_data_comes_from_the_remote_if_the_cache_is_empty(world: World, tmp_path: Path):
    """A remote given by a relative path is found from the copy as well."""
    world.run("dvc", "remote", "add", "--default", "store", "../store")
    world.run("dvc", "push", "data/1-ingest")
    shutil.rmtree(world.path / ".dvc/cache")

    done = world.pipeline("reproduce", "1")

    assert done.returncode == 0, done.stderr
    assert "identical to the byte" in done.stdout


@slow
def test_the_recorded_environment_can_be_built(world: World):
    """From its lock, with its Python, as `make setup` does."""
    done = world.pipeline("reproduce", "1", "--fresh-env")

    assert done.returncode == 0, done.stderr
    assert "is being built from the recorded lock" in done.stdout
    assert "identical to the byte" in done.stdout


def test_a_version_that_there_is_not_is_refused(world: World):
    """Those that there are, are listed."""
    done = world.pipeline("reproduce", "7")

    assert done.returncode == 1
    assert "'7' is neither a version nor a run. Versions on record: v1." in done.stderr
