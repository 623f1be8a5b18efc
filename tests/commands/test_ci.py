"""What CI does, at home: decide without a server, tell what was found, watch the champion, say what is missing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from conftest import World, environment_of
from servers import Passing, mlflow_server


@pytest.fixture
def fresh(world: World) -> World:
    """A clone that no registry knows, with a champion in its history only."""
    for name in ("mlflow.db", "data/5-baseline/registry.json", "data/7-promote/decision.json"):
        (world.path / name).unlink()
    return world


def test_without_a_server_the_base_branch_is_the_champion(fresh: World):
    """Its model is rebuilt from its commit; a worse candidate is refused, and the summary says what was not done."""
    base = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    fresh.set(train__max_iter=20)
    fresh.commit("Hurry")

    done = fresh.run("make", "--silent", "model", f"BASE={base}", BASE=base)

    assert f"champion-from: champion is the model of commit {base[:12]}" in done.stdout
    assert "not proven better" in done.stdout
    gate = fresh.run("make", "--silent", "gate", check=False, GITHUB_OUTPUT="output.txt")
    assert (gate.returncode, "not proven better" in gate.stdout) == (2, True)
    assert (fresh.path / "output.txt").read_text() == "decision=reject\n"
    told = fresh.pipeline("report").stdout
    assert "## decided: reject" in told
    assert f"| holdout | candidate | champion {base[:7]} | naive |" in told
    assert f"config: v2; since {base[:7]}: train.max_iter 300 → 20" in told
    assert not (fresh.path / "mlflow.db").exists()

    refused = fresh.run("dvc", "repro", check=False)
    assert f"judged against the model of commit {base[:7]}, which no registry knows" in refused.stderr
    assert fresh.registered()["runs"] == []
    page = (fresh.path / "reports/report.html").read_text()
    assert page.count('role="tab"') == page.count('role="tabpanel"') == 7
    assert "http" not in page.replace("http://127.0.0.1", "")


def test_a_commit_that_does_not_run_is_passed_over(fresh: World):
    """The nearest one before is compared with; a commit that there is not leaves the naive model."""
    good = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    (fresh.path / "params.yaml").write_text("broken")
    fresh.commit("Broken")
    fresh.run("git", "rm", "-r", "--quiet", "--cached", "pipelines", ".dvc")
    fresh.run("git", "commit", "--quiet", "--message", "No pipeline at all")

    done = fresh.pipeline("champion-from", "HEAD")
    assert done.returncode == 0, done.stderr
    found = done.stdout

    assert "gives no champion: " in found
    assert f"champion is the model of commit {good[:12]}" in found
    assert f"champion is the model of commit {good[:12]}" in fresh.pipeline("champion-from", "0" * 40).stdout
    assert "'mian' is no commit of this clone" in fresh.pipeline("champion-from", "mian").stderr


def test_a_registry_knows_the_champion_better(world: World):
    """Nothing is rebuilt where one remembers, and what was rebuilt before counts no more."""
    (world.path / "data/5-baseline/stand-in").mkdir()

    done = world.pipeline("champion-from", "HEAD")

    assert (done.returncode, "mlflow.db exists, and its champion counts" in done.stderr) == (65, True)
    assert "'mian' is no commit of this clone" in world.pipeline("champion-from", "mian").stderr
    assert "is champion, it replaced nobody" in world.repro("baseline")


def test_who_asks_makes_no_registry(fresh: World):
    """An empty one would be taken for a registry that knows of nobody."""
    for asked in (["history"], ["lineage"], ["monitor"], ["why"], ["rollback", "--yes", "--reason", "because"]):
        done = fresh.pipeline(*asked)

        assert (done.returncode, "there is no champion yet" in done.stderr) == (1, True), asked
    assert not (fresh.path / "mlflow.db").exists()


def test_what_does_not_meet_the_floors_is_no_base(fresh: World):
    """Else CI would compare with a model that was refused."""
    good = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    fresh.set(evaluate__limits={"mae": [1.0, 2.0]})
    fresh.commit("Nothing is good enough")

    found = fresh.pipeline("champion-from", "HEAD").stdout

    assert "gives no champion: its verdict is reject: mae is " in found
    assert f"champion is the model of commit {good[:12]}" in found


def test_before_the_first_commit_there_is_nobody_to_face(fresh: World):
    """A new repository: the naive model is all there is."""
    fresh.run("git", "checkout", "--quiet", "--orphan", "new")
    fresh.run("git", "commit", "--quiet", "--message", "All in one")

    before = fresh.path / "data/5-baseline/stand-in"
    before.mkdir()

    assert "the candidate faces the naive model only" in fresh.pipeline("champion-from", "0" * 40).stdout
    assert not before.exists()


@pytest.mark.slow
def test_the_base_has_its_own_packages(fresh: World):
    """Else a new lock would be compared with itself. One that cannot be set up leads to the commit before."""
    lock = fresh.path / "requirements.lock"
    now = lock.read_text()
    lock.write_text("# of before\n" + now)
    there = 'import sys\nif "pipeline-" not in sys.prefix:\n    sys.exit("in the wrong environment")\n\n\ndef train('
    fresh.edit("pipelines/stages/train.py", "def train(", there)
    fresh.commit("Other packages")
    older = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    params = (fresh.path / "params.yaml").read_text()
    (fresh.path / "params.yaml").write_text("broken")
    fresh.commit("Same packages, and broken")
    (fresh.path / "params.yaml").write_text(params)
    fresh.run("git", "checkout", "--quiet", "HEAD~2", "--", "pipelines/stages")
    lock.write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    fresh.commit("Packages that there are not")
    lock.write_text(now)
    fresh.commit("The packages of today")

    done = fresh.pipeline("champion-from", "HEAD^")

    assert done.stdout.count("has other packages; its environment is being built") == 2  # one of them for two commits
    assert "its environment cannot be set up from its requirements.lock" in done.stdout
    assert f"champion is the model of commit {older[:12]}" in done.stdout


def test_a_change_that_changes_no_byte_of_the_model_passes(world: World):
    """It is the champion itself: nothing to promote, and nothing to refuse."""
    model = world.path / "pipelines/problem/model.py"
    model.write_text(model.read_text() + "# a remark\n")
    world.commit("A remark")

    assert "it is the champion itself" in world.repro()
    assert world.pipeline("gate").returncode == 0
    assert "nothing to promote" in world.pipeline("report").stdout or "v1 stays" in world.pipeline("report").stdout


def test_another_model_than_the_one_evaluated_is_not_promoted(world: World):
    """Bytes that were swapped after the verdict are noticed by gate and by promote."""
    decided = world.path / "decided.txt"
    world.pipeline("gate", "--output", str(decided))
    assert decided.read_text() == "decision=promoted\n"
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro("evaluate")
    world.pipeline("gate", "--output", str(decided))
    assert decided.read_text() == "decision=promoted\ndecision=promote\n"
    before = world.registered()
    model = world.path / "data/4-train/model.skops"
    model.unlink()
    model.write_bytes(b"another one")

    gate = world.pipeline("gate")
    done = world.run("dvc", "repro", "--single-item", "promote", check=False)

    assert (gate.returncode, "the verdict is out of date" in gate.stderr) == (65, True)
    assert done.returncode != 0
    assert "is not the model that was evaluated" in done.stderr
    assert world.registered() == before


def test_a_broken_contract_is_told_in_the_summary(world: World):
    """Which checks, with what was found; nothing of the run before is taken for news."""
    world.run("python", "-m", "pipelines", "as-of", "2018-10-20")
    assert "  as_of: '2018-10-20'        # last day" in (world.path / "params.yaml").read_text()
    world.run("dvc", "repro", "validate", check=False)

    told = world.pipeline("report").stdout

    assert "## the data contract is broken, nothing was trained" in told
    assert "| critical | delivery.days_behind |" in told
    assert "Did not run" in (world.path / "reports/report.html").read_text()


def test_a_stage_that_stopped_is_told_in_the_summary(world: World):
    """With its message, until it is mended; a delivery that cannot be read leaves nothing else to tell."""
    source = world.path / "data/0-source/metro_interstate_traffic_volume.csv.gz"
    delivered = source.read_bytes()
    source.write_bytes(b"")
    world.run("dvc", "repro", check=False)

    told = world.pipeline("report").stdout

    assert told.startswith("<!-- champion pipeline -->\n## ingest stopped\n\n```\ndata/0-source/metro")
    assert (world.path / "reports/summary.md").read_text() in told
    source.write_bytes(delivered)
    world.repro("validate")
    assert "stopped" not in world.pipeline("report").stdout
    world.edit(
        "pipelines/problem/model.py",
        "def build(",
        'def build(params):\n    raise ValueError("no trees")\n\n\ndef built(',
    )
    world.run("dvc", "repro", check=False)
    told = world.pipeline("report").stdout
    assert "## train stopped" in told
    assert "no trees" in told
    assert "## data is valid" in told


def test_a_schedule_moves_time_by_itself(world: World):
    """A daily monitor names yesterday, and time moves on."""
    before = datetime.now(UTC).date()
    world.run("python", "-m", "pipelines", "as-of", "yesterday")
    after = datetime.now(UTC).date()

    written = yaml.safe_load((world.path / "params.yaml").read_text())["ingest"]["as_of"]
    assert written in [str(day - timedelta(days=1)) for day in (before, after)]


@pytest.mark.parametrize("day", ["2018-13-45", "tomorrow", "x/e;touch pwned"])
def test_what_is_no_day_leaves_params_alone(world: World, day: str):
    """The dial keeps its value."""
    before = (world.path / "params.yaml").read_bytes()

    done = world.pipeline("as-of", day)

    assert done.returncode == 65
    assert (world.path / "params.yaml").read_bytes() == before
    assert not (world.path / "pwned").exists()


def test_the_monitor_is_quiet_while_there_is_nothing_new(world: World):
    """The holdout of its promotion is no news."""
    done = world.pipeline("monitor")

    assert done.returncode == 0, done.stderr
    assert "champion   v1, 0 rows since its promotion" in done.stdout


DELETE = "from mlflow import MlflowClient; MlflowClient('sqlite:///mlflow.db').delete_model_version({!r}, '1')"
SPOIL = """
from hashlib import sha256
from pathlib import Path
import sqlite3
(model,) = Path("mlartifacts").rglob("model.skops")
model.write_bytes(b"spoilt")
if {again!r}:  # recorded as it is: it arrives, and does not load
    with sqlite3.connect("mlflow.db") as database:
        database.execute("update model_version_tags set value = ? where key = 'model_sha256'", [sha256(b"spoilt").hexdigest()])
"""


@pytest.mark.parametrize(
    ("accident", "said"),
    [
        (DELETE.format("traffic-demand"), "champion v1 was deleted from the registry; `pipeline rollback` gives back"),
        (SPOIL.format(again=""), "model.skops of champion v1 is not the one that was promoted: its digest differs"),
        ("import shutil; shutil.rmtree('mlartifacts')", "mlartifacts"),
        (SPOIL.format(again="yes"), "does not load with the installed scikit-learn"),
    ],
    ids=["deleted", "spoilt", "lost", "does not load"],
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
    world.run("python", "-m", "pipelines", "as-of", "2018-06-30")
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
    assert {"decay", "drift"} == set(found["attention"])
    assert "ATTENTION  decay: mae is" in (world.path / "reports/monitor-decay.md").read_text()


def test_the_doctor_says_what_is_missing_and_what_to_do(world: World, tmp_path: Path):
    """On a laptop much may be missing; each finding has its remedy."""
    said = world.pipeline("doctor")

    assert said.returncode == 2
    assert "MISSING  DVC remote: data outlives this machine: `dvc remote add --default store URL`" in said.stdout
    assert "MISSING  MLflow server: the team has one champion: set MLFLOW_TRACKING_URI" in said.stdout
    assert "ok       everything is committed" in said.stdout
    world.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    world.commit("Add a remote")
    assert "MISSING  everything is pushed: `dvc push`" in world.pipeline("doctor").stdout
    world.run("dvc", "push")
    assert "ok       everything is pushed" in world.pipeline("doctor").stdout
