"""A picture of the columns that moved, then and now."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

THEN, NOW = "#888888", "#1f77b4"
BINS, WORDS = 25, 12  # of numbers; of texts, the most frequent


def picture(columns: Mapping[str, tuple[pd.Series, pd.Series]]) -> Figure:
    """Draw each column's values of the same season before, and now; side by side."""
    drawn = Figure(figsize=(4.5 * len(columns), 3.5), layout="constrained")
    for axes, (name, (then, now)) in zip(
        drawn.subplots(1, len(columns), squeeze=False)[0], columns.items(), strict=True
    ):
        numeric = pd.api.types.is_numeric_dtype(then) and not pd.api.types.is_bool_dtype(then)
        (_numbers if numeric else _words)(axes, then, now)
        axes.set(title=name, ylabel="% of rows")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    return drawn


def _numbers(axes: Axes, then: pd.Series, now: pd.Series) -> None:
    both = pd.concat([then, now]).dropna().astype(float)
    edges = np.histogram_bin_edges(both, BINS)
    for values, label, colour in ((then, "same season before", THEN), (now, "now", NOW)):
        known = values.dropna().astype(float)
        counts = np.histogram(known, edges)[0]
        axes.stairs(100 * counts / max(len(known), 1), edges, label=label, color=colour, fill=colour == THEN, alpha=0.8)


def _words(axes: Axes, then: pd.Series, now: pd.Series) -> None:
    shares = [values.astype("str").fillna("(missing)").value_counts(normalize=True) for values in (then, now)]
    names = list(shares[0].add(shares[1], fill_value=0).nlargest(WORDS).index)
    places = np.arange(len(names))
    for share, label, colour, side in ((shares[0], "same season before", THEN, -0.2), (shares[1], "now", NOW, 0.2)):
        axes.bar(places + side, 100 * share.reindex(names).fillna(0), 0.4, label=label, color=colour)
    axes.set_xticks(places, names, rotation=45, ha="right")
