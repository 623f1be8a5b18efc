"""What dvc.yaml says of your stages."""

from pathlib import Path

import pytest

from champion import testing
from champion.core import flow


@pytest.mark.parametrize("stage", [each.name for each in flow.stages()])
def test_a_stage_lists_what_it_imports_and_takes(stage):
    """A change of what is not listed reruns nothing, and old results stay."""
    missing = testing.unlisted(stage)

    assert not missing, f"dvc.yaml: add to the deps of {stage}: {', '.join(missing)}"


@pytest.mark.parametrize("package", ["pipelines", "pipelines/problem"])
def test_a_package_file_is_empty(package):
    """No stage lists it, so a change of what stands in it would rerun nothing: put that into a module."""
    assert (Path(package) / "__init__.py").read_text().strip() == ""
