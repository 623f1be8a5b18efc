"""How sure a gain is: resample whole blocks of rows, because neighbouring errors resemble each other."""

import numpy as np
from scipy import stats

from champion.metrics.aggregates import Loss

TAIL = 20  # resamples that a bound needs beyond it


def gain(candidate: Loss, champion: Loss) -> float:
    """Return the share of the champion's loss that the candidate saves; negative if it adds some.

    >>> from champion.metrics.aggregates import mean
    >>> gain(mean(np.array([1.0, 2.0])), mean(np.array([2.0, 2.0])))
    0.25
    """
    return float(_saved(np.array(candidate.total), np.array(champion.total)))


def gains(candidate: Loss, champion: Loss, blocks: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Return the gain in each of `rounds` resamples of the blocks, drawn with replacement; NaN where it tells nothing.

    `blocks` labels the block of each row. Pairing is kept: both models lose on the same rows. A block that is drawn
    twice counts twice, as a weight.
    Spread is widened by sqrt(n / (n - 1)) for n blocks, as the plain bootstrap is too narrow for few
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11, pages 141 to 152).
    """
    place, draws = _draws(blocks, rounds, seed)
    resampled = _saved(candidate.resampled(place, draws), champion.resampled(place, draws))
    return _widened(resampled, gain(candidate, champion), draws)


def resamples(loss: Loss, blocks: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Return the loss in each of `rounds` resamples of the blocks, widened as above."""
    place, draws = _draws(blocks, rounds, seed)
    return _widened(loss.resampled(place, draws), loss.total, draws)


def interval(spread: np.ndarray, blocks: np.ndarray, risk: float) -> tuple[float, float]:
    """Return the bounds of what is resampled that are left with this risk on each side."""
    return quantile(spread, risk, blocks), -quantile(-spread, risk, blocks)


def _saved(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    lost = np.where(after > 0, -1.0, 0.0)  # where there was nothing to save
    saved = np.where(before > 0, 1 - after / np.where(before > 0, before, 1), lost)
    return np.where(np.isnan(after) | np.isnan(before), np.nan, saved)


def _draws(blocks: np.ndarray, rounds: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each row's block, and how often each block is drawn in each round."""
    _, place = np.unique(blocks, return_inverse=True)
    count = int(place.max()) + 1
    return place, np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=rounds)


def _widened(resampled: np.ndarray, middle: float, draws: np.ndarray) -> np.ndarray:
    count = draws.shape[1]
    return middle + (resampled - middle) * np.sqrt(count / max(count - 1, 1))


def quantile(spread: np.ndarray, risk: float, blocks: np.ndarray) -> float:
    """Return the bound that is undercut with this risk; NaN if no resample tells anything.

    Student's tail takes the place of the normal one, since blocks are few: the expanded percentile interval
    (Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, pages 371 to 386).
    A risk that fewer than TAIL resamples undercut is beyond what they tell: the spread is continued from there as a
    normal distribution's would be.
    """
    freedom, told = len(np.unique(blocks)) - 1, spread[~np.isnan(spread)]
    if not len(told):
        return float("nan")
    wanted = stats.t.ppf(risk, freedom)  # in standard deviations
    told_to = stats.norm.ppf(TAIL / len(told)) if len(told) > 2 * TAIL else -np.inf
    if wanted >= told_to:
        return float(np.quantile(told, stats.norm.cdf(wanted)))
    middle, edge = np.median(told), np.quantile(told, stats.norm.cdf(told_to))
    return float(middle + (edge - middle) * wanted / told_to)


def risk_of_one_try(confidence: float, tries: int) -> float:
    """Return the risk of a false promotion that a candidate may take after `tries` others were judged on the holdout.

    All of them together, however many come, stay under 1 - confidence: the k-th takes a share of 1 / k², whose sum is
    π² / 6 (Bonferroni's inequality with unequal shares; Dunn, Multiple Comparisons Among Means, Journal of the American
    Statistical Association 56, 1961, pages 52 to 64).

    >>> round(risk_of_one_try(0.95, tries=0), 4), round(risk_of_one_try(0.95, tries=4), 4)
    (0.0304, 0.0012)
    """
    return float((1 - confidence) * 6 / (np.pi * (1 + tries)) ** 2)
