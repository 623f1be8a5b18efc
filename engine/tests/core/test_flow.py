"""dvc.yaml owns every path and the order of the stages."""

from pathlib import Path

import pytest

from champion.core import flow
from champion.core.errors import PipelineError

OLD = """
stages:
  ingest:
    cmd: python -m pipelines.entry ingest
      --source data/0-source
      --ingested data/1-ingest
    outs: [data/1-ingest]
  train:
    cmd: python -m pipelines.entry train --model data/4-train/model.skops
    outs: [data/4-train/card.json, data/4-train/model.skops]
  promote: {cmd: python -m pipelines.entry promote --decision data/7-promote/decision.json}
"""


def test_a_path_is_found_in_the_folder_of_its_stage(project: Path):
    """What a stage writes has one name; where, dvc.yaml says."""
    assert flow.path("train", "model", project) == project / "data/4-train/model.skops"
    assert flow.path("ingest", "ingested", project) == project / "data/1-ingest"
    assert flow.path("baseline", "champion", project) == project / "data/5-baseline/champion"
    assert flow.path("promote", "decision", project) == project / "data/7-promote/decision.json"


def test_projects_of_before_1_0_are_read_as_well(tmp_path: Path):
    """Their versions are rebuilt from copies of their own code."""
    (tmp_path / "dvc.yaml").write_text(OLD)

    assert flow.path("train", "model", tmp_path) == tmp_path / "data/4-train/model.skops"
    assert flow.path("ingest", "ingested", tmp_path) == tmp_path / "data/1-ingest"
    assert flow.path("promote", "decision", tmp_path) == tmp_path / "data/7-promote/decision.json"
    assert flow.stages(tmp_path) == ()


def test_a_stage_that_says_nowhere_what_it_writes_is_named(project: Path):
    """Its results could not be handed on."""
    declared = project / "dvc.yaml"
    declared.write_text(declared.read_text().replace("      - data/3-features\n\n", "      - data/other\n\n"))

    with pytest.raises(PipelineError, match=r"the stage features says in no out where its results are; .*data/4-"):
        flow.path("features", "split", project)


def test_stages_come_in_the_order_of_the_file(tmp_path: Path):
    """The page shows them so; whoever rebuilds a model runs those in between, too."""
    (tmp_path / "dvc.yaml").write_text("stages:\n  ingest: {cmd: a}\n  sample: {cmd: b}\n  train: {cmd: c}\n")

    assert flow.names(tmp_path) == ["ingest", "sample", "train"]
    assert flow.between("ingest", "train", tmp_path) == ["ingest", "sample", "train"]
    assert flow.between("sample", "sample", tmp_path) == ["sample"]
    with pytest.raises(PipelineError, match="has no stage features, only ingest, sample, train"):
        flow.between("features", "train", tmp_path)


@pytest.mark.parametrize(
    "content", [None, "stages: [", "{}", "7"], ids=["missing", "not YAML", "no stages", "a number"]
)
def test_a_broken_file_says_how_to_restore_it(tmp_path: Path, content):
    """No traceback."""
    if content is not None:
        (tmp_path / "dvc.yaml").write_text(content)

    with pytest.raises(PipelineError, match=r"(?s)dvc.yaml cannot be read: .* `git checkout dvc.yaml` restores it"):
        flow.path("train", "model", tmp_path)
