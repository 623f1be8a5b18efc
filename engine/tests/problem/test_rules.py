"""The traffic example has no rules of its own: nothing speaks against a candidate but what the params say."""

import numpy as np
import pandas as pd

from pipelines.problem.rules import rules


def test_nothing_is_found_without_rules():
    """With and without a champion."""
    rows = pd.DataFrame({"vehicles": [1.0]})

    assert list(rules(rows, np.array([1.0]), None)) == []
    assert list(rules(rows, np.array([1.0]), np.array([2.0]))) == []
