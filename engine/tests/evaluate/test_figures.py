"""The pictures show what they say, and every model in its own colour."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from samples import why

from champion.evaluate.figures import BETTER, COLOURS, WORSE, confusion, importance, predictions, slices
from champion.ext.why.picture import waterfall

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


def test_without_time_each_row_is_drawn_against_the_truth():
    """The candidate on top; a row on the line is a row that was predicted well."""
    axes = predictions(SHOWN, None, "vehicles").axes[0]

    assert legend(axes) == ["naive", "champion", "candidate", "actual"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("vehicles, actual", "vehicles, predicted")
    candidate = axes.collections[-1].get_offsets()
    assert candidate.tolist() == [[100.0, 110.0]] * 672


def test_rows_of_one_moment_are_drawn_as_their_sum():
    """A line that jumps from store to store shows nothing."""
    panel = pd.concat([SHOWN, SHOWN], ignore_index=True)

    week = predictions(panel, pd.concat([TIME, TIME], ignore_index=True), "sales").axes[0]

    lines = {line.get_label(): line.get_ydata().tolist() for line in week.get_lines()}
    assert lines["champion"] == [260.0] * 168
    assert "sum of all rows of a moment" in week.get_title()


def test_classes_are_counted_by_what_they_are_and_what_they_were_taken_for():
    """A matrix for each model; a class that no model knows has a row of its own."""
    truth = pd.Series(["ham", "spam", "spam", "fraud"])

    figure = confusion(truth, {"candidate": np.array(["ham", "spam", "ham", "ham"], dtype=object)}, ["ham", "spam"])

    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ham", "spam", "fraud"]
    counts = [int(text.get_text()) for text in axes.texts]
    assert counts == [1, 0, 0, 1, 1, 0, 1, 0, 0]


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


def answer(*shares, old=100.0):
    """Return what `why` found: names, effects and margins of the parts."""
    parts = [{"parts": [name], "effect": effect, "margin": margin} for name, effect, margin in shares]
    loss = (old, old + sum(effect for _, effect, _ in shares))
    return why(old={"name": "v1"}, new={"name": "v2"}, loss=loss, shares=parts)


def steps(axes):
    """Return where each bar begins and ends: old, new, then the parts."""
    return [(round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6)) for bar in axes.patches]


def test_every_part_is_a_step_from_the_old_loss_to_the_new():
    """Old and new are bars from zero; each part goes on where the one before ended."""
    axes = waterfall(answer(("data", 30.0, 4.0), ("code", -20.0, 3.0))).axes[0]

    assert [label.get_text() for label in axes.get_yticklabels()] == ["v1", "data", "code", "v2"]
    assert axes.yaxis_inverted()
    assert steps(axes) == [(0, 100), (0, 110), (100, 130), (130, 110)]
    assert axes.get_xlabel() == "mae, smaller is better"


def test_harm_is_red_and_help_is_green():
    """And whose side they are on is seen in the bars of the models."""
    axes = waterfall(answer(("data", 30.0, 4.0), ("code", -20.0, 3.0))).axes[0]

    colours = [to_hex(bar.get_facecolor()) for bar in axes.patches]

    assert colours == [COLOURS["champion"], COLOURS["candidate"], WORSE, BETTER]


def test_each_step_says_how_large_and_how_sure_it_is():
    """Signs, thousands and the margin, as in the sentence."""
    axes = waterfall(answer(("data", 1230.0, 45.0), ("code and config", -20.0, 3.25), old=2000.0)).axes[0]

    assert [text.get_text().strip() for text in axes.texts] == ["2,000.0", "3,210.0", "+1,230.0 ± 45", "-20 ± 3.25"]
    assert [label.get_text() for label in axes.get_yticklabels()][2] == "code and config"


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(answer(("data", 80.0, 4.0), ("code", -70.0, 3.0)), id="up and down again"),
        pytest.param(answer(("data", -120.0, 4.0), ("code", 115.0, 3.0)), id="below nothing and up again"),
        pytest.param(answer(("data", 5.0, 90.0)), id="a wide margin"),
        pytest.param(answer(("data", -95.0, 20.0)), id="a margin below nothing"),
        pytest.param(answer(("data", -3e-4, 1e-4), old=2e-3), id="small figures"),
        pytest.param(
            answer(*((name, 10.0, 1.0) for name in ("code", "data", "config", "environment"))), id="four parts"
        ),
        pytest.param(answer(("data", 0.25, 0.0), old=0.0), id="from a perfect model"),
    ],
)
def test_no_step_leaves_the_picture(found):
    """Bars with their margins, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = waterfall(found).axes[0]

    low, high = axes.get_xlim()
    level = found.loss[0]
    for share in found.shares:
        for end in (level, level + share.effect - share.margin, level + share.effect + share.margin):
            assert low <= end <= high
        level += share.effect


def test_the_waterfall_has_the_same_bytes_each_time(tmp_path):
    """The same question, the same file."""
    for name in ("first", "second"):
        waterfall(answer(("data", 30.0, 4.0))).savefig(tmp_path / name, format="png", metadata={"Software": None})

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_the_entities_that_are_missed_most_are_drawn_one_by_one():
    """At most three, each with its name; a sum hides the store that goes wrong."""
    stores = pd.concat([SHOWN.assign(candidate=100.0 + error) for error in (1, 40, 2, 30)], ignore_index=True)
    entity = pd.Series(np.repeat(["a", "b", "c", "d"], 672))

    drawn = predictions(stores, pd.concat([TIME] * 4, ignore_index=True), "sales", entity).axes[2:]

    assert [axes.get_title().partition(",")[0] for axes in drawn] == ["b", "d", "c"]
    lines = {line.get_label(): line.get_ydata() for line in drawn[0].get_lines()}
    assert len(lines["candidate"]) == 672
    assert set(lines["candidate"]) == {140.0}


def test_the_most_important_feature_is_drawn_first_with_its_spread():
    """Sorted by what shuffling costs, whatever their order in the file; at most twenty."""
    values = {f"f{number:02}": (float(number), 0.5) for number in range(30)}

    (axes,) = importance(values, "1 - roc_auc").axes

    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["f29", "f28"]
    assert len(axes.patches) == 20
    assert axes.patches[0].get_width() == 29.0
    assert axes.get_xlabel() == "rise of 1 - roc_auc when its values are shuffled"


def test_nothing_is_no_mistake():
    """No row to judge on, no feature to shuffle, no slice: a picture without bars."""
    assert len(importance({}, "mae").axes[0].patches) == 0
    assert len(slices(pd.DataFrame({"candidate": [], "naive": []}), "mae").axes[0].patches) == 0
