"""What comes out of MLflow, as this project sees it."""

import pytest

from champion.registry.entities import HALF, RecordedRun, Version


@pytest.mark.parametrize(
    ("candidate", "model", "same"), [("c", "m", True), ("c", "other", False), ("other", "m", False)]
)
def test_a_version_is_its_inputs_and_its_bytes(candidate: str, model: str, same: bool):
    """Equal inputs can give other bytes on another machine."""
    version = Version("17", "run", {"candidate": "c", "model_sha256": "m"})

    assert version.is_made_of(candidate, model) == same
    assert (version.name, version.model_sha256) == ("v17", "m")


@pytest.mark.parametrize(("tags", "whole"), [({}, False), ({"evaluation": HALF}, False), ({"evaluation": "ab"}, True)])
def test_a_run_is_whole_once_its_last_tag_is_written(tags: dict[str, str], whole: bool):
    """A kill leaves it without, or with the mark of a half."""
    run = RecordedRun("0123456789", "1", 0, "files", tags, {}, has_datasets=False)

    assert (run.is_whole, run.name) == (whole, "run 01234567")
