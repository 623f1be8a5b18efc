"""The pictures of an evaluation."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

COLOURS = {"actual": "#444444", "candidate": "#1f77b4", "champion": "#ff7f0e", "naive": "#aaaaaa"}
WORSE, BETTER = "#c0392b", "#27864a"
LINES = {"actual": 3.0}  # the others are drawn on top of it


def predictions(shown: pd.DataFrame, time: pd.Series | None, unit: str, entity: pd.Series | None = None) -> Figure:
    """Draw what was predicted: the last week and the error of each day, or without time predicted against actual.

    `shown` has the column actual and one per model. Rows of one moment (all stores of a day) are drawn as their sum, and
    below it each `entity` (a store) that the candidate misses most.
    """
    models = [str(name) for name in shown.columns.drop("actual")]
    if time is None:
        return _against_actual(shown, models, unit)
    worst = _worst(shown, entity) if entity is not None else []
    figure = Figure(figsize=(9, 6 + 2 * len(worst)), layout="constrained")
    week, days, *below = figure.subplots(2 + len(worst), 1)
    last = (time > time.max() - pd.Timedelta(days=7)).to_numpy()
    moments = shown[last].groupby(time[last].to_numpy()).sum()
    for name in ["actual", *models]:
        week.plot(moments.index, moments[name], label=name, color=COLOURS[name], linewidth=LINES.get(name, 1.2))
    many = ", sum of all rows of a moment" if time[last].duplicated().any() else ""
    week.set(ylabel=unit, title=f"Last week of the holdout{many}")
    errors = shown[models].sub(shown["actual"], axis=0).abs().groupby(time.dt.normalize()).mean()
    for name in models:
        days.plot(errors.index, errors[name], label=name, color=COLOURS[name], marker="o", markersize=3)
    days.set(ylabel="mean absolute error", ylim=(0, None), title="Each day of the holdout")
    for axes, name in zip(below, worst, strict=True):
        own = np.asarray(entity == name)
        for model in ["actual", *models]:
            axes.plot(
                time[own], shown.loc[own, model], label=model, color=COLOURS[model], linewidth=LINES.get(model, 1.2)
            )
        axes.set(ylabel=unit, title=f"{name}, among the {len(worst)} that the candidate misses most")
    for axes in (week, days, *below):
        axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
        _tidy(axes)
    return figure


def _worst(shown: pd.DataFrame, entity: pd.Series, most: int = 3) -> list[str]:
    """Return the entities with the largest mean error of the candidate."""
    errors = (shown["candidate"] - shown["actual"]).abs().groupby(entity.to_numpy()).mean()
    return [str(name) for name in errors.nlargest(most).index]


def _against_actual(shown: pd.DataFrame, models: list[str], unit: str) -> Figure:
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    ends = [shown["actual"].min(), shown["actual"].max()]
    for name in reversed(models):  # the candidate on top
        axes.scatter(shown["actual"], shown[name], s=6, alpha=0.6, label=name, color=COLOURS[name])
    axes.plot(ends, ends, color=COLOURS["actual"], linewidth=1, label="actual")
    axes.set(xlabel=f"{unit}, actual", ylabel=f"{unit}, predicted", title="Each row of the holdout")
    _tidy(axes)
    return figure


def confusion(truth: pd.Series, decided: Mapping[str, np.ndarray], classes: Sequence[object]) -> Figure:
    """Draw how many rows of each true class each model gives which class; models side by side."""
    labels = [str(label) for label in dict.fromkeys([*classes, *truth.unique()])]
    size = 1.6 + 0.5 * len(labels)
    figure = Figure(figsize=(1 + len(decided) * (size + 0.6), size + 0.8), layout="constrained")
    for axes, (name, answers) in zip(figure.subplots(1, len(decided), squeeze=False)[0], decided.items(), strict=True):
        counts = confusion_matrix(truth.astype("str"), pd.Series(answers).astype("str"), labels=labels)
        ConfusionMatrixDisplay(counts, display_labels=labels).plot(
            ax=axes, colorbar=False, cmap="Blues", xticks_rotation="vertical", values_format="d"
        )
        axes.set(title=name, xlabel="predicted class", ylabel="true class")
    figure.suptitle("Rows of the holdout by class")
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


def importance(values: Mapping[str, tuple[float, float]], loss: str) -> Figure:
    """Draw how much the loss rises when a feature is shuffled, with its standard deviation; the 20 largest."""
    shown = sorted(values.items(), key=lambda item: -item[1][0])[:20]
    figure = Figure(figsize=(9, 1.2 + 0.3 * len(shown)), layout="constrained")
    axes = figure.subplots()
    names, rises, spreads = (
        [name for name, _ in shown],
        [rise for _, (rise, _) in shown],
        [std for _, (_, std) in shown],
    )
    axes.barh(np.arange(len(shown)), rises, xerr=spreads, color=COLOURS["candidate"])
    axes.set_yticks(np.arange(len(shown)), names)
    axes.invert_yaxis()
    axes.set(
        xlabel=f"rise of {loss} when its values are shuffled",
        title="Permutation importance: what the candidate lives on",
    )
    axes.spines[["top", "right"]].set_visible(False)
    return figure
