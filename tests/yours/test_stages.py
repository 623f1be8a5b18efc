"""What dvc.yaml says of your stages."""

from pathlib import Path

import imports
import pytest

PROBLEM = Path("pipelines/problem")
DECLARED = imports.declared()
MODULES = imports.modules(PROBLEM.resolve())


@pytest.mark.parametrize("stage", DECLARED)
def test_a_stage_lists_the_modules_that_it_imports(stage):
    """A change of a module that is not listed reruns nothing, and old results stay."""
    missing = imports.of_stage(stage, MODULES) - DECLARED[stage]

    assert not missing, f"dvc.yaml: add to the deps of {stage}: {', '.join(sorted(missing))}"


def test_the_problems_package_file_is_empty():
    """No stage lists it, so a change of what stands in it would rerun nothing: put that into a module."""
    assert (PROBLEM / "__init__.py").read_text().strip() == ""
