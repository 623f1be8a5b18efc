"""A history with everything that happens to a model: every version answers what it was made of, and why it got worse."""

import gzip
import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import World, copy_of_project

pytestmark = pytest.mark.slow
SOURCE = "data/0-source/metro_interstate_traffic_volume.csv.gz"
FEATURES = "pipelines/problem/features.py"


def shift_days(world: World, since: str, until: str) -> None:
    """Spoil a delivery so that no check sees it: for two years, vehicles are those of the day before."""
    rows = pd.read_csv(world.path / SOURCE, dtype=str, keep_default_na=False)
    time = pd.to_datetime(rows["date_time"])
    known = rows.assign(time=time).drop_duplicates("time").set_index("time")["traffic_volume"]
    before = (time - pd.Timedelta(days=1)).map(known).where((time >= since) & (time < until))
    rows["traffic_volume"] = before.fillna(rows["traffic_volume"])
    text = io.StringIO()
    rows.to_csv(text, index=False)
    (world.path / SOURCE).write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def deliver(world: World, message: str) -> str:
    """Run the pipeline on committed inputs and commit what came of it."""
    world.commit(message)
    output = world.repro()
    world.commit(f"{message}: results")
    return output


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Six versions, each made champion whatever it does. Shared: leave it as it is."""
    world = copy_of_project(tmp_path_factory.mktemp("past") / "world")
    world.set(ingest__as_of="2018-06-30", evaluate__mode="replace")
    good = (world.path / FEATURES).read_text()
    deliver(world, "First model")
    world.set(ingest__as_of="2018-09-29")
    deliver(world, "New data")
    world.set(train__max_iter=60)
    deliver(world, "A harmful config")
    world.set(train__max_iter=300)
    world.edit(FEATURES, '"hour": time.dt.hour,', '"hour": time.dt.hour // 6 * 6,')
    deliver(world, "A bug in the code")
    (world.path / FEATURES).write_text(good)
    shift_days(world, "2016-06", "2018-08")
    deliver(world, "A delivery that slips past the contract")
    world.set(train__max_iter=60)
    world.edit(FEATURES, '"""Yours: what the model may know of a row', '"""Yours: what a model may know of a row')
    deliver(world, "A harmful config on top, and another word in a comment")
    return world


@pytest.fixture
def world(past: World) -> World:
    """The same history, to ask: questions change nothing but reports and the cache."""
    return past


def ask(world: World, *arguments: str) -> dict:
    done = world.pipeline(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_version_says_what_it_was_made_of(world: World):
    """The numbers are those of the git history; v1 of the config is the one of the template."""
    said = [ask(world, "lineage", str(version))["sentence"] for version in range(1, 7)]

    assert said == [
        "Model v1 was trained on Data v1, using Code v1, with Config v2",
        "Model v2 was trained on Data v2, using Code v1, with Config v2",
        "Model v3 was trained on Data v2, using Code v1, with Config v3",
        "Model v4 was trained on Data v2, using Code v2, with Config v2",
        "Model v5 was trained on Data v3, using Code v1, with Config v2",
        "Model v6 was trained on Data v3, using Code v3, with Config v3",
    ]


def test_the_numbers_are_the_same_in_another_clone(world: World, tmp_path: Path):
    """Two people say v3 and mean the same."""
    world.run("git", "clone", "--quiet", str(world.path), str(tmp_path / "second"))
    registry = {"MLFLOW_TRACKING_URI": f"sqlite:///{world.path}/mlflow.db"}

    theirs = World(tmp_path / "second").pipeline("lineage", "4", **registry)

    assert theirs.stdout == world.pipeline("lineage", "4").stdout


def test_lineage_tells_how_to_get_each_part_back(world: World, tmp_path: Path):
    """The command for the data brings the very table; the one for the config its very numbers."""
    facts = ask(world, "lineage", "v3")

    assert facts["config"]["changed"] == {"train.max_iter": ["300", "60"]}
    assert facts["compared_with"] == "v2"
    data = facts["get_back"]["data"].replace("--out data-v2", f"--out {tmp_path}/data-v2")
    world.run("bash", "-c", data)
    assert len(pd.read_parquet(tmp_path / "data-v2/table.parquet")) == facts["data"]["rows"]
    assert "max_iter: 60" in world.run("bash", "-c", facts["get_back"]["config"]).stdout


def test_history_has_every_move_in_order(world: World):
    """From nobody to the last one."""
    moves = ask(world, "history")

    assert [(move["action"], move["before"], move["after"]) for move in moves] == [
        ("promote", None, "1"), ("promote", "1", "2"), ("promote", "2", "3"), ("promote", "3", "4"),
        ("promote", "4", "5"), ("promote", "5", "6"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "causes"),
    [
        pytest.param("2", "3", {"config"}, id="a harmful config"),
        pytest.param("2", "4", {"code"}, id="a bug in the code"),
        pytest.param("2", "5", {"data"}, id="a spoilt delivery"),
        pytest.param("2", "6", {"data", "config"}, id="two at once, and an innocent third"),
    ],
)
def test_why_finds_the_cause(world: World, old: str, new: str, causes: set[str]):
    """At least four fifths of the change are put on what was planted; what is innocent is cleared."""
    found = ask(world, "why", old, new)

    whole = found["whole"]["effect"]
    shares = {share["parts"][0]: share["effect"] for share in found["shares"]}
    assert whole > 20
    assert sum(shares.values()) == pytest.approx(whole, abs=1e-4)
    assert sum(shares[cause] for cause in causes) > 0.8 * whole
    assert all(shares[cause] > 0.1 * whole for cause in causes)
    assert (found["old"]["rebuilt_exactly"], found["new"]["rebuilt_exactly"]) == (True, True)


def test_why_answers_at_once_when_asked_again(world: World):
    """Nothing is trained, and the page is at the newer version."""
    first = world.pipeline("why", "2", "3")
    answered = (world.path / "reports/why-v2-v3.json").stat().st_mtime_ns

    again = world.pipeline("why", "2", "3")

    assert again.stdout == first.stdout
    assert (world.path / "reports/why-v2-v3.json").stat().st_mtime_ns == answered
    assert world.query("select value from model_version_tags where key = 'why' and version = 3") == [
        (first.stdout.partition("\n")[0],)
    ]
    assert list((world.path / "mlartifacts").rglob("why/why-v2-v3.html"))


def test_the_oldest_version_is_rebuilt_though_its_source_is_gone(past: World, tmp_path: Path):
    """The delivery was overwritten, what the pipeline made of it deleted; code, cache and registry are enough."""
    shutil.copytree(past.path, tmp_path / "world", symlinks=True)
    world = World(tmp_path / "world")
    (world.path / SOURCE).write_bytes(b"gone")
    for folder in (world.path / "data").glob("[1-9]*"):
        shutil.rmtree(folder)
    registry = {"MLFLOW_TRACKING_URI": f"sqlite:///{past.path}/mlflow.db"}
    before = world.run("git", "status", "--porcelain=v2").stdout

    done = world.pipeline("reproduce", "1", **registry)

    assert done.returncode == 0, done.stderr
    assert "identical to the byte" in done.stdout
    assert "identical on 672 holdout rows" in done.stdout
    assert world.run("git", "status", "--porcelain=v2").stdout == before
    assert not list((world.path / "data").glob("[1-9]*"))
