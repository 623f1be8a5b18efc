"""Where a model is better or worse: the same comparison on parts of the holdout."""

import numpy as np
import pandas as pd

from champion.core import returned
from champion.core.documents.evaluation import Slice
from champion.core.params import Evaluate
from champion.metrics.aggregates import Loss
from champion.metrics.bootstrap import gain, gains, quantile


def labelled(made: object, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the problem's slices as texts, one row per row; where a label is missing, the part is called so.

    Raises:
        PipelineError: if they are no table of as many rows.

    >>> labelled(pd.DataFrame({"channel": ["mail", None, ""]}), pd.DataFrame(index=range(3)))["channel"].tolist()
    ['mail', '(missing)', '(missing)']
    """
    named = returned.table(made, "slices() in pipelines/problem/features.py", len(rows)).set_axis(rows.index)
    texts = named.astype("str")
    return texts.mask(named.isna() | (texts == ""), "(missing)")


def parts(labels: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return which rows belong to each label of each column."""
    return {
        f"{column}: {label}": (labels[column] == label).to_numpy()
        for column in labels
        for label in sorted(labels[column].dropna().unique(), key=str)
    }


def compare(candidate: Loss, champion: Loss, blocks: np.ndarray, labels: pd.DataFrame, rules: Evaluate) -> list[Slice]:
    """Compare the models on every label of every column of `labels`.

    A slice is broken if it lost more than `max_slice_regression` and the loss is no accident. Small slices are
    shown, not judged; those on which the metric tells nothing are left out. The risk of a false alarm is shared out over the slices judged (Bonferroni; Dunn, Multiple
    Comparisons Among Means, Journal of the American Statistical Association 56, 1961, pages 52 to 64).
    """
    masks = parts(labels)
    large = {name: _large(mask, blocks, rules) for name, mask in masks.items()}
    risk = (1 - rules.confidence) / max(sum(large.values()), 1)
    compared = []
    for name, mask in masks.items():
        ours, theirs = candidate.at(mask), champion.at(mask)
        saved = gain(ours, theirs)
        if np.isnan(saved):
            continue
        broken = (
            large[name] and saved < -rules.max_slice_regression and _certain(ours, theirs, blocks[mask], risk, rules)
        )
        compared.append(
            Slice(
                name=name,
                rows=int(mask.sum()),
                candidate=round(ours.total, 6),
                champion=round(theirs.total, 6),
                gain=round(saved, 6),
                judged=large[name],
                broken=broken,
            )
        )
    return compared


def _large(mask: np.ndarray, blocks: np.ndarray, rules: Evaluate) -> bool:
    return bool(mask.sum() >= rules.min_slice_rows and len(np.unique(blocks[mask])) >= rules.min_blocks)


def _certain(ours: Loss, theirs: Loss, blocks: np.ndarray, risk: float, rules: Evaluate) -> bool:
    spread = gains(ours, theirs, blocks, rules.bootstrap_rounds, rules.seed)
    return bool(-quantile(-spread, risk, blocks) < 0)
