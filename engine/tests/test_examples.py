"""The examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest

from champion import testing

MODULES = [
    name
    for name, path in testing.modules().items()
    if name.startswith("champion.") and ">>> " in path.read_text(encoding="utf-8") and not name.endswith("__main__")
]


@pytest.mark.parametrize("module", MODULES)
def test_what_a_docstring_shows_is_what_comes(module: str):
    """A formula without an example is easily misread, and an example that is not run is soon wrong."""
    done = doctest.testmod(import_module(module))

    assert done.attempted > 0
    assert done.failed == 0
