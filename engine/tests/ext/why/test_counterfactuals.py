"""Which parts of two candidates differ: only those are retrained."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from champion.ext.why import counterfactuals
from champion.lineage.identity import Identity

SAME = Identity(data="d", code="c", config="p", environment="e")


@pytest.mark.parametrize("part", counterfactuals.PARTS)
def test_a_part_that_differs_is_named(part: str):
    """Each of the four, alone."""
    old, new = SimpleNamespace(identity=SAME), SimpleNamespace(identity=replace(SAME, **{part: "other"}))

    assert counterfactuals.differing(old, new) == [part]
    assert counterfactuals.differing(old, old) == []
