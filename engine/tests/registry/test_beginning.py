"""A registry without a champion is believed once somebody said so, of this registry and this name."""

from pathlib import Path

import pytest
from samples import decision

from champion.registry import beginning

FLOW = """
stages:
  baseline: {cmd: python -m pipelines.baseline, outs: [data/5-baseline/champion]}
  promote: {cmd: python -m pipelines.promote, meta: {folder: data/7-promote}}
"""
LOCK = "stages:\n  baseline:\n    outs:\n    - {{path: data/5-baseline/champion, nfiles: {files}}}\n"


@pytest.fixture
def project(repository, monkeypatch):
    """A project without records, asked at an address of its own."""
    repository.commit("Start", **{"dvc.yaml": FLOW})
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////tmp/nowhere/mlflow.db")
    return repository


def test_who_has_no_record_remembers_nobody(project):
    """A first run."""
    assert beginning.remembered() == ""


@pytest.mark.parametrize(("files", "said"), [(1, ""), (3, "dvc.lock knows a champion.")])
def test_the_committed_lock_remembers_whether_there_was_a_model_to_face(project, files, said):
    """Three files: identity, model, card. What is written since does not make it forget."""
    project.commit("Run", **{"dvc.lock": LOCK.format(files=files)})
    project.write(**{"dvc.lock": LOCK.format(files=1)})

    assert beginning.remembered() == said


def test_records_of_the_template_are_not_those_of_a_project_made_from_it(project):
    """`pipeline new` begins another problem: neither the lock in the commit it began at nor a decision from before counts."""
    commit = project.commit("Run", **{"dvc.lock": LOCK.format(files=3)})
    decision(template="").write(project.path / "data/7-promote/decision.json")
    assert "the last run here left champion v1" in beginning.remembered()

    project.write(**{"pyproject.toml": f'[tool.champion-pipeline]\ntemplate = "{commit}"\n'})
    assert beginning.remembered() == ""
    decision().write(project.path / "data/7-promote/decision.json")  # of a version of this code that did not say it
    assert "the last run here left champion v1" in beginning.remembered()
    decision(template="").write(project.path / "data/7-promote/decision.json")

    project.commit("Start helpdesk")
    assert beginning.remembered() == "dvc.lock knows a champion."
    beginning.forget_sample()
    assert not (project.path / "data/7-promote/decision.json").exists()
    decision(template=commit).write(project.path / "data/7-promote/decision.json")
    beginning.forget_sample()
    assert "the last run here left champion v1" in beginning.remembered()


def test_the_embedded_default_of_a_fresh_clone_may_begin(project, monkeypatch):
    """Nobody named an address that could be wrong."""
    project.commit("Run", **{"dvc.lock": LOCK.format(files=3)})
    monkeypatch.delenv("MLFLOW_TRACKING_URI")

    assert beginning.remembered() == ""


def test_a_word_is_good_for_one_registry_one_name_and_one_beginning(project, monkeypatch):
    """And says who gave it."""
    stand_in = Path("data/stand-in")
    beginning.begin(stand_in, "demand")

    assert beginning.said(stand_in, "demand").who == "Ada"
    assert beginning.said(stand_in, "traffic") is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////tmp/elsewhere/mlflow.db")
    assert beginning.said(stand_in, "demand") is None
    beginning.forget(stand_in)
    assert not stand_in.exists()


def test_a_beginning_takes_the_place_of_a_stand_in(project):
    """A project that CI judged without a server has one, from the day before it got its server."""
    stand_in = Path("data/stand-in")
    stand_in.mkdir(parents=True)
    (stand_in / "model.skops").write_bytes(b"of the commit before")

    beginning.begin(stand_in, "demand")

    assert [file.name for file in stand_in.iterdir()] == ["identity.json"]
    (stand_in / "model.skops").write_bytes(b"left by whoever")
    beginning.forget(stand_in)
    assert not stand_in.exists()
