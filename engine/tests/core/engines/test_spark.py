"""Spark works on the same files with the same functions: the same bytes, whatever the cluster, and mistakes are named."""

import subprocess

import pytest
from conftest import World
from core.test_parts import MADE, parted

from champion.core import files
from champion.core.engines import worker


def digests(world: World) -> list[str]:
    return [files.sha256(world.path / "data" / name) for name in (*MADE, "1-ingest/counts.json")]


@pytest.mark.slow
@pytest.mark.parametrize("cluster", [pytest.param("two machines", marks=pytest.mark.weekly), "connect"], indirect=True)
def test_a_cluster_gives_the_same_bytes(tmp_path, cluster):
    """dvc.lock says so as well, and nothing is done again by the other engine."""
    world = parted(tmp_path / "world")
    world.repro("features", PIPELINE_ENGINE="local")
    local, lock = digests(world), (world.path / "dvc.lock").read_bytes()

    said = world.repro("--force", "ingest", "features", **cluster)
    by_spark = digests(world)

    assert by_spark == local
    assert (world.path / "dvc.lock").read_bytes() == lock
    assert "Stage 'ingest' didn't change" in world.repro("features", PIPELINE_ENGINE="local")
    assert "Traceback" not in said


@pytest.mark.weekly
@pytest.mark.parametrize("cluster", ["two machines"], indirect=True)
def test_the_champion_answers_on_a_cluster_as_here(tmp_path, cluster):
    """To the bit: rows as they are delivered, and ready features."""
    world = parted(tmp_path / "world")
    world.repro()
    world.commit("First champion")
    there = {name: value for name, value in cluster.items() if name != "PIPELINE_ENGINE"}
    question = {"raw": ["data/0-source/stores.csv"], "features": ["data/3-features/training.parquet", "--features"]}

    for name, (asked, *options) in question.items():
        here = world.pipeline("predict", asked, f"here-{name}.csv", *options)
        spark = world.pipeline("predict", asked, f"there-{name}.csv", *options, "--engine", "spark", **there)

        assert (here.returncode, spark.returncode) == (0, 0), here.stderr + spark.stderr
        assert here.stdout == spark.stdout
        assert (world.path / f"here-{name}.csv").read_bytes() == (world.path / f"there-{name}.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["connect", pytest.param("two machines", marks=pytest.mark.weekly)], indirect=True)
def test_what_goes_wrong_there_is_a_sentence(tmp_path, cluster):
    """The problem's mistake with file and line; a process that was killed; something that nobody thought of."""
    world = parted(tmp_path / "world")
    world.repro("features", PIPELINE_ENGINE="local")
    features = world.path / "pipelines/problem/features.py"
    code = features.read_text()
    said = {}
    for name, line in (
        ("mistake", 'table["dya"]\n    '),
        ("killed", "import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)\n    "),
    ):
        features.write_text(code.replace('    day = table["day"]', f'    {line}day = table["day"]'))
        said[name] = world.repro("features", check=False, **cluster)

    assert "features: pipelines/problem/features.py, line" in said["mistake"]
    assert "KeyError: 'dya'" in said["mistake"]
    assert "Python worker exited unexpectedly (crashed)" in said["killed"]
    assert "PIPELINE_ENGINE=local does without it." in said["killed"]
    assert not any("Traceback (most recent call last)" in each for each in said.values())


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_told_at_once(tmp_path, spark):
    """Spark itself would try again for minutes. A token in its address is told to nobody."""
    world = parted(tmp_path / "world")
    remote = world.repro(
        "ingest", check=False, **spark, PIPELINE_ENGINE="spark", SPARK_REMOTE="sc://127.0.0.1:1/;token=secret"
    )
    master = world.repro("ingest", check=False, **spark, PIPELINE_ENGINE="spark", SPARK_MASTER="spark://127.0.0.1:1")

    assert "ingest: Spark (sc://127.0.0.1:1) does not answer: 127.0.0.1:1: Connection refused." in remote
    assert "ingest: Spark (spark://127.0.0.1:1) does not answer: 127.0.0.1:1: Connection refused." in master
    assert "secret" not in remote


def test_without_spark_it_says_what_to_install(tmp_path):
    """It is no part of what `make setup` installs."""
    world = parted(tmp_path / "world")

    said = world.repro("ingest", check=False, PIPELINE_ENGINE="spark")

    assert 'PIPELINE_ENGINE=spark needs the package pyspark: add spark to the extras of "champion-engine[…]"' in said


def test_a_machine_with_other_packages_does_not_work():
    """It might give other bytes."""
    result, mistake = worker.run_task(b"", b"", {"pandas": "2.0.0", "pyspark-of-nobody": "1"})

    assert result is None
    assert "not 2.0.0; pyspark-of-nobody none, not 1. Give it the packages of requirements.lock." in str(mistake)


def test_a_machine_without_the_project_says_so(tmp_path):
    """Its disk is another one. In a process of its own, as on a worker."""
    script = (
        "import pickle, pyarrow as pa\nfrom pathlib import Path\nfrom champion.ext.spark import spark\n"
        f"work = spark._on_worker(Path({str(tmp_path / 'nowhere')!r}), spark._folders(), '', {{}}, b'')\n"
        "rows = pa.record_batch([pa.array([0], pa.int32()), pa.array([b''])], ['number', 'task'])\n"
        "print(next(work(iter([rows]))).to_pylist())\n"
    )
    done = subprocess.run(["python", "-c", script], capture_output=True, text=True, check=True)

    assert f"does not have {tmp_path}/nowhere: the project has to be on a disk that all machines share." in done.stdout
