"""The pictures of an evaluation, and of what a change did."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure

from pipelines.documents.answers import Why
from pipelines.report import text

COLOURS = {"actual": "#444444", "candidate": "#1f77b4", "champion": "#ff7f0e", "naive": "#aaaaaa"}
WORSE, BETTER = "#c0392b", "#27864a"
LINES = {"actual": 3.0}  # the others are drawn on top of it


def predictions(shown: pd.DataFrame, time: pd.Series | None, unit: str) -> Figure:
    """Draw what was predicted: the last week and the error of each day, or without time the distribution.

    `shown` has the column actual and one per model; for classes, the probability given to the true one.
    """
    figure = Figure(figsize=(9, 6 if time is not None else 4), layout="constrained")
    models = [str(name) for name in shown.columns.drop("actual")]
    if time is None:
        axes = figure.subplots()
        for name in models:
            axes.hist(shown[name], bins=40, histtype="step", linewidth=1.6, label=name, color=COLOURS[name])
        axes.set(xlabel=unit, ylabel="holdout rows", title="Predictions on the holdout")
        _tidy(axes)
        return figure
    week, days = figure.subplots(2, 1)
    last = (time > time.max() - pd.Timedelta(days=7)).to_numpy()
    for name in ["actual", *models]:
        week.plot(time[last], shown.loc[last, name], label=name, color=COLOURS[name], linewidth=LINES.get(name, 1.2))
    week.set(ylabel=unit, title="Last week of the holdout")
    errors = shown[models].sub(shown["actual"], axis=0).abs().groupby(time.dt.normalize()).mean()
    for name in models:
        days.plot(errors.index, errors[name], label=name, color=COLOURS[name], marker="o", markersize=3)
    days.set(ylabel="mean absolute error", ylim=(0, None), title="Each day of the holdout")
    for axes in (week, days):
        axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
        _tidy(axes)
    return figure


def waterfall(answer: Why) -> Figure:
    """Draw how the old loss became the new one, a step per part."""
    figure = Figure(figsize=(9, 1.4 + 0.6 * (len(answer.shares) + 2)), layout="constrained")
    axes = figure.subplots()
    (old, new), level = answer.loss, answer.loss[0]
    reach = [0.0, old, new]  # on the way, a loss may rise above both or fall below nothing
    steps = [" and ".join(share.parts) for share in answer.shares]
    axes.set_yticks(range(len(steps) + 2), [answer.old.name, *steps, answer.new.name])
    for place, value, side in ((0, old, "champion"), (len(steps) + 1, new, "candidate")):
        axes.barh(place, value, color=COLOURS[side])
        axes.text(value, place, f" {text.figure(value)}", va="center")
    for place, share in enumerate(answer.shares, start=1):
        step, margin = share.effect, share.margin
        axes.barh(
            place, step, left=level, xerr=margin, color=WORSE if step > 0 else BETTER, ecolor="#444444", capsize=3
        )
        axes.text(
            max(level, level + step) + margin, place, f" {text.signed(step)} ± {text.figure(margin)}", va="center"
        )
        level += step
        reach += [level - margin, level + margin]
    axes.invert_yaxis()
    axes.set(xlabel=f"{answer.metric}, smaller is better", title="What each change did")
    axes.set_xlim(1.05 * min(reach), 1.25 * max(reach))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _tidy(axes: Axes) -> None:
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.spines[["top", "right"]].set_visible(False)


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
    _tidy(axes)
    return figure
