"""Whether a champion still does in use what it did when it was promoted. Pure."""

import numpy as np

from pipelines.documents.answers import Decay
from pipelines.evaluation import bootstrap
from pipelines.evaluation.aggregates import Loss
from pipelines.params import Evaluate


def decay(then: float, loss: Loss, blocks: np.ndarray, rules: Evaluate) -> Decay | None:
    """Compare the loss since promotion with that at promotion; None if the rows cannot tell.

    Decayed means: surely above `then` by more than the share `max_decay`.
    """
    told = np.isfinite(loss.by_row).all()  # a loss that is no number has decayed
    few = len(loss.by_row) < rules.min_rows or len(np.unique(blocks)) < rules.min_blocks
    if few or (told and np.isnan(loss.total)):
        return None
    spread = bootstrap.resamples(loss, blocks, rules.bootstrap_rounds, rules.seed)
    low, high = bootstrap.interval(spread, blocks, 1 - rules.confidence)
    decayed = not (told and low <= then * (1 + rules.max_decay))
    then, now, low, high = (round(float(each), 6) for each in (then, loss.total, low, high))
    return Decay(then=then, now=now, low=low, high=high, decayed=decayed)
