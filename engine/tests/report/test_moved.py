"""Columns that moved are drawn as they were in the season before, and as they are."""

import numpy as np
import pandas as pd
import pytest

from champion.report import moved


def test_a_column_of_numbers_and_one_of_words_stand_side_by_side():
    """Shares in percent on the same bins, gaps left out; and the words, missing ones as well."""
    rain = pd.Series([0.0, 0.0, 1.0, np.nan]), pd.Series([1.0, 1.0, 1.0, 1.0])
    weather = pd.Series(["Clear", "Clear", "Rain", None], dtype="str"), pd.Series(["Rain"] * 4, dtype="str")

    left, right = moved.picture({"rain": rain, "weather": weather}).axes

    then, now = (patch.get_data()[0] for patch in left.patches)
    assert (then[0], then[-1]) == pytest.approx((200 / 3, 100 / 3))
    assert (now.sum(), now[-1]) == pytest.approx((100, 100))
    assert [left.get_title(), right.get_title()] == ["rain", "weather"]
    heights = {
        label.get_text(): bar.get_height() for label, bar in zip(right.get_xticklabels(), right.patches, strict=False)
    }
    assert heights == {"Rain": 25.0, "Clear": 50.0, "(missing)": 25.0}


def test_a_column_that_is_constant_is_drawn():
    """All values in one bin."""
    axes = moved.picture({"rain": (pd.Series([2.0, 2.0]), pd.Series([2.0, 2.0]))}).axes[0]

    assert max(axes.patches[0].get_data()[0]) == 100
