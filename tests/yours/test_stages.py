"""What dvc.yaml says of your stages."""

from pathlib import Path

import imports
import pytest

DECLARED = imports.declared()
MODULES = imports.modules(Path("pipelines/problem").resolve())


@pytest.mark.parametrize("stage", DECLARED)
def test_a_stage_lists_the_modules_that_it_imports(stage):
    """Of one that is not among its deps in dvc.yaml a change runs nothing again, and old results stay in place."""
    missing = imports.of_stage(stage, MODULES) - DECLARED[stage]

    assert not missing, f"dvc.yaml: add to the deps of {stage}: {', '.join(sorted(missing))}"
