"""The verdict is an exit code, for the model that was evaluated and no other."""

import json

import pytest
from conftest import World

from champion.cli.commands.gate import passes
from champion.core.documents.evaluation import Reason, Verdict


@pytest.mark.slow
def test_a_change_that_changes_no_byte_of_the_model_passes(world: World):
    """It is the champion itself: nothing to promote, and nothing to refuse."""
    model = world.path / "pipelines/problem/model.py"
    model.write_text(model.read_text() + "# a remark\n")
    world.commit("A remark")

    assert "it is the champion itself" in world.repro()
    assert world.pipeline("gate").returncode == 0
    assert "nothing to promote" in world.pipeline("report").stdout or "v1 stays" in world.pipeline("report").stdout


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("said", "outcome", "red"),
    [
        ([("proven", "praise")], "promote", []),
        ([("same_model", "reject")], "kept: same model", []),
        ([("improvement", "reject")], "kept: not proven better", ["kept"]),
        ([("worse", "reject")], "refused: worse", ["harm", "kept"]),
        ([("slice", "reject"), ("improvement", "reject")], "refused: worse", ["harm", "kept"]),
        ([("limit", "reject"), ("improvement", "reject")], "refused: a rule", ["harm", "kept"]),
        ([("rolled_back", "reject")], "refused: a rule", ["harm", "kept"]),
        ([("own", "reject")], "refused: a rule", ["harm", "kept"]),
        ([("champion", "hold")], "cannot be judged", ["held", "harm", "kept"]),
        ([("rows", "hold"), ("limit", "reject")], "cannot be judged", ["held", "harm", "kept"]),
    ],
)
def test_each_outcome_has_a_name_and_a_colour_for_each_question(said, outcome, red):
    """docs/team.md has the same table."""
    reasons = [Reason(rule=rule, effect=effect, text="so") for rule, effect in said]
    effects = {effect for _, effect in said}
    decision = "promote" if effects == {"praise"} else "reject" if "reject" in effects else "hold"
    verdict = Verdict(decision=decision, reasons=reasons)

    assert verdict.outcome == outcome
    assert [question for question in ("held", "harm", "kept") if not passes(verdict, question)] == red


@pytest.mark.slow
def test_a_program_reads_the_rules(world: World):
    """A text is for people; CI acts on the rule."""
    world.set(train__max_iter=20)
    world.repro("evaluate")

    done = world.pipeline("gate", "--json")

    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["decision"], verdict["outcome"]) == (1, "reject", "refused: worse")
    assert {reason["rule"] for reason in verdict["reasons"]} >= {"worse"}
    assert all(reason["effect"] == "reject" for reason in verdict["reasons"])


@pytest.mark.slow
def test_an_alias_that_was_moved_by_hand_is_told_beside_the_verdict(world: World):
    """The candidate faces the champion of the ledger, while consumers get something else."""
    world.query("delete from registered_model_aliases")
    world.set(train__max_iter=20)
    world.repro("evaluate")

    done = world.pipeline("gate", "--json")

    assert "models:/traffic-demand@champion gives nothing" in done.stderr
    assert "the champion is v1" in done.stderr
    assert json.loads(done.stdout)["decision"] == "reject"
    world.repro()
    assert "models:/" not in world.pipeline("gate").stderr
