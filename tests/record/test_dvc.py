"""dvc.yaml owns every path; it is looked up by the name of the argument."""

from pathlib import Path

import pytest

from pipelines.errors import PipelineError
from pipelines.record import dvc

FLOW = """
stages:
  ingest: {cmd: python -m pipelines.entry ingest --source in --ingested data/1-ingest}
  train:
    cmd: python -m pipelines.entry train
      --training data/rows.parquet
      --model data/model.skops
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "dvc.yaml").write_text(FLOW)
    return tmp_path


def test_a_path_is_found_by_its_argument(project):
    """Over several lines, in any project."""
    assert dvc.path("train", "model", project) == project / "data/model.skops"
    assert dvc.path("ingest", "source", project) == project / "in"


@pytest.mark.parametrize(("stage", "name"), [("train", "card"), ("trian", "model"), ("train", "data/model.skops")])
def test_what_is_not_handed_over_is_named(project, stage, name):
    """A typing mistake in dvc.yaml, or an older commit."""
    with pytest.raises(PipelineError, match=f"hands no --{name} to the stage {stage}"):
        dvc.path(stage, name, project)


def test_stages_come_in_the_order_of_the_file(project):
    """The page shows them so."""
    assert dvc.stages(project) == ["ingest", "train"]


def test_a_stage_put_between_two_others_is_one_of_those_between(project):
    """Whoever rebuilds a model runs it too."""
    assert dvc.between("ingest", "train", project) == ["ingest", "train"]
    (project / "dvc.yaml").write_text("stages:\n  ingest: {cmd: a}\n  sample: {cmd: b}\n  train: {cmd: c}\n")

    assert dvc.between("ingest", "train", project) == ["ingest", "sample", "train"]
    assert dvc.between("sample", "sample", project) == ["sample"]
    with pytest.raises(PipelineError, match="has no stage features, only ingest, sample, train"):
        dvc.between("features", "train", project)


@pytest.mark.parametrize(
    "content", [None, "stages: [", "{}", "7"], ids=["missing", "not YAML", "no stages", "a number"]
)
def test_a_broken_file_says_how_to_restore_it(tmp_path: Path, content):
    """No traceback."""
    if content is not None:
        (tmp_path / "dvc.yaml").write_text(content)

    with pytest.raises(PipelineError, match=r"(?s)dvc.yaml cannot be read: .* `git checkout dvc.yaml` restores it"):
        dvc.path("train", "model", tmp_path)
