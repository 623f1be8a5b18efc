"""The params that every problem has."""

from datetime import date

import pytest
from conftest import PROBLEMS
from pydantic import ValidationError
from yaml import safe_load

from champion.core.params import Evaluate, Ingest

SHIPPED = safe_load((PROBLEMS / "traffic/params.yaml").read_text())["evaluate"]


@pytest.mark.parametrize("value", ["2018-9-3", "soon", date(2018, 9, 30), 20180930.5])
def test_as_of_is_a_quoted_day(value: object):
    """DVC cannot read a bare YAML date."""
    with pytest.raises(ValidationError, match='should be a quoted day like "2018-09-30"'):
        Ingest(as_of=value)


def test_a_quoted_day_is_a_date():
    """And without one there is no cut."""
    assert (Ingest(as_of="2018-09-30").as_of, Ingest().as_of) == (date(2018, 9, 30), None)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("limits", {"mae": [9.0, 1.0]}, r"should be \[lowest, highest\]"),
        ("limits", {"smape": [0.0, 1.0]}, "smape"),
        ("quantile", 1.0, "less than 1"),
        ("costs", {"no": {"yes": -1.0}}, "greater than or equal to 0"),
        ("margin", float("nan"), "finite"),
        ("confidence", 0.5, "greater than 0.5"),
        ("mode", "best", "superior"),
        ("bootstrap_rounds", 999, "1000"),
        ("minimum_rows", 1, "extra"),
    ],
)
def test_a_rule_of_the_gate_that_makes_no_sense_is_refused(key: str, value: object, message: str):
    """Before anything is trained."""
    Evaluate.model_validate(SHIPPED)

    with pytest.raises(ValidationError, match=f"(?is){message}"):
        Evaluate.model_validate({**SHIPPED, key: value})
