"""The pictures show what they say, and every model in its own colour."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from pipelines.judge.pictures import COLOURS, predictions, slices

TIME = pd.Series(pd.date_range("2018-09-03", periods=672, freq="h"))
SHOWN = pd.DataFrame(
    {"actual": np.full(672, 100.0), "candidate": 110.0, "champion": 130.0, "naive": np.repeat(np.arange(28.0), 24)}
)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_last_week_is_drawn_for_every_model():
    """168 hours of each, and no more."""
    week = predictions(SHOWN, TIME, "vehicles").axes[0]

    assert legend(week) == ["actual", "candidate", "champion", "naive"]
    lines = {line.get_label(): line for line in week.get_lines()}
    assert {len(line.get_ydata()) for line in lines.values()} == {168}
    assert lines["champion"].get_ydata().tolist() == [130.0] * 168
    assert lines["naive"].get_ydata()[[0, -1]].tolist() == [21.0, 27.0]
    assert week.get_ylabel() == "vehicles"


def test_the_error_of_each_day_is_drawn_for_every_model():
    """One bad day is to be seen as one."""
    days = predictions(SHOWN, TIME, "vehicles").axes[1]

    assert legend(days) == ["candidate", "champion", "naive"]
    lines = {line.get_label(): line.get_ydata().tolist() for line in days.get_lines()}
    assert lines["candidate"] == [10.0] * 28
    assert lines["naive"] == [100.0 - day for day in range(28)]


def test_without_a_champion_nobody_is_drawn_in_its_place():
    """The first model has none."""
    week = predictions(SHOWN.drop(columns="champion"), TIME, "vehicles").axes[0]

    assert legend(week) == ["actual", "candidate", "naive"]


def test_without_time_the_distribution_is_drawn():
    """All rows of each model; the truth is not one."""
    figure = predictions(SHOWN, None, "probability given to the true class")

    assert legend(figure.axes[0]) == ["candidate", "champion", "naive"]
    assert figure.axes[0].get_xlabel() == "probability given to the true class"


def test_each_slice_has_a_bar_for_each_model():
    """Lengths are losses, and the first slice is on top."""
    table = pd.DataFrame(
        {"candidate": [90.0, 80.0], "champion": [100.0, 70.0]}, index=["hours: night", "days: weekend"]
    )

    axes = slices(table, "mae").axes[0]

    assert [label.get_text() for label in axes.get_yticklabels()] == ["hours: night", "days: weekend"]
    bars = {bars.get_label(): [bar.get_width() for bar in bars] for bars in axes.containers}
    assert bars == {"candidate": [90.0, 80.0], "champion": [100.0, 70.0]}
    assert axes.yaxis_inverted()
    assert axes.get_xlabel() == "mae, smaller is better"


def test_bars_of_a_slice_do_not_cover_each_other():
    """Three models side by side."""
    table = pd.DataFrame({"candidate": [90.0], "champion": [100.0], "naive": [150.0]}, index=["hours: night"])

    bars = sorted((bar.get_y(), bar.get_y() + bar.get_height()) for bar in slices(table, "mae").axes[0].patches)

    assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(bars))


@pytest.mark.parametrize("name", ["candidate", "champion", "naive"])
def test_a_model_has_the_same_colour_everywhere(name):
    """Who has learned one picture can read the other."""
    figure = slices(pd.DataFrame({name: [90.0]}, index=["hours: night"]), "mae")
    line = next(line for line in predictions(SHOWN, TIME, "v").axes[0].get_lines() if line.get_label() == name)

    assert to_hex(figure.axes[0].patches[0].get_facecolor()) == line.get_color() == COLOURS[name]


def test_a_picture_has_the_same_bytes_each_time(tmp_path):
    """An unchanged evaluation changes no file."""
    for name in ("first", "second"):
        predictions(SHOWN, TIME, "vehicles").savefig(tmp_path / name, format="png", metadata={"Software": None})

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
