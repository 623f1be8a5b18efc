"""How sure a gain is: resample whole blocks of rows, because neighbouring errors resemble each other."""

import numpy as np
from scipy import stats


def gain(candidate: np.ndarray, champion: np.ndarray) -> float:
    """Return the share of the champion's total loss that the candidate saves; negative if it adds some.

    >>> gain(np.array([1.0, 2.0]), np.array([2.0, 2.0]))
    0.25
    """
    before, after = float(np.sum(champion)), float(np.sum(candidate))
    if before == 0:
        return 0.0 if after == 0 else -1.0
    return 1 - after / before


def gains(candidate: np.ndarray, champion: np.ndarray, blocks: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Return the gain in each of `rounds` resamples of the blocks, drawn with replacement.

    Losses per row; `blocks` labels the block of each row. Pairing is kept: both models lose on the same rows.
    Spread is widened by sqrt(n / (n - 1)) for n blocks, as the plain bootstrap is too narrow for few
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11, pages 141 to 152).
    """
    _, place = np.unique(blocks, return_inverse=True)
    count = int(place.max()) + 1
    sums = np.stack([np.bincount(place, losses, count) for losses in (candidate, champion)], axis=1)
    after, before = (_draws(count, rounds, seed) @ sums).T
    resampled = np.where(before > 0, 1 - after / np.where(before > 0, before, 1), np.where(after > 0, -1.0, 0.0))
    middle = gain(candidate, champion)
    return middle + (resampled - middle) * np.sqrt(count / max(count - 1, 1))


def means(values: np.ndarray, blocks: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Return the mean of values per row in each of `rounds` resamples of the blocks, widened as above."""
    _, place = np.unique(blocks, return_inverse=True)
    count = int(place.max()) + 1
    sums = np.stack([np.bincount(place, values, count), np.bincount(place, minlength=count)], axis=1)
    total, rows = (_draws(count, rounds, seed) @ sums).T
    middle = float(np.mean(values))
    return middle + (total / rows - middle) * np.sqrt(count / max(count - 1, 1))


def interval(values: np.ndarray, blocks: np.ndarray, rounds: int, seed: int, risk: float) -> tuple[float, float]:
    """Return the bounds of the mean of values per row that are left with this risk on each side."""
    spread = means(values, blocks, rounds, seed)
    return quantile(spread, risk, blocks), -quantile(-spread, risk, blocks)


def _draws(count: int, rounds: int, seed: int) -> np.ndarray:
    """Return how often each block is drawn in each round."""
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=rounds)


def quantile(spread: np.ndarray, risk: float, blocks: np.ndarray) -> float:
    """Return the bound that is undercut with this risk.

    Student's tail takes the place of the normal one, since blocks are few: the expanded percentile interval
    (Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, pages 371 to 386).
    """
    freedom = len(np.unique(blocks)) - 1
    return float(np.quantile(spread, stats.norm.cdf(stats.t.ppf(risk, freedom))))
