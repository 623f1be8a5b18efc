"""The problem of a project, loaded once and handed on."""

import pickle
import runpy

import pytest
from conftest import PROBLEMS

from champion.core.problem import Problem, load


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
def test_key_time_and_group_travel_beside_the_features(problem, row, unit, entity):
    """None of them twice; a group stands whole on one side of the split."""
    names = runpy.run_path(str(PROBLEMS / problem / "pipelines/problem/names.py"))
    known = Problem("", "", names["KEY"], names["TIME"], names["GROUP"], names["TARGET"], names.get("PART"))

    assert (known.row, known.unit, known.entity) == (row, unit, entity)


def test_another_process_loads_its_own():
    """Modules do not travel; names do, by loading."""
    problem = load()
    assert problem.source.COLUMNS

    again = pickle.loads(pickle.dumps(problem))  # noqa: S301  # our own

    assert again == problem
    assert again.columns == problem.columns
