"""Which version is champion, and how another one becomes it: on a real registry in a file."""

import shutil

import pytest
import shared
from conftest import PROJECT

from champion.core.documents.registry import Move
from champion.core.errors import ChampionUnknown, ChampionUnusable, PipelineError, Refusal
from champion.registry.registry import Registry

NAME = "demand"


@pytest.fixture
def registry(migrated, repository, monkeypatch) -> Registry:
    """A registry with its ledger, and no champion yet."""
    shared.copy(migrated, repository.path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{repository.path}/mlflow.db")
    known = Registry(NAME)
    known.ensure("Demand per hour.")
    return known


def version(registry: Registry, candidate: str, **tags: str):
    """Register a candidate as promote does, as far as the registry looks."""
    experiment = registry.client.get_experiment_by_name(NAME).experiment_id
    run = registry.client.create_run(experiment, tags={"candidate": candidate, **tags}).info.run_id
    made = {"candidate": candidate, "model_sha256": f"{candidate}-bytes"}
    created = registry.client.create_model_version(NAME, source=f"runs:/{run}/model", run_id=run, tags=made)
    return registry.version(str(created.version))


def test_before_the_first_champion_there_is_none(registry: Registry):
    """Asked and answered."""
    assert (registry.champion(), registry.alias(), registry.ledger().moves()) == (None, None, [])
    assert registry.known("c", "m").champion is None


def test_the_alias_follows_the_ledger(registry: Registry):
    """Both name the new champion, and the move says who, from, to and why."""
    one, two = version(registry, "a"), version(registry, "b")
    registry.set_champion(one, "promote", None, "meets every floor")

    registry.set_champion(two, "promote", "1", "saves 3 %")

    assert (registry.champion(), registry.alias()) == ("2", "2")
    last = registry.ledger().moves()[-1]
    assert (last.before, last.after, last.who, last.why) == ("1", "2", "Ada", "saves 3 %")
    assert (last.model_sha256, last.left_sha256) == ("b-bytes", "a-bytes")


def test_who_expected_another_champion_is_refused(registry: Registry):
    """Somebody was faster."""
    one, two, three = (version(registry, name) for name in "abc")
    registry.set_champion(one, "promote", None, "first")
    registry.set_champion(two, "promote", "1", "second")

    with pytest.raises(PipelineError, match="champion is now v2"):
        registry.set_champion(three, "promote", "1", "third")

    assert registry.champion() == "2"


def test_setting_the_same_champion_again_changes_nothing(registry: Registry):
    """A kill after the move: the next run repeats it."""
    one = version(registry, "a")
    for _ in range(2):
        registry.set_champion(one, "promote", None, "first")

    assert len(registry.ledger().moves()) == 1


def test_an_alias_that_was_moved_by_hand_comes_back(registry: Registry):
    """The ledger is the truth."""
    one, _ = version(registry, "a"), version(registry, "b")
    registry.set_champion(one, "promote", None, "first")
    registry.client.set_registered_model_alias(NAME, "champion", "2")

    registry.follow_ledger()

    assert registry.alias() == "1"


def test_a_deleted_champion_is_an_obstacle(registry: Registry):
    """It is told, with the way out; nothing points at what is not there."""
    one = version(registry, "a")
    registry.set_champion(one, "promote", None, "first")
    registry.client.delete_model_version(NAME, "1")

    assert registry.version("1") is None
    assert "v1 was deleted from the registry; `pipeline rollback`" in registry.obstacle("1")
    registry.follow_ledger()


def test_what_was_rolled_back_is_remembered_until_it_is_back(registry: Registry):
    """By its bytes and by its inputs; going forward again lifts it."""
    one, two = version(registry, "a"), version(registry, "b")
    registry.set_champion(one, "promote", None, "first")
    registry.set_champion(two, "promote", "1", "second")
    registry.set_champion(one, "rollback", "2", "queues at noon")

    assert "as v2 on " in registry.rolled_back("b", "other bytes")
    assert registry.rolled_back("b", "b-bytes").endswith("by Ada: queues at noon")
    assert registry.rolled_back("a", "a-bytes") == ""
    registry.set_champion(two, "rollback", "1", "it was the weather")
    assert registry.rolled_back("b", "b-bytes") == ""


def test_tries_are_other_models_judged_on_the_same_holdout(registry: Registry):
    """Not those that are compared now, and not the same twice."""
    for candidate, model in (("a", "1"), ("b", "2"), ("c", "2"), ("d", "3")):
        version(registry, candidate, holdout="september", model_sha256=model)
    version(registry, "e", holdout="august", model_sha256="4")

    assert registry.tries("september", set(), None) == 3
    assert registry.tries("september", {"1", "3"}, None) == 1
    assert registry.tries("september", set(), before=1) == 0


def test_a_name_that_somebody_else_uses_is_refused(registry: Registry):
    """Its versions are not ours to move."""
    registry.client.create_registered_model("payroll")

    with pytest.raises(PipelineError, match="the registered model payroll exists but has no tag 'ledger'"):
        Registry("payroll").ensure("Ours?")


def test_a_move_on_record_is_read_for_ever():
    """It is a param of a run; this text is never changed."""
    written = (
        '{"action": "rollback", "before": "2", "after": "1", "model_sha256": "a", "left_sha256": "b", "who": "Ada", '
        '"when": "2026-11-24T16:10:59+00:00", "why": "queues at noon", "run_url": "http://127.0.0.1:5000/#/runs/1"}'
    )

    assert Move.model_validate_json(written).why == "queues at noon"


def test_a_question_creates_no_database(tmp_path, monkeypatch):
    """An empty one would be taken for a registry that knows of nobody."""
    shutil.copy(PROJECT / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")

    with pytest.raises(Refusal, match="there is no champion yet"):
        Registry(NAME)

    assert not (tmp_path / "mlflow.db").exists()


def test_a_run_that_was_deleted_for_good_stops_no_promotion(registry: Registry):
    """`mlflow gc`: what is lost is what was recorded of that candidate; ledger, versions and models stand."""
    one, two = version(registry, "a"), version(registry, "b")
    registry.set_champion(one, "promote", None, "first")
    registry.client.delete_run(one.run_id)
    registry.client._tracking_client.store._hard_delete_run(one.run_id)

    with pytest.raises(ChampionUnusable, match="was deleted for good"):
        registry.run(one.run_id)
    assert registry.params_of("1") == {}
    registry.set_champion(two, "promote", "1", "second")
    registry.set_champion(one, "rollback", "2", "back")

    assert (registry.champion(), registry.alias()) == ("1", "1")
    assert registry.ledger().moves()[-1].run_url == ""


def test_a_ledger_that_outlives_its_model_is_no_beginning(registry: Registry):
    """Deleted in the UI: nobody may be promoted as if there had never been a champion."""
    registry.set_champion(version(registry, "a"), "promote", None, "first")
    registry.client.delete_registered_model(NAME)

    with pytest.raises(ChampionUnknown, match=r"demand is gone, and its ledger \(run .*champion was v1 since"):
        registry.champion()
    with pytest.raises(ChampionUnknown, match="is gone"):
        registry.ensure("Demand per hour.")
    registry.ensure("Demand per hour.", anew=True)

    assert registry.champion() is None


def test_a_ledger_that_is_gone_is_not_an_empty_one(registry: Registry):
    """Its run was deleted for good, and the model still names it."""
    registry.set_champion(version(registry, "a"), "promote", None, "first")
    run_id = registry.ledger().run_id
    registry.client.delete_run(run_id)

    with pytest.raises(PipelineError, match=f"`mlflow runs restore --run-id {run_id}` brings it back"):
        registry.set_champion(version(registry, "b"), "promote", "1", "second")
    registry.client._tracking_client.store._hard_delete_run(run_id)
    with pytest.raises(ChampionUnknown, match=r"the ledger .* is gone"):
        registry.champion()
