"""Whether a champion still does in use what it did when it was promoted. Pure."""

import numpy as np

from pipelines.documents.answers import Decay
from pipelines.evaluation import bootstrap
from pipelines.params import Evaluate


def decay(then: float, losses: np.ndarray, blocks: np.ndarray, rules: Evaluate) -> Decay | None:
    """Compare the loss per row since promotion with the mean at promotion; None if there are too few rows to tell.

    Decayed means: surely above `then` by more than the share `max_decay`.
    """
    if len(losses) < rules.min_rows or len(np.unique(blocks)) < rules.min_blocks:
        return None
    low, high = bootstrap.interval(losses, blocks, rules.bootstrap_rounds, rules.seed, 1 - rules.confidence)
    decayed = not low <= then * (1 + rules.max_decay)  # a loss that is no number has decayed
    then, now, low, high = (round(float(each), 6) for each in (then, losses.mean(), low, high))
    return Decay(then=then, now=now, low=low, high=high, decayed=decayed)
