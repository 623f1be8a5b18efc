"""The whole pipeline, from clone to champion and after."""

import numpy as np
import pandas as pd
import pytest
from conftest import README, Prepared, World

from champion.core import models
from champion.core.documents.model import ModelCard
from champion.core.files import sha256

TRAINED = "champion.core.entry train "


def test_the_first_run_crowns_a_champion(first_champion: Prepared):
    """Without a champion a candidate needs valid data, and to beat the naive model."""
    assert first_champion.decision["action"] == "promoted"
    assert first_champion.decision["champion"] == "1"
    assert first_champion.query("select alias, version from registered_model_aliases") == [("champion", 1)]
    evaluation = first_champion.json("data/6-evaluate/evaluation.json")
    assert evaluation["metrics"]["candidate"]["mae"] < 200 < evaluation["metrics"]["naive"]["mae"]


def test_the_readme_shows_what_the_first_run_ends_with(world: World):
    """What the first screen promises is what comes."""
    readme = README.read_text()
    promised = readme.partition("<!-- status -->")[2].partition("<!-- /status -->")[0]

    said = world.pipeline("status").stdout.partition("\n\n")[0]

    assert [line.strip() for line in promised.strip().splitlines()] == [line.strip() for line in said.splitlines()]


def test_a_second_run_changes_nothing(world: World):
    """An unchanged retrain trains nothing, judges nothing and records nothing."""
    before = world.registered()

    output = world.repro()

    assert "Running stage 'evaluate'" not in output
    assert "promote: nothing to do; v1 is champion" in output
    assert world.registered() == before
    assert world.run("git", "status", "--porcelain").stdout == ""


def test_the_same_stays_true_when_the_registry_is_looked_at_again(world: World):
    """The candidate that became champion is not compared with itself."""
    (world.path / "data/5-baseline/registry.json").unlink()
    before = world.registered()

    output = world.repro()

    assert "the candidate is champion, it replaced nobody" in output
    assert "Running stage 'evaluate'" not in output
    assert world.registered() == before


@pytest.mark.slow
def test_a_better_model_is_promoted_rolled_back_and_not_promoted_again(world: World):
    """After a rollback the model that was left stays out, though it would win again."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    output = world.repro()
    assert "v2 is champion, it replaced v1" in output

    back = world.pipeline("rollback", "--yes", "--reason", "queues at noon")
    assert back.returncode == 0
    assert "champion is v1 again" in back.stdout

    assert "this model was rolled back before (as v2" in world.repro()
    assert world.registered()["alias"] == [("champion", 1)]
    assert "nothing to do; refused: a rule; champion v1 stays" in world.repro()
    history = world.pipeline("history").stdout.splitlines()
    assert [line[18:26].strip() for line in history] == ["promote", "promote", "rollback"]
    assert "v2 → v1" in history[2]
    assert history[2].endswith("Ada: queues at noon")


@pytest.mark.slow
def test_a_reverted_change_is_named_as_the_champion_of_before(world: World):
    """The way back is a rollback: to be judged again, against who replaced it, it would have to be better."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    assert "v2 is champion" in world.repro()
    world.set(train__max_leaf_nodes=31)

    output = world.repro()

    assert "It is v1, champion before: `pipeline rollback 1` gives it back" in output
    world.commit("Smaller trees again")
    assert world.pipeline("rollback", "1", "--yes", "--reason", "reverted").returncode == 0
    assert "v1 is champion" in world.repro()
    assert world.pipeline("gate").returncode == 0


def test_a_worse_model_is_a_result_not_a_failure(world: World):
    """`dvc repro` succeeds and says why; the gate is what fails."""
    world.set(train__max_iter=20)
    early = world.pipeline("gate")
    assert (early.returncode, "the verdict is out of date: train" in early.stderr) == (65, True)

    output = world.repro()

    assert "evaluate: refused: worse" in output
    assert world.decision["action"] == "rejected"
    assert world.registered()["versions"] == [(1,)]
    gate = world.pipeline("gate")
    assert gate.returncode == 1
    assert "not proven better" in gate.stdout
    status = world.pipeline("status").stdout
    assert "champion   v1" in status
    assert "not proven better" in status


def test_bad_data_stops_everything_and_leaves_no_trace(world: World):
    """A contract that fails keeps the previous outputs, the registry and the champion."""
    before = world.registered()
    model = (world.path / "data/4-train/model.skops").read_bytes()
    world.set(ingest__as_of="2018-10-20")

    done = world.run("dvc", "repro", check=False)

    assert done.returncode != 0
    assert "delivery.days_behind" in done.stderr
    assert "Traceback" not in done.stderr
    assert world.registered() == before
    assert (world.path / "data/4-train/model.skops").read_bytes() == model
    assert world.json("data/2-validate/report.json")["success"] is False
    world.run("git", "checkout", "--quiet", "params.yaml")
    assert "nothing to do; v1 is champion" in world.repro()


@pytest.mark.slow
def test_time_moves_on(world: World):
    """Every as_of is a data version; rows the champion was trained on never count."""
    world.set(ingest__as_of="2018-08-15")

    output = world.repro()

    assert "rows after as_of left out" in output
    assert "evaluate: cannot be judged" in output
    assert "Rows the champion was trained on do not count" in output
    assert world.decision["action"] == "on hold"


@pytest.mark.slow
@pytest.mark.parametrize(
    "where", [pytest.param([], id="here"), pytest.param(["--temp"], id="elsewhere", marks=pytest.mark.slow)]
)
def test_an_experiment_is_recorded_and_never_promoted(world: World, where: list[str]):
    """`dvc exp run` shows what would be; `dvc repro` does it."""
    world.run("dvc", "exp", "run", *where, "--name", "larger", "--set-param", "train.max_leaf_nodes=63")

    assert world.registered()["versions"] == [(1,)]
    assert len(list(world.path.rglob("mlflow.db"))) == 1
    assert world.query("select value from tags where key = 'experiment' order by value") == [("larger",), ("no",)]
    assert "larger" in world.run("dvc", "exp", "show", "--csv").stdout
    world.run("dvc", "exp", "apply", "larger")
    assert "v2 is champion, it replaced v1" in world.repro()


@pytest.mark.slow
def test_metrics_and_plots_are_shown(world: World):
    """The pictures and figures of an evaluation are where DVC looks for them."""
    world.set(train__max_iter=20)
    world.repro()

    assert "candidate.mae" in world.run("dvc", "metrics", "diff").stdout
    assert "train.max_iter" in world.run("dvc", "params", "diff").stdout
    world.run("dvc", "plots", "show", "--out", "shown")
    page = (world.path / "shown/index.html").read_text()
    assert "predictions.png" in page
    assert "diagnostics.png" in page
    assert "slices.png" in page
    assert "vega" in page


def test_a_second_clone_restores_instead_of_training(world: World, tmp_path):
    """What one person computed another one pulls; an empty registry is filled from the files."""
    world.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    world.commit("Add a remote")
    world.run("dvc", "push")
    world.run("git", "clone", "--quiet", str(world.path), str(tmp_path / "second"))
    second = World(tmp_path / "second")

    second.run("dvc", "pull")
    output = second.repro()

    assert TRAINED not in output
    assert "v1 is champion, it replaced nobody" in output
    assert second.decision["candidate"] == world.decision["candidate"]
    assert "nothing to do" in second.repro()


@pytest.mark.slow
def test_mlflow_runs_the_project(world: World):
    """`mlflow run` is `dvc repro`; with another parameter it is an experiment."""
    home = {"MLFLOW_TRACKING_URI": f"sqlite:///{world.path}/mlflow.db"}
    same = world.run("mlflow", "run", ".", "--env-manager", "local", **home)
    assert "nothing to do; v1 is champion" in same.stdout + same.stderr

    world.run("mlflow", "run", ".", "--env-manager", "local", "-P", "set=train.max_iter=20", **home)

    assert world.registered()["versions"] == [(1,)]
    assert world.query("select value from params where key = 'train.max_iter' order by value") == [("20",), ("300",)]


def test_a_consumer_gets_what_was_evaluated(world: World, tmp_path):
    """models:/NAME@champion is the refit, and predicts the same elsewhere, without this project's code."""
    script = """
import sys, numpy as np, pandas as pd, mlflow
mlflow.set_tracking_uri(sys.argv[1])
rows = pd.read_parquet(sys.argv[2]).head(24)
model = mlflow.pyfunc.load_model("models:/traffic-demand@champion")
predicted = model.predict(rows[model.metadata.get_input_schema().input_names()])
assert (predicted == np.load(sys.argv[3])).all(), predicted
assert not [name for name in sys.modules if name.startswith("pipelines")]
"""
    (tmp_path / "consume.py").write_text(script)
    holdout, refit = world.path / "data/3-features/holdout.parquet", world.path / "data/4-train/refit"
    card = ModelCard.read(refit / "card.json")
    served = models.load(refit / "model.skops", card.trusted_types)
    np.save(tmp_path / "expected.npy", models.predict(served, pd.read_parquet(holdout).head(24)[card.columns]))
    elsewhere = World(tmp_path)

    elsewhere.run(
        "python", "consume.py", f"sqlite:///{world.path}/mlflow.db", str(holdout), "expected.npy"
    )  # fmt: skip


def test_an_alias_moved_by_hand_follows_the_ledger(world: World):
    """The ledger is the truth; whoever finds the alias elsewhere repairs it."""
    world.query("update registered_model_aliases set alias = 'challenger'")

    world.repro()

    assert ("champion", 1) in world.registered()["alias"]


def test_a_rollback_that_was_killed_is_finished_not_repeated(world: World):
    """The ledger was written, the alias was not: going back once more would be one too far."""
    world.query("delete from registered_model_aliases")

    done = world.pipeline("rollback", "--yes")

    assert done.stdout.startswith("An interrupted change is finished: champion is v1.")
    assert world.registered()["alias"] == [("champion", 1)]
    assert world.pipeline("rollback", "--yes").returncode == 1


@pytest.mark.slow
def test_a_registry_that_refuses_stops_the_run_and_the_next_one_finishes_it(world: World):
    """Read-only: said in one message, nothing half recorded, nothing trained twice."""
    before = world.registered()
    world.set(train__max_iter=20)
    read_only = {"MLFLOW_TRACKING_URI": f"sqlite:///file:{world.path}/mlflow.db?mode=ro&uri=true"}

    done = world.run("dvc", "repro", check=False, **read_only)

    assert done.returncode != 0
    assert "readonly" in done.stderr
    assert "run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert world.registered() == before
    output = world.repro()
    assert TRAINED not in output
    assert "refused: worse; champion v1 stays" in output


def test_nothing_is_promoted_from_bytes_that_changed_after_the_verdict(world: World):
    """What is registered is the very model that was evaluated, with its refit."""
    for tag, file in (("model_sha256", "artifacts/model.skops"), ("shipped_sha256", "artifacts/refit/model.skops")):
        promoted = world.query(f"select value from model_version_tags where key = 'mlflow.pipeline.{tag}'")
        stored = next((world.path / "mlartifacts").rglob(file))

        assert promoted == [(sha256(stored),)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "stage", "said"),
    [
        ("source.py", "    return pd.read_csv(", "    return pd.read_csvv(", "ingest", "in read: AttributeError"),
        pytest.param("source.py", '            "holiday": "first",\n', "", "ingest", "returned no column holiday", marks=pytest.mark.weekly),
        pytest.param("contract.py", '    past = table["time"]', '    past = table["tim"]', "validate", "in views: KeyError: 'tim'", marks=pytest.mark.weekly),
        pytest.param("features.py", '    time = table["time"]', '    time = table["tim"]', "features", "in features: KeyError: 'tim'", marks=pytest.mark.weekly),
        ("features.py", "    hour, weekday", '    rows["no"]; hour, weekday', "evaluate", "in slices: KeyError: 'no'"),
        pytest.param("model.py", "    encoder = Ord", "    1 / 0; encoder = Ord", "train", "in build: ZeroDivisionError", marks=pytest.mark.weekly),
        ("model.py", '["holiday", "weather"]), rem', '["holiday", "wether"]), rem', "train", "cannot be fitted to 39,890 rows"),
        pytest.param("model.py", "        self.mean_ = target", "        self.mean_ = targe", "evaluate", "in fit: NameError", marks=pytest.mark.weekly),
        pytest.param("rules.py", "    return []", "    return [1 / 0]", "evaluate", "in rules: ZeroDivisionError", marks=pytest.mark.weekly),
    ],
)  # fmt: skip
def test_a_mistake_in_the_problem_is_one_message(world: World, file: str, old: str, new: str, stage: str, said: str):
    """It names file, line, function and error; nothing is half done, and status tells it too."""
    world.edit(f"pipelines/problem/{file}", old, new)
    before = world.registered()

    output = world.repro(check=False)

    assert f"{stage}: " in output
    assert said in output
    assert "Traceback" not in output
    assert f"stopped    {stage}: " in world.pipeline("status").stdout
    assert world.registered() == before
