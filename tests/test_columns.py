"""Which columns say which row it is, for each kind of problem."""

import runpy

import pytest
from conftest import PROBLEMS

from pipelines.problem import names


@pytest.mark.parametrize(
    ("problem", "row", "unit", "entity"),
    [
        ("traffic", ["time"], ["time"], []),
        ("stores", ["store", "day"], ["store", "day"], ["store"]),
        ("tickets", ["ticket", "opened"], ["ticket"], []),
        ("visits", ["visit", "person"], ["person"], []),
        ("breast_cancer", ["sample"], ["sample"], []),
    ],
)
def test_key_time_and_group_travel_beside_the_features(problem, row, unit, entity, monkeypatch):
    """None of them twice; a group stands whole on one side of the split."""
    for name, value in runpy.run_path(str(PROBLEMS / problem / "names.py")).items():
        if name.isupper():
            monkeypatch.setattr(names, name, value)

    columns = runpy.run_module("pipelines.columns")

    assert (columns["ROW"], columns["UNIT"], columns["ENTITY"]) == (row, unit, entity)
