"""Whether a refit is what its judged twin was, but for what more rows explain. Pure."""

import numpy as np

from champion.core import words


def beyond_explanation(
    judged: tuple[np.ndarray, np.ndarray], refitted: tuple[np.ndarray, np.ndarray], rows: tuple[int, int], margin: float
) -> str:
    """Say where a refit loses more than its being fitted to the holdout as well explains; empty if nowhere.

    The losses of each model are given by row, of some training rows and of some holdout rows; `rows` are how many of each there are.

    Let j minimise the sum of losses over the training rows T, and s over T and the holdout H. Then s does not lose more
    than j on both together, and j not more than s on T, so that

        L(s, H) <= L(j, H)    and    L(s, T) - L(j, T) <= L(j, H) - L(s, H) <= L(j, H):

    on the holdout it loses no more, and on the training rows at most as much more as j lost on the holdout. What is fitted
    in practice is only near a minimum (by greedy steps, by chance, by another loss), so each may be missed by `margin`.
    """
    before, after = (np.array([part.mean() for part in losses]) for losses in (judged, refitted))
    training, holdout = rows
    allowed = before * (1 + margin) + np.array([before[1] * holdout / training, 0.0])
    parts = ("the training rows", "the holdout")
    told = [
        f"{words.percent(now / then - 1) if then else 'infinitely'} more on {part}, {words.percent(most / then - 1)} at most is explained"
        for part, then, now, most in zip(parts, before, after, allowed, strict=True)
        if np.isfinite(then) and not now <= most
    ]
    return f"the refit loses {'; '.join(told)}" if told else ""
