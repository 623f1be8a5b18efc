"""A candidate is recorded once and whole, whatever stopped the first attempt: on a real registry in a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import shared
from conftest import Prepared
from samples import provenance

from champion.core import flow
from champion.core.errors import PipelineError
from champion.lineage import identity
from champion.registry import runs
from champion.registry.entities import HALF, RecordedRun
from champion.registry.registry import Registry

NAME = "demand"


@pytest.fixture
def candidate(first_champion: Prepared, migrated: Path, tmp_path: Path, monkeypatch) -> runs.Candidate:
    """The candidate of a finished run, in a copy whose registry knows nothing of it."""
    first_champion.copy(tmp_path / "world", "mlartifacts")
    shared.copy(migrated, tmp_path / "world/mlflow.db")
    monkeypatch.chdir(tmp_path / "world")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/world/mlflow.db")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")
    tree, training = identity.working_tree(), flow.path("features", "training")
    model, card = flow.path("train", "model"), flow.path("train", "card")
    digests = {
        "candidate": tree.identity.candidate,
        "model_sha256": "bytes",
        "card_sha256": "card",
        "shipped_sha256": "refit",
    }
    tags = {**tree.tags, **digests, "verdict": "promote", "evaluation": "ev"}
    return runs.Candidate(
        tree, {"train.max_iter": 300}, {"mae": 176.0}, tags, "Better.", provenance(),
        {"training": (training, "0123")}, {"train": [card]}, model, card, card.with_name("refit"), training, ["metrics.`mae`"],
    )  # fmt: skip


@pytest.fixture
def registry(candidate: runs.Candidate) -> Registry:
    known = Registry(NAME)
    known.ensure("Demand per hour.")
    return known


@pytest.fixture
def record(registry: Registry, candidate: runs.Candidate) -> Callable[..., RecordedRun]:
    """Record it, with other fields or tags if given."""
    experiment = registry.client.get_experiment_by_name(NAME).experiment_id

    def recorded(**tags: str) -> RecordedRun:
        return runs.record(registry, experiment, replace(candidate, tags={**candidate.tags, **tags}))

    return recorded


def test_all_of_it_is_recorded_once(registry: Registry, record):
    """A second time changes nothing: same run, same model."""
    first, second = record(), record()

    assert first.id == second.id
    assert second.is_whole
    assert second.has_datasets
    assert second.params == {"train.max_iter": "300"}
    assert len(registry.client.search_logged_models([first.experiment_id])) == 1


def test_a_run_that_a_kill_left_half_is_completed(registry: Registry, record):
    """It is no second run, and says that it is half until then."""
    killed = pytest.MonkeyPatch()
    killed.setattr(runs.packaging, "lay_out", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        record()
    killed.undo()
    (half,) = registry.client.search_runs(registry.client.get_experiment_by_name(NAME).experiment_id)
    assert half.data.tags["mlflow.pipeline.evaluation"] == HALF

    whole = record()

    assert whole.id == half.info.run_id
    assert whole.is_whole
    (model,) = registry.client.search_logged_models([whole.experiment_id])
    assert model.status == "READY"


def test_code_that_changes_meanwhile_is_not_recorded_as_this_candidate(registry: Registry, record, monkeypatch):
    """The run stays half: it would lie about what it was made of."""

    pack = runs.packaging.lay_out

    def edited(*given: object) -> None:
        pack(*given)
        path = Path("params.yaml")
        path.write_text(path.read_text().replace("max_iter: ", "max_iter: 1"))

    monkeypatch.setattr(runs.packaging, "lay_out", edited)

    with pytest.raises(PipelineError, match="were changed while they were being recorded"):
        record()

    (half,) = registry.client.search_runs(registry.client.get_experiment_by_name(NAME).experiment_id)
    assert half.data.tags["mlflow.pipeline.evaluation"] == HALF


def test_a_version_is_registered_once_for_each_champion_it_beat(registry: Registry, record):
    """The same candidate against the same champion is the same version."""
    run = record()

    first, again = runs.register(registry, run, "7"), runs.register(registry, run, "7")
    other = runs.register(registry, run, "8")

    assert (first.number, again.number, other.number) == ("1", "1", "2")
    assert first.tags["compared_with"] == "7"
    assert first.run_id == run.id


def test_a_version_keeps_its_run_when_the_candidate_is_judged_again(registry: Registry, record):
    """What it was promoted for stays as it was; the new verdict has a run of its own."""
    promoted = record()
    runs.register(registry, promoted, None)

    again = record(evaluation="other", verdict="reject")

    assert again.id != promoted.id
    assert registry.run(promoted.id).tags["verdict"] == "promote"
    assert again.tags["verdict"] == "reject"


def test_what_is_committed_since_is_told_at_the_version(registry: Registry, record):
    """Its numbers were v4+dirty; after the commit they are v5, and no second version is made."""
    runs.register(registry, record(numbers="Data v1, Code v2+dirty"), None)

    version = runs.register(registry, record(numbers="Data v1, Code v3"), None)

    assert version.number == "1"
    assert registry.version("1").tags["numbers"] == "Data v1, Code v3"


def test_records_of_before_are_found_by_their_digests_in_plain_sight(registry: Registry, record):
    """They were tags that MLflow's pages showed; nothing is recorded twice because of that."""
    run = record(holdout="ab12")
    version = runs.register(registry, run, None)
    for name in ("candidate", "holdout", "model_sha256"):
        registry.client.delete_tag(run.id, f"mlflow.pipeline.{name}")
        registry.client.set_tag(run.id, name, run.tags[name])
    for name in ("candidate", "model_sha256"):
        registry.client.delete_model_version_tag(NAME, version.number, f"mlflow.pipeline.{name}")
        registry.client.set_model_version_tag(NAME, version.number, name, run.tags[name])

    again = record(holdout="ab12")

    assert again.id == run.id
    assert runs.register(registry, again, None).number == version.number
    assert [each.number for each in registry.versions(run.tags["candidate"])] == ["1"]
    assert registry.tries(run.tags["holdout"], set(), None) == 1


def test_people_see_words_and_no_digests(registry: Registry, record):
    """MLflow's pages leave out what begins with `mlflow.`."""
    run = record()
    version = runs.register(registry, run, None)

    shown = {
        **registry.client.get_run(run.id).data.tags,
        **registry.client.get_model_version(NAME, version.number).tags,
    }

    assert [value for name, value in shown.items() if not name.startswith("mlflow.") and len(value) >= 32] == []
