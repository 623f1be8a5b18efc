"""Golden bytes: the engine makes of the shipped example what it always made."""

import json
import platform
from pathlib import Path

import pytest
from conftest import Prepared

from champion.core.files import sha256

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
REMEDY = (
    "the engine makes other {} of the same inputs than before. If that is meant: write the new digest into golden.json, raise "
    "the version in engine/VERSION and add it to OTHER_MODELS_SINCE in champion/core/version.py, so that refits are proven anew"
)


@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="another kind of machine rounds otherwise"
)
@pytest.mark.parametrize("name", GOLDEN)
def test_the_shipped_example_comes_out_to_the_byte(first_champion: Prepared, name: str):
    """Whoever upgrades the engine keeps the recipe of their champion, or is told that it is another one."""
    assert sha256(first_champion.path / "data" / name) == GOLDEN[name], REMEDY.format(name)
