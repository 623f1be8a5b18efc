"""The examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest

MODULES = [
    *(f"evaluation.{name}" for name in ("aggregates", "attribution", "bootstrap", "drift", "losses", "words")),
    "params",
    "report.text",
]


@pytest.mark.parametrize("module", MODULES)
def test_what_a_docstring_shows_is_what_comes(module: str):
    """A formula without an example is easily misread, and an example that is not run is soon wrong."""
    done = doctest.testmod(import_module(f"pipelines.{module}"))

    assert done.attempted > 0
    assert done.failed == 0
