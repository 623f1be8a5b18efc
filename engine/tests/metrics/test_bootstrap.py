"""The bound on a gain is honest: right on average, wide enough, and blind to what does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion.metrics import bootstrap
from champion.metrics.aggregates import mean

DAYS = np.repeat(np.arange(28), 24)


def gain(candidate, champion):
    return bootstrap.gain(mean(candidate), mean(champion))


def gains(candidate, champion, blocks, rounds, seed):
    return bootstrap.gains(mean(candidate), mean(champion), blocks, rounds, seed)


def means(values, blocks, rounds, seed):
    return bootstrap.resamples(mean(values), blocks, rounds, seed)


def two_models(seed):
    """Return the losses of two equally good models over 28 days, hour by hour."""
    chance = np.random.default_rng(seed)
    shared = np.repeat(chance.normal(0, 100, 28), 24)
    own = [np.repeat(chance.normal(0, 60, 28), 24) + chance.normal(0, 60, 672) for _ in range(2)]
    return np.abs(shared + own[0]), np.abs(shared + own[1])


def low(candidate, champion, blocks=DAYS):
    return np.quantile(gains(candidate, champion, blocks, rounds=1000, seed=7), 0.05)


@pytest.mark.parametrize(
    ("candidate", "champion", "expected"),
    [
        ([90, 90], [100, 100], 0.1),
        ([100, 100], [100, 100], 0.0),
        ([130, 90], [100, 100], -0.1),
        ([0, 0], [100, 100], 1.0),
        ([0, 0], [0, 0], 0.0),
        ([1, 0], [0, 0], -1.0),
    ],
)
def test_the_gain_is_the_share_of_the_champions_loss_that_is_saved(candidate, champion, expected):
    """10 % saved is 0.1; what adds to a perfect champion's loss is the worst there is."""
    assert gain(np.array(candidate, dtype=float), np.array(champion, dtype=float)) == pytest.approx(expected)


def test_two_blocks_can_be_drawn_in_three_ways():
    """Twice the one, twice the other, or both: -20 %, +20 %, 0 %, and all that widened by the root of 2."""
    candidate, champion = np.array([80.0, 120.0]), np.array([100.0, 100.0])

    found = gains(candidate, champion, np.array([0, 1]), rounds=1000, seed=7)

    assert sorted(set(found.round(6))) == [-0.282843, 0.0, 0.282843]
    assert np.mean(found == 0) == pytest.approx(0.5, abs=0.05)


def test_resamples_without_any_champion_loss_do_not_divide_by_it():
    """A champion without a loss on some days is beaten by nobody there."""
    candidate, champion = np.array([0.0, 5.0]), np.array([0.0, 10.0])

    found = gains(candidate, champion, np.array([0, 1]), rounds=1000, seed=7)

    assert np.isfinite(found).all()
    assert sorted(set(found.round(6))) == [-0.207107, 0.5]  # 0 where the lossless day is drawn twice, widened


def test_a_loss_where_the_champion_has_none_counts_as_the_worst():
    """Draw the champion's perfect day twice and the candidate, which erred there, is 100 % worse; all widened."""
    candidate, champion = np.array([5.0, 5.0]), np.array([0.0, 10.0])

    found = gains(candidate, champion, np.array([0, 1]), rounds=1000, seed=7)

    assert sorted(set(found.round(6))) == [-1.414214, 0.0, 0.707107]


def test_hard_days_do_not_blur_a_gain_that_both_models_share():
    """Rows are compared in pairs: 5 % less on every row is 5 % less in every resample."""
    champion = np.repeat(np.random.default_rng(0).lognormal(4, 2, 28), 24)

    found = gains(0.95 * champion, champion, DAYS, rounds=1000, seed=7)

    assert found == pytest.approx(np.full(1000, 0.05))


def test_more_rows_of_the_same_days_add_no_certainty():
    """A day counts once, however often it is measured: whole blocks are drawn, not rows."""
    candidate, champion = two_models(0)

    once = gains(candidate, champion, DAYS, rounds=1000, seed=7)
    thrice = gains(np.repeat(candidate, 3), np.repeat(champion, 3), np.repeat(DAYS, 3), rounds=1000, seed=7)

    assert thrice == pytest.approx(once)


def test_days_that_go_wrong_as_a_whole_widen_the_bound():
    """Taking each hour for itself would promise three times the certainty there is."""
    candidate, champion = two_models(0)

    by_day = gains(candidate, champion, DAYS, rounds=1000, seed=7)
    by_hour = gains(candidate, champion, np.arange(672), rounds=1000, seed=7)

    assert by_day.std() > 2 * by_hour.std()


def test_the_seed_decides():
    """The same seed gives the same bytes, another one other draws."""
    candidate, champion = two_models(0)

    found = gains(candidate, champion, DAYS, rounds=1000, seed=7)

    assert found.shape == (1000,)
    assert np.array_equal(found, gains(candidate, champion, DAYS, rounds=1000, seed=7))
    assert not np.array_equal(found, gains(candidate, champion, DAYS, rounds=1000, seed=8))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_the_names_of_blocks_do_not_matter(seed):
    """Only who shares a block counts, and the blocks' own order."""
    candidate, champion = two_models(seed)
    order = np.random.default_rng(seed).permutation(672)
    names = np.datetime64("2018-09-03") + DAYS

    plain = gains(candidate, champion, DAYS, rounds=1000, seed=7)
    moved = gains(candidate[order], champion[order], names[order], rounds=1000, seed=7)

    assert moved == pytest.approx(plain)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_resamples_lie_around_the_gain(seed):
    """A bound must not lean to one side."""
    candidate, champion = two_models(seed)

    found = gains(candidate, champion, DAYS, rounds=2000, seed=7)

    assert abs(np.median(found) - gain(candidate, champion)) < 0.2 * found.std()


def test_equal_models_are_told_apart_no_more_often_than_promised():
    """At 95 % about one comparison of equals in twenty may look like a gain."""
    months = [two_models(seed) for seed in range(300)]

    false_gains = np.mean([low(candidate, champion) > 0 for candidate, champion in months])

    assert 0.01 < false_gains <= 0.08


def test_a_true_gain_of_a_third_is_mostly_found():
    """A bound that is never above zero would keep every promise but be of no use."""
    months = [two_models(seed) for seed in range(60)]

    found = np.mean([low(2 / 3 * candidate, champion) > 0 for candidate, champion in months])

    assert found > 0.9


def test_the_mean_of_two_blocks_can_be_drawn_in_three_ways():
    """Twice the one, twice the other, or both: 0, 10, 5, and all that widened by the root of 2."""
    found = means(np.array([0.0, 10.0]), np.array([0, 1]), rounds=1000, seed=7)

    assert sorted(set(found.round(6))) == [-2.071068, 5.0, 12.071068]
    assert np.mean(found == 5) == pytest.approx(0.5, abs=0.05)


def test_a_large_block_weighs_more_in_a_mean():
    """Rows are averaged, not days: three rows of 0 and one of 12 make 3."""
    found = means(np.array([0.0, 0.0, 0.0, 12.0]), np.array([0, 0, 0, 1]), rounds=1000, seed=7)

    assert sorted(set(found.round(6))) == [-1.242641, 3.0, 15.727922]


def test_a_constant_is_certain():
    """What every row says is no matter of luck."""
    assert means(np.full(672, 5.0), DAYS, rounds=1000, seed=7) == pytest.approx(np.full(1000, 5.0))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_means_are_added_and_scaled_as_rows_are(seed):
    """The same draws for the same blocks: what adds up row by row adds up in every resample."""
    one, two = two_models(seed)

    both = means(one - 2 * two, DAYS, rounds=1000, seed=7)

    assert both == pytest.approx(means(one, DAYS, 1000, 7) - 2 * means(two, DAYS, 1000, 7))


def test_more_rows_of_the_same_days_make_no_mean_surer():
    """Whole blocks are drawn, whatever their names and wherever their rows are."""
    values, _ = two_models(0)
    order = np.random.default_rng(0).permutation(3 * 672)

    once = means(values, DAYS, rounds=1000, seed=7)
    thrice = means(np.repeat(values, 3)[order], np.repeat(DAYS * 10 + 5, 3)[order], rounds=1000, seed=7)

    assert thrice == pytest.approx(once)
    assert not np.array_equal(once, means(values, DAYS, rounds=1000, seed=8))


def test_means_spread_as_widely_as_means_do():
    """Standard error of 28 days of independent errors: their deviation over the root of 28."""
    values = np.repeat(np.random.default_rng(0).normal(0, 60, 28), 24)

    found = means(values, DAYS, rounds=20_000, seed=7)

    assert found.mean() == pytest.approx(values.mean(), abs=0.3)
    assert found.std() == pytest.approx(values[::24].std(ddof=1) / 28**0.5, rel=0.03)
