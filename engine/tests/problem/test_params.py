"""The traffic example's own params: a mistyped number is refused before anything runs."""

import pytest
from conftest import PROBLEMS
from pydantic import ValidationError
from yaml import safe_load

from pipelines.problem import params

SHIPPED = safe_load((PROBLEMS / "traffic/params.yaml").read_text())


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("train", "learning_rate", 0),
        ("train", "max_iter", 0),
        ("train", "max_iter", "300"),
        ("train", "loss", "quantile"),
        ("validate", "max_quarantined", 1.1),
        ("validate", "max_days_behind", -1),
    ],
)
def test_a_value_out_of_range_is_refused(section: str, key: str, value: object):
    """Its name is told."""
    kind = getattr(params, section.title())
    kind.model_validate(SHIPPED[section])

    with pytest.raises(ValidationError, match=key):
        kind.model_validate({**SHIPPED[section], key: value})
