"""Whether a challenger in shadow is better than the champion: a question that may be asked again each day. Pure."""

import numpy as np

SHARPEST = 28  # days after which the bound is nearest to that of somebody who looks once


def bounds(differences: np.ndarray, risk: float) -> tuple[float, float]:
    """Return bounds of the mean difference that hold on all days together, each with this risk; infinite before two days.

    `differences` has one number for each day, in order of time. Whoever looks each day until a bound is above 0 is wrong
    with the chance `risk`, not more the longer they look: an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha,
    Kennedy and Ramdas, Time-uniform Central Limit Theory and Asymptotic Confidence Sequences, Annals of Statistics 52, 2024,
    pages 2613 to 2640; the one-sided one). Asymptotic: it needs some days to begin with.

    >>> [round(each, 3) for each in bounds(np.array([1.0, 2.0, 3.0]), 0.05)]
    [-0.085, 4.085]
    """
    days = len(differences)
    if days < 2:
        return -np.inf, np.inf
    rate = (-2 * np.log(2 * risk) + np.log(1 - 2 * np.log(2 * risk))) / SHARPEST
    spent = 2 * (days * rate + 1) / (days**2 * rate) * np.log(1 + np.sqrt(days * rate + 1) / (2 * risk))
    mean, width = float(differences.mean()), float(differences.std(ddof=1) * np.sqrt(spent))
    return mean - width, mean + width
