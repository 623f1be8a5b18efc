"""A champion has decayed if its loss is surely and considerably higher than at promotion."""

import numpy as np
import pytest

from pipelines.evaluation.aggregates import mean
from pipelines.evaluation.decay import decay

BLOCKS = np.repeat(np.arange(28), 24)


@pytest.fixture
def since():
    """Return losses of 28 days around a mean."""
    noise = np.random.default_rng(1).normal(0, 5, BLOCKS.size)
    return lambda middle: mean(middle + noise)


@pytest.mark.parametrize(("now", "decayed"), [(100.0, False), (109.0, False), (115.0, True), (80.0, False)])
def test_it_has_decayed_if_it_is_surely_worse_than_allowed(since, rules, now, decayed):
    """Ten per cent are allowed; better is no decay."""
    found = decay(100.0, since(now), BLOCKS, rules)

    assert found.decayed is decayed
    assert found.low < found.now < found.high
    assert found.now == pytest.approx(now, abs=1)


def test_what_may_be_chance_is_no_alarm(rules):
    """A few wild days make a mean, but no certainty."""
    wild = np.where(BLOCKS < 2, 400.0, 100.0)

    assert not decay(100.0, mean(wild), BLOCKS, rules).decayed
    assert wild.mean() > 110


def test_too_few_rows_tell_nothing(since, rules):
    """Neither alarm nor all clear."""
    assert decay(100.0, since(200.0).at(BLOCKS < 4), BLOCKS[BLOCKS < 4], rules) is None


def test_a_loss_that_is_no_number_is_an_alarm(since, rules):
    """A model that predicts nothing has decayed."""
    assert decay(100.0, mean(np.full(672, np.nan)), BLOCKS, rules).decayed
