"""A bound that may be looked at each day holds on all days together."""

import numpy as np
import pytest

from champion.metrics.shadow import bounds

DAYS, FIRST, NOISE, ROUNDS = 180, 14, 1.0, 400


def crossed(mean: float) -> np.ndarray:
    """Return on which day the lower bound was first above 0, looked at daily; DAYS if it never was."""
    chance = np.random.default_rng(5)
    told = []
    for _ in range(ROUNDS):
        differences = mean + chance.standard_t(5, DAYS) * NOISE
        told.append(next((day for day in range(FIRST, DAYS) if bounds(differences[:day], 0.05)[0] > 0), DAYS))
    return np.array(told)


def test_whoever_looks_each_day_is_seldom_wrong():
    """Half a year of looks at two equal models: a bound of one look, looked at daily, is wrong in more than a quarter."""
    assert np.mean(crossed(0.0) < DAYS) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / ROUNDS)


def test_what_is_better_is_seen():
    """A mean as large as the noise, within two months, nearly always."""
    assert np.mean(crossed(1.0) < 60) > 0.95


@pytest.mark.parametrize("days", [0, 1])
def test_one_day_tells_nothing(days):
    """There is no spread yet."""
    assert bounds(np.ones(days), 0.05) == (-np.inf, np.inf)


def test_the_bounds_lie_on_both_sides_of_the_mean():
    """And come nearer as days go by."""
    differences = np.random.default_rng(1).normal(0.2, 1, 400)

    widths = [high - low for low, high in (bounds(differences[:days], 0.05) for days in (20, 100, 400))]

    assert widths == sorted(widths, reverse=True)
    low, high = bounds(differences, 0.05)
    assert low < differences.mean() < high
    assert bounds(-differences, 0.05) == pytest.approx((-high, -low))
