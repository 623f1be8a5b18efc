"""The verdict is an exit code, for the model that was evaluated and no other."""

import json

from conftest import World


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


def test_a_program_reads_the_rules(world: World):
    """A text is for people; CI acts on the rule."""
    world.set(train__max_iter=20)
    world.repro("evaluate")

    done = world.pipeline("gate", "--json")

    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["decision"]) == (1, "reject")
    assert {reason["rule"] for reason in verdict["reasons"]} >= {"improvement"}
    assert all(reason["effect"] == "reject" for reason in verdict["reasons"])
