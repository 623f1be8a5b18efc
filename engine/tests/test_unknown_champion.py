"""The gate never opens by accident: where it cannot be told who is champion, nobody becomes one."""

import json

import pytest
from conftest import PROJECT, World

NAME = "traffic-demand"
slow = pytest.mark.slow
IN_MLFLOW = "from mlflow import MlflowClient; client = MlflowClient('sqlite:///mlflow.db'); "


def assert_held(world: World, said: str, **environment: str) -> None:
    """The candidate is on hold, the gate is closed, and the registry is as it was, in every mode and again and again."""
    before = world.registered()
    for mode in ("superior", "replace", "again"):
        if mode != "again":
            world.set(evaluate__mode=mode)
        output = world.repro(**environment)
        assert said in output
        assert "nothing is recorded" in output
        assert "evaluate: cannot be judged" in output or mode == "again"
        gate = world.pipeline("gate", **environment)
        assert (gate.returncode, "it cannot be told who is champion" in gate.stdout) == (1, True)
    assert world.registered() == before


@slow
def test_a_registered_model_that_was_deleted_is_not_forgotten(world: World):
    """Its ledger outlives it; every command says what is gone, and the deliberate way on is kept in the history."""
    world.run("python", "-c", f"{IN_MLFLOW} client.delete_registered_model('{NAME}')")
    world.set(train__max_iter=200)

    assert_held(world, "the registered model traffic-demand is gone, and its ledger (run ")

    for verb in (["history"], ["lineage"], ["monitor"], ["rollback", "--yes"]):
        answer = world.pipeline(*verb)
        assert answer.returncode == 65, verb
        assert "champion was v1 since" in answer.stderr
        assert "Run `dvc repro`" not in answer.stderr
    assert "Ada began traffic-demand anew in sqlite" in world.pipeline("champion-from", "nobody").stdout
    assert "v1 is champion, it replaced nobody" in world.repro()
    assert "Ada began traffic-demand anew" in world.pipeline("history").stdout


@slow
def test_a_registered_model_that_was_renamed_is_not_forgotten(world: World):
    """The new name is one way on: as NAME, with nothing lost."""
    world.run("python", "-c", f"{IN_MLFLOW} client.rename_registered_model('{NAME}', 'demand')")
    assert_held(world, "It was deleted or renamed")


@slow
def test_a_project_can_take_another_name(world: World):
    """As docs/operate.md says: versions, history and runs go on."""
    before = world.pipeline("history").stdout
    page = (PROJECT / "docs/operate.md").read_text().partition("## Another name")[2]
    world.run("python", "-c", page.partition("```python\n")[2].partition("```")[0])
    world.edit("pipelines/problem/names.py", f'NAME = "{NAME}"', 'NAME = "demand"')
    world.commit("Another name")

    assert "promote: kept: same model; champion v1 stays" in world.repro()

    assert world.pipeline("history").stdout == before
    assert "Model v1 was trained on Data v1" in world.pipeline("lineage").stdout
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    assert "v2 is champion, it replaced v1" in world.repro()


@slow
def test_a_database_that_is_gone_is_not_a_first_run(world: World):
    """The last run here left a champion; with the database back all is as before."""
    (world.path / "mlflow.db").rename(world.path / "away.db")
    world.set(train__max_iter=200)

    assert_held(world, "the last run here left champion v1")

    for command in (["status"], ["history"], ["lineage"], ["monitor"], ["why"], ["rollback", "--yes"]):
        answer = world.pipeline(*command)
        assert "mlflow.db is gone" in answer.stdout + answer.stderr, command
        assert "`pipeline champion-from nobody` begins anew" in answer.stdout + answer.stderr, command
        assert "Run `dvc repro`" not in answer.stdout + answer.stderr, command
    assert not (world.path / "mlflow.db").exists()
    (world.path / "away.db").rename(world.path / "mlflow.db")
    world.set(train__max_iter=300, evaluate__mode="superior")
    assert (
        "evaluate: kept: same model\n  it is the champion itself" in world.repro()
        or "v1" in world.pipeline("status").stdout
    )


@slow
def test_another_address_is_another_registry(world: World):
    """No file is made there, nothing is promoted there; a blank at the end of a variable is named."""
    elsewhere = f"sqlite:///{world.path}/nowhere/x.db"
    world.set(train__max_iter=200)

    assert_held(world, "is MLFLOW_TRACKING_URI right", MLFLOW_TRACKING_URI=elsewhere)

    assert not (world.path / "nowhere").exists()
    blank = world.repro(check=False, MLFLOW_TRACKING_URI="sqlite:///mlflow.db ")
    assert "take the blanks at its ends away" in blank
    assert not (world.path / "mlflow.db ").exists()


@slow
def test_a_fresh_clone_that_is_sent_elsewhere_knows_of_a_champion(world: World, tmp_path):
    """CI has no record of its own but dvc.lock."""
    world.set(train__max_iter=200)
    world.repro()  # it faced v1
    world.commit("Worse, and refused")
    clone = World(tmp_path / "clone")
    world.run("git", "clone", "--quiet", str(world.path), str(clone.path))

    output = clone.repro(MLFLOW_TRACKING_URI=f"sqlite:///{tmp_path}/x.db")

    assert "dvc.lock knows a champion" in output
    assert "evaluate: cannot be judged" in output
    assert not (tmp_path / "x.db").exists()


@slow
def test_another_name_is_not_a_beginning(world: World):
    """NAME in names.py decides which registered model is asked."""
    world.edit("pipelines/problem/names.py", 'NAME = "traffic-demand"', 'NAME = "demand"')
    world.commit("Another name")

    assert_held(world, "is NAME in pipelines/problem/names.py the one of before")


@slow
def test_a_model_of_this_name_that_is_not_ours_is_left_alone(world: World):
    """Somebody took the tag of the ledger away."""
    world.run("python", "-c", f"{IN_MLFLOW} client.delete_registered_model_tag('{NAME}', 'ledger')")
    world.set(train__max_iter=200)

    assert_held(world, "exists but has no tag 'ledger'")


@slow
def test_in_a_partial_clone_the_champion_is_rebuilt_or_the_gate_stays_shut(world: World, tmp_path):
    """Many CI jobs fetch so. What is missing comes from the remote; if that is away, nothing is known."""
    (world.path / "docs/notes.md").write_text("Only here.\n")  # git may send older versions of other files along
    world.commit("With a file that is gone now")
    (world.path / "docs/notes.md").unlink()
    world.set(train__max_iter=60)
    world.commit("Worse")
    remote, clone = tmp_path / "remote.git", World(tmp_path / "clone")
    world.run("git", "clone", "--quiet", "--bare", str(world.path), str(remote))
    world.run("git", "-C", str(remote), "config", "uploadpack.allowFilter", "true")
    world.run("git", "-C", str(remote), "config", "uploadpack.allowAnySHA1InWant", "true")
    world.run("git", "clone", "--quiet", "--filter=blob:none", f"file://{remote}", str(clone.path))
    first = clone.run("git", "rev-parse", "HEAD~1").stdout.strip()[:12]

    remote.rename(tmp_path / "away.git")
    away = clone.pipeline("champion-from", "HEAD~1")
    assert away.returncode == 65
    assert f"the model of commit {first} could not be had" in away.stderr
    assert "Traceback" not in away.stderr
    (tmp_path / "away.git").rename(remote)
    assert "evaluate: cannot be judged" in clone.repro()
    assert clone.pipeline("gate").returncode == 1

    assert f"champion is the model of commit {first}" in clone.pipeline("champion-from", "HEAD~1").stdout
    assert "evaluate: refused: worse" in clone.repro("evaluate")


@slow
@pytest.mark.parametrize("setting", ["PYTHONSAFEPATH", "PYTHONPATH"])
def test_a_copy_runs_its_own_code(world: World, setting: str):
    """Whatever the environment says: else the working tree's code would be tried under the name of another commit."""
    world.edit("pipelines/problem/features.py", '"weekday": time.dt.day_of_week', '"weekday": time.dt.day_of_week * 2')
    world.commit("Another meaning")

    done = world.pipeline("reproduce", "1", **{setting: "1" if setting == "PYTHONSAFEPATH" else str(world.path)})

    assert "v1 was reproduced exactly" in done.stdout, done.stderr


@slow
def test_a_ledger_that_is_gone_for_good_is_rebuilt_from_what_is_left(world: World):
    """Each version became champion when it was made, and the alias says who is; what is not known is said."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    world.pipeline("rollback", "--yes")
    script = f"{IN_MLFLOW} run = client.get_registered_model('{NAME}').tags['ledger']; client.delete_run(run)"
    assert "nothing to rebuild" in world.pipeline("champion-from", "versions").stderr
    world.run("python", "-c", script)
    world.run("mlflow", "gc", MLFLOW_TRACKING_URI="sqlite:///mlflow.db")
    for command in (["history"], ["lineage"], ["rollback", "--yes"]):
        assert "`pipeline champion-from versions` rebuild" in world.pipeline(*command).stderr, command

    done = world.pipeline("champion-from", "versions")

    assert "rebuilt from 2 versions: champion is v1" in done.stdout, done.stderr
    history = world.pipeline("history").stdout
    assert history.count("rebuilt from the registered versions") == 3
    assert "v2 → v1" in history
    assert world.registered()["alias"] == [("champion", 1)]
    world.set(train__max_leaf_nodes=31)
    world.commit("As before")
    assert "candidate is champion" in world.repro()
    assert "champion is v2 again" in world.pipeline("rollback", "--yes", "2").stdout


@slow
def test_a_champion_outlives_its_run(world: World):
    """A run that is deleted is told, with the way back; one deleted for good is told from what its version keeps."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    before = json.loads(world.pipeline("lineage", "--json").stdout)
    run_id = before["run_url"].rpartition("/")[2]
    world.run("python", "-c", f"{IN_MLFLOW} client.delete_run({run_id!r})")
    assert f"`mlflow runs restore --run-id {run_id}` brings it back" in world.pipeline("lineage").stdout
    world.run("mlflow", "gc", MLFLOW_TRACKING_URI="sqlite:///mlflow.db")

    after = json.loads(world.pipeline("lineage", "--json").stdout)

    told = ("run_state", "get_back")
    assert {name: after[name] for name in after if name not in told} == {
        name: before[name] for name in before if name not in told
    }
    assert "was deleted for good; this is what v2 keeps" in world.pipeline("lineage").stdout
    kept = f"models:/{NAME}/2/record/inputs/params.yaml"
    world.run(
        *["mlflow", "artifacts", "download", "--dst-path", "back", "--artifact-uri", kept],
        MLFLOW_TRACKING_URI="sqlite:///mlflow.db",
    )
    assert (world.path / "back/record/inputs/params.yaml").read_bytes() == (world.path / "params.yaml").read_bytes()
    assert "unusable" not in world.pipeline("monitor").stdout
    assert "v2 was reproduced exactly" in world.pipeline("reproduce", "2").stdout
    assert "config" in world.pipeline("why", "1", "2").stdout
    assert "champion is v1 again" in world.pipeline("rollback", "--yes").stdout
    assert "champion is v2 again" in world.pipeline("rollback", "--yes", "2").stdout
    world.set(train__max_leaf_nodes=127)
    world.commit("Larger trees still")
    assert "v2" in world.repro()


@slow
def test_whom_the_champion_replaced_may_be_deleted(world: World):
    """The champion stands on its own. What was made of the one that is gone is still at its run, and named."""
    first = world.query("select run_id from model_versions where version = 1")[0][0]
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    world.run("python", "-c", f"{IN_MLFLOW} client.delete_model_version('{NAME}', '1')")

    assert "baseline: the candidate is champion, and whom it replaced is gone" in world.repro()

    assert "kept: same model" in world.pipeline("gate").stdout
    assert world.registered()["alias"] == [("champion", 2)]
    for command in (["reproduce", "1"], ["why"], ["lineage", "v1"]):
        answer = world.pipeline(*command)
        assert (answer.returncode, first in answer.stderr) == (1, True), answer.stderr
        assert answer.stderr.startswith("pipeline: v1 was deleted from the registry. What it was made of is still")
    assert "config" in world.pipeline("why", first, "2").stdout


@slow
def test_an_alias_that_was_moved_by_hand_is_told_by_all_who_name_the_champion(world: World):
    """Consumers follow the alias, this project its ledger."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    world.run("python", "-c", f"{IN_MLFLOW} client.set_registered_model_alias('{NAME}', 'champion', '1')")

    for command in ("status", "history", "lineage", "monitor"):
        answer = world.pipeline(command)
        assert f"models:/{NAME}@champion gives v1" in answer.stdout + answer.stderr, command


@slow
def test_a_ledger_that_was_deleted_is_told_before_it_is_collected(world: World):
    """As long as it can be restored in one line."""
    run = f"client.get_registered_model('{NAME}').tags['ledger']"
    world.run("python", "-c", f"{IN_MLFLOW} client.delete_run({run})")

    for command in ("status", "history", "lineage", "monitor"):
        answer = world.pipeline(command)
        assert "`mlflow runs restore --run-id " in answer.stdout + answer.stderr, command
        assert (answer.returncode == 2) == (command == "monitor")
