"""The champion is watched; nothing is claimed that was not measured."""

import json
from pathlib import Path

import pytest
from conftest import World, environment_of
from servers import Passing, mlflow_server


def test_the_monitor_is_quiet_while_there_is_nothing_new(world: World):
    """The holdout of its promotion is no news."""
    done = world.pipeline("monitor")

    assert done.returncode == 0, done.stderr
    assert "champion   v1, 0 rows since its promotion" in done.stdout


@pytest.mark.slow
def test_a_table_that_is_older_than_asked_for_is_told(world: World):
    """After `pipeline as-of` alone there is nothing new to score, and not because rows are few."""
    world.pipeline("as-of", "2018-09-15")

    answer = world.pipeline("monitor")

    assert answer.returncode == 0
    assert "table      out of date (ingest): `dvc repro validate`, then ask again" in answer.stdout
    world.run("git", "checkout", "params.yaml")
    assert "out of date" not in world.pipeline("monitor").stdout


def test_a_table_that_ingest_did_not_make_is_told_as_that(world: World):
    """DVC removed the old one; the report of its contract still stands."""
    world.edit("pipelines/problem/source.py", "COLUMNS = [", "raise ValueError('boom')\nCOLUMNS = [")
    world.run("dvc", "repro", "ingest", check=False)
    world.run("git", "checkout", "--quiet", "pipelines")

    done = world.pipeline("monitor")

    assert (done.returncode, "Traceback" in done.stderr) == (65, False)
    assert "data/1-ingest/table.parquet is not there: ingest failed. Run `dvc repro validate`." in done.stderr


DELETE = "from mlflow import MlflowClient; MlflowClient('sqlite:///mlflow.db').delete_model_version({!r}, '1')"

SPOIL = """
from hashlib import sha256
from pathlib import Path
import sqlite3
(model,) = Path("mlartifacts").rglob("artifacts/{place}model.skops")
model.write_bytes(b"spoilt")
if {again!r}:  # recorded as it is: it arrives, and does not load
    with sqlite3.connect("mlflow.db") as database:
        database.execute("update model_version_tags set value = ? where key = 'mlflow.pipeline.model_sha256'", [sha256(b"spoilt").hexdigest()])
"""


@pytest.mark.parametrize(
    ("accident", "said"),
    [
        (DELETE.format("traffic-demand"), "champion v1 was deleted from the registry; `pipeline rollback` gives back"),
        (SPOIL.format(again="", place=""), "model.skops of champion v1 is not the one that was promoted: its digest"),
        (SPOIL.format(again="", place="refit/"), "refit/model.skops of champion v1 is not the one that was promoted"),
        ("import shutil; shutil.rmtree('mlartifacts')", "mlartifacts"),
        (SPOIL.format(again="yes", place=""), "does not load with the installed scikit-learn"),
    ],
    ids=["deleted", "spoilt", "the refit spoilt", "lost", "does not load"],
)
def test_a_champion_that_cannot_be_used_needs_attention(world: World, accident: str, said: str):
    """It is the reason for an issue, not a failure of the monitor; nothing is claimed that was not measured."""
    world.run("python", "-c", accident)

    done = world.pipeline("monitor")

    assert done.returncode == 2, done.stdout + done.stderr
    assert "ATTENTION  unusable: " in done.stdout
    assert said in done.stdout
    assert "nothing moved" not in done.stdout
    assert "since its promotion" not in done.stdout
    assert said in (world.path / "reports/monitor-unusable.md").read_text()


def test_an_alias_that_was_moved_by_hand_needs_attention(world: World):
    """Consumers get another model than the one that is watched."""
    world.run("python", "-c", "from mlflow import MlflowClient; c = MlflowClient('sqlite:///mlflow.db'); "
              "c.delete_registered_model_alias('traffic-demand', 'champion')")  # fmt: skip

    done = world.pipeline("monitor")

    assert done.returncode == 2
    assert "ATTENTION  alias: models:/traffic-demand@champion gives nothing" in done.stdout
    assert "the champion is v1" in (world.path / "reports/monitor-alias.md").read_text()


@pytest.mark.slow
def test_a_server_that_goes_down_is_no_fault_of_the_champions(fresh: World, tmp_path: Path):
    """It answers who is champion, and then no more: that is an error, and no reason for an issue about the model."""
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server", f"sqlite:///{tmp_path}/server/shared.db", environment_of()) as server:
        fresh.repro(**server.shared)
        assert fresh.pipeline("monitor", **server.shared).returncode == 0
        with Passing(server, last=b"/mlflow-artifacts/") as flaky:
            done = fresh.pipeline("monitor", MLFLOW_TRACKING_URI=flaky.uri)

    assert flaky.cut
    assert (done.returncode, done.stdout) == (65, "")
    assert f"the MLflow registry at {flaky.uri} refused" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("remembered", [True, False], ids=["in a registry", "rebuilt from a commit"])
def test_the_monitor_notices_decay_and_drift(fresh: World, remembered: bool):
    """Champion of June; in September the numbers it is fed and asked for have changed."""
    world = fresh
    old = world.path / "data/0-source/metro_interstate_traffic_volume.csv.gz"
    world.run("python", "-m", "champion", "as-of", "2018-06-30")
    world.commit("June")
    if remembered:
        assert "v1 is champion" in world.repro()
    else:
        assert "champion is the model of commit" in world.pipeline("champion-from", "HEAD").stdout
    name = "v1" if remembered else world.run("git", "rev-parse", "HEAD").stdout[:7]
    spoil = f"""
import pandas as pd
rows = pd.read_csv({str(old)!r}, dtype=str, keep_default_na=False)
late = rows["date_time"] > "2018-07-15"
rows.loc[late, "traffic_volume"] = (rows.loc[late, "traffic_volume"].astype(int) * 6 // 10).clip(lower=1).astype(str)
rows.to_csv({str(old)!r}, index=False)
"""
    world.run("python", "-c", spoil)
    world.set(ingest__as_of="2018-09-30", validate__max_target_drift=50.0)
    world.repro("validate")

    done = world.pipeline("monitor", "--json")

    found = json.loads(done.stdout)
    assert done.returncode == 2, done.stderr
    assert found["champion"] == name
    assert found["window"][0].startswith("2018-07-01")
    assert found["loss"]["low"] > 1.1 * found["loss"]["then"]
    assert "2018-07-15" < found["loss"]["since"] < "2018-07-25"
    assert {"decay", "drift"} == set(found["attention"])
    assert found["attention"]["drift"].startswith("vehicles_week_before moved")
    assert found["drifted"][0] == "vehicles_week_before"
    assert found["effects"]["vehicles_week_before"] > 0.1
    assert "ATTENTION  decay: mae is" in (world.path / "reports/monitor-decay.md").read_text()
    assert (world.path / "reports/monitor-moved.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_challenger_in_shadow_is_scored_beside_the_champion(fresh: World):
    """On rows that came after both were fitted; what it would take to tell is not there yet, then it is."""
    world = fresh
    world.set(ingest__as_of="2018-06-30")
    world.commit("June")
    assert "v1 is champion" in world.repro()
    world.set(train__max_iter=8)
    world.commit("A worse one")
    assert "refused: worse" in world.repro()
    early = world.pipeline("monitor", "--challenger", "latest")
    assert (early.returncode, early.stdout) == (1, "")
    assert "no row came since both the champion and run " in early.stderr
    world.set(ingest__as_of="2018-07-08")
    world.repro("validate")
    few = world.pipeline("monitor", "--challenger", "latest")
    assert "on 8 days that neither was fitted to: too few to tell" in few.stdout
    world.set(ingest__as_of="2018-09-16")
    world.repro("validate")

    done = world.pipeline("monitor", "--challenger", "latest", "--json")
    told = json.loads(done.stdout)["challenger"]
    itself = world.pipeline("monitor", "--challenger", "v1").stdout

    assert told["window"] == ["2018-07-01 00:00:00", "2018-09-16 23:00:00"]
    assert told["loss"] > 1.2 * told["champion_loss"]
    assert told["gain_high"] < -0.1
    assert (
        "proven worse, it adds at least " in world.pipeline("monitor", "--challenger", told["name"].split()[1]).stdout
    )
    assert "challenger v1, mae " in itself
    assert "no difference is proven yet" in itself
    assert "'v7' is neither a version nor a run" in world.pipeline("monitor", "--challenger", "v7").stderr
