"""The end of the pipeline knows which champion a candidate was compared with."""

import pytest
from samples import evaluation

from pipelines.stages.candidate import Judged


@pytest.mark.parametrize(("champion", "number"), [({"name": "v7", "version": "7"}, "7"), (None, None)])
def test_the_champion_is_known_by_its_number(champion, number):
    """The one it may replace; None if there was none."""
    assert Judged(evaluation(champion=champion), "sha", "").champion == number
