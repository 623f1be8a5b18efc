"""The two pictures of an evaluation."""

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")

from matplotlib.figure import Figure  # the backend is chosen first

COLOURS = {"actual": "#444444", "candidate": "#1f77b4", "champion": "#ff7f0e", "naive": "#aaaaaa"}


def predictions(shown: pd.DataFrame, time: pd.Series | None, unit: str) -> Figure:
    """Draw what was predicted: the last week as lines, or without time the distribution.

    `shown` has the column actual and one per model; for classes, the probability given to the true one.
    """
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    if time is None:
        for name in shown.columns.drop("actual").astype(str):
            axes.hist(shown[name], bins=40, histtype="step", linewidth=1.6, label=name, color=COLOURS[name])
        axes.set(xlabel=unit, ylabel="holdout rows", title="Predictions on the holdout")
    else:
        last = (time > time.max() - pd.Timedelta(days=7)).to_numpy()
        for name in map(str, shown):
            width, alpha = (2.2, 0.6) if name == "actual" else (1.2, 1.0)
            line = shown.loc[last, name]
            axes.plot(time[last], line, label=name, color=COLOURS[name], linewidth=width, alpha=alpha)
        axes.set(ylabel=unit, title="Last week of the holdout")
        axes.tick_params(axis="x", rotation=20)
    axes.legend(frameon=False, ncols=4, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def slices(table: pd.DataFrame, metric: str) -> Figure:
    """Draw each model's mean loss on each slice; `table` has one row per slice, one column per model."""
    figure = Figure(figsize=(9, 1.2 + 0.34 * len(table)), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / len(table.columns)
    for place, name in enumerate(map(str, table)):
        offset = (place - (len(table.columns) - 1) / 2) * height
        axes.barh(np.arange(len(table)) + offset, table[name], height, label=name, color=COLOURS[name])
    axes.set_yticks(np.arange(len(table)), table.index)
    axes.invert_yaxis()
    axes.set(xlabel=f"{metric}, smaller is better", title="Loss by slice of the holdout")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
