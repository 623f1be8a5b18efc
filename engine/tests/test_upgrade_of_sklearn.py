"""The day the lock brings another scikit-learn: the champion of before is compared, watched, given back and rebuilt."""

import os
import sys

import pandas as pd
import pytest
from conftest import World, copy_of_project

pytestmark = pytest.mark.weekly
COMPILE = [
    *("uv", "pip", "compile", "--quiet", "pyproject.toml", "--universal", "--python-version", "3.11", "--no-annotate"),
    *(
        "--generate-hashes",
        "--no-strip-extras",
        "--no-emit-index-url",
        "--no-emit-package",
        "champion-engine",
        "--no-header",
    ),
    *("-o", "requirements.lock"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A project whose champion was made by scikit-learn 1.8, and whose lock has today's since."""
    world = copy_of_project(tmp_path_factory.mktemp("sklearn") / "world")
    today = (world.path / "requirements.lock").read_bytes()
    world.run(sys.executable, "-m", *COMPILE, "--upgrade-package", "scikit-learn==1.8.0")
    world.set(train__max_iter=100)
    world.commit("scikit-learn of before")
    world.run("make", "setup")
    before = {"PATH": f"{world.path}/.venv/bin{os.pathsep}{os.environ['PATH']}"}
    assert "v1 is champion" in world.repro(**before)
    world.commit("First champion")
    world.repro(**before)
    (world.path / "requirements.lock").write_bytes(today)
    world.commit("scikit-learn of today")
    return world


def test_what_was_installed_is_on_record(world: World):
    """In its card, and nothing to mark: the lock said the same."""
    card = world.json("data/4-train/card.json")

    assert card["packages"]["scikit-learn"] == "1.8.0"
    assert card["not_as_locked"] == {}
    assert "installed was" not in world.pipeline("lineage", "1").stdout


def test_the_monitor_goes_on(world: World):
    """With the champion's own packages, built once."""
    done = world.pipeline("monitor")

    assert "unusable" not in done.stdout, done.stdout
    assert "too few rows to tell" in done.stdout


def test_it_predicts_with_its_own_packages(world: World):
    """Whoever asks for predictions needs no other environment than today's."""
    delivery = "data/0-source/metro_interstate_traffic_volume.csv.gz"
    rows = pd.read_csv(world.path / delivery, dtype=str, keep_default_na=False).tail(20)
    rows.to_csv(world.path / "in.csv", index=False)

    done = world.pipeline("predict", "in.csv", "out.csv")

    assert done.returncode == 0, done.stderr
    assert pd.read_csv(world.path / "out.csv")["prediction"].notna().all()


def test_a_better_candidate_is_compared_and_promoted_and_the_one_before_given_back(world: World):
    """Not promoted uncompared, not on hold for ever."""
    world.set(train__max_iter=300)
    world.commit("More trees")

    said = world.repro()

    assert "of the champion's mae, at least" in said, said
    assert "v2 is champion, it replaced v1" in said
    assert "champion is v1 again" in (done := world.pipeline("rollback", "--yes")).stdout, done.stderr
    assert "v1 came out DIFFERENTLY" in world.pipeline("reproduce", "1").stdout  # with other packages, and it says so
    assert "v1 was reproduced exactly" in world.pipeline("reproduce", "1", "--fresh-env").stdout


def test_training_with_other_packages_than_the_locks_is_told_and_marked(world: World):
    """Somebody forgot `make setup`: the lock says one thing, the model is made of another."""
    world.set(train__max_leaf_nodes=64)
    world.commit("With yesterday's packages")
    before = {"PATH": f"{world.path}/.venv/bin{os.pathsep}{os.environ['PATH']}"}

    said = world.repro(**before)

    assert "train: WARNING scikit-learn 1.8.0 is installed, requirements.lock says 1.9.1" in said
    assert world.json("data/4-train/card.json")["not_as_locked"] == {"scikit-learn": ["1.9.1", "1.8.0"]}
