"""Where a model is better or worse: the same comparison on parts of the holdout."""

import numpy as np
import pandas as pd

from pipelines.documents.evaluation import Slice
from pipelines.errors import PipelineError
from pipelines.evaluation.bootstrap import gain, gains, quantile
from pipelines.params import Evaluate


def labelled(made: object, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the problem's slices as texts, one row per row; where a label is missing, the part is called so.

    Raises:
        PipelineError: if they are no table of as many rows.

    >>> labelled(pd.DataFrame({"channel": ["mail", None, ""]}), pd.DataFrame(index=range(3)))["channel"].tolist()
    ['mail', '(missing)', '(missing)']
    """
    if not isinstance(made, pd.DataFrame) or len(made) != len(rows):
        got = f"{len(made):,} rows" if isinstance(made, pd.DataFrame) else f"a {type(made).__name__}"
        raise PipelineError(
            f"slices() in pipelines/problem/features.py returned {got}; a table of {len(rows):,} rows is expected."
        )
    texts = made.astype("str").set_axis(rows.index)
    return texts.mask(made.set_axis(rows.index).isna() | (texts == ""), "(missing)")


def compare(
    candidate: np.ndarray, champion: np.ndarray, blocks: np.ndarray, labels: pd.DataFrame, rules: Evaluate
) -> list[Slice]:
    """Compare the models on every label of every column of `labels`.

    A slice is broken if it lost more than `max_slice_regression` and the loss is no accident. Small slices are
    shown, not judged. The risk of a false alarm is shared out over the slices judged (Bonferroni; Dunn, Multiple
    Comparisons Among Means, Journal of the American Statistical Association 56, 1961, pages 52 to 64).
    """
    parts = [
        (f"{column}: {label}", (labels[column] == label).to_numpy())
        for column in labels
        for label in sorted(labels[column].dropna().unique(), key=str)
    ]
    large = [_large(mask, blocks, rules) for _, mask in parts]
    risk = (1 - rules.confidence) / max(sum(large), 1)
    compared = []
    for (name, mask), judged in zip(parts, large, strict=True):
        ours, theirs = candidate[mask], champion[mask]
        saved = gain(ours, theirs)
        broken = judged and saved < -rules.max_slice_regression and _certain(ours, theirs, blocks[mask], risk, rules)
        compared.append(
            Slice(
                name=name,
                rows=int(mask.sum()),
                candidate=_mean(ours),
                champion=_mean(theirs),
                gain=round(saved, 6),
                judged=judged,
                broken=broken,
            )
        )
    return compared


def _large(mask: np.ndarray, blocks: np.ndarray, rules: Evaluate) -> bool:
    return bool(mask.sum() >= rules.min_slice_rows and len(np.unique(blocks[mask])) >= rules.min_blocks)


def _certain(ours: np.ndarray, theirs: np.ndarray, blocks: np.ndarray, risk: float, rules: Evaluate) -> bool:
    spread = gains(ours, theirs, blocks, rules.bootstrap_rounds, rules.seed)
    return bool(-quantile(-spread, risk, blocks) < 0)


def _mean(losses: np.ndarray) -> float:
    return round(float(losses.mean()), 6)
