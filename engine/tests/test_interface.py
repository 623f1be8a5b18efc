"""What a problem has to provide is checked before anything runs, and a mistake is named with what was expected."""

import runpy
import shutil
import sys
from types import SimpleNamespace

import pytest
from conftest import PROBLEMS

from champion.core import interface
from champion.core.errors import PipelineError
from champion.core.interface import Column, check_problem


@pytest.fixture
def problem(tmp_path):
    """A copy of a whole problem."""
    return shutil.copytree(PROBLEMS / "traffic/pipelines/problem", tmp_path / "problem")


def complaint(problem) -> list[str]:
    with pytest.raises(PipelineError) as error:
        check_problem(problem)
    return str(error.value).splitlines()


@pytest.mark.parametrize("name", ["traffic", "stores", "tickets", "visits", "breast_cancer"])
def test_a_whole_problem_passes(name):
    """Of every kind."""
    check_problem(PROBLEMS / name / "pipelines/problem")


@pytest.mark.parametrize(
    ("module", "old", "new", "said"),
    [
        ("features", "def slices(rows", "def slice_of(rows", "pipelines/problem/features.py has no slices; slices(rows) is expected. It has slice_of: is that meant?"),
        ("model", "def naive()", "def naiv()", "pipelines/problem/model.py has no naive; naive() is expected. It has naiv: is that meant?"),
        ("features", "def features(table: pd.DataFrame)", "def features(table, more)", "pipelines/problem/features.py: features takes (table, more); features(table) is expected."),
        ("names", 'KEY = ["time"]', 'KEY = "time"', "pipelines/problem/names.py: KEY is 'time'; a list of column names that make a row the same row is expected."),
        ("names", 'KEY = ["time"]', "KEY = []", "pipelines/problem/names.py: KEY is []; a list of column names that make a row the same row is expected."),
        ("names", 'TARGET = "vehicles"', "TARGET = None", "pipelines/problem/names.py: TARGET is None; the column to predict is expected."),
        ("names", 'TIME: str | None = "time"', "TIME = 7", "pipelines/problem/names.py: TIME is 7; the column that orders rows, or None is expected."),
        ("rules", "def rules(rows: pd.DataFrame, candidate: np.ndarray, champion: np.ndarray | None)", "def rules(rows)", "pipelines/problem/rules.py: rules takes (rows); rules(rows, candidate, champion) is expected."),
        ("source", "def merge(", "def state():\n    return ''\n\n\ndef merge(", "pipelines/problem/source.py: state takes (); state(params) is expected."),
    ],
    ids=["forgotten", "misspelt", "another parameter", "a text for a list", "an empty key", "no target", "a number for a name", "too few parameters", "of what it may have"],
)  # fmt: skip
def test_a_mistake_is_named_with_what_is_expected(problem, module, old, new, said):
    """The likeliest ones of a first hour."""
    path = problem / f"{module}.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))

    assert complaint(problem) == [said, "docs/adapt.md says what each file has to provide."]


def test_a_missing_file_says_what_belongs_there(problem):
    """A problem of before rules.py."""
    (problem / "rules.py").unlink()

    assert complaint(problem)[0] == "pipelines/problem/rules.py does not exist; it has to provide rules."


def test_what_is_not_python_is_named_with_its_line(problem):
    """Before a traceback of an import."""
    (problem / "model.py").write_text("import pandas\ndef build(params:\n")

    assert complaint(problem)[0].startswith("pipelines/problem/model.py, line 2 is not Python: ")


def test_all_mistakes_are_told_at_once(problem):
    """Nobody should have to correct one to learn of the next."""
    (problem / "rules.py").unlink()
    (problem / "names.py").write_text('NAME = "x"\n')

    assert len(complaint(problem)) == 5 + 1 + 1


def test_names_may_be_imported_or_computed(problem):
    """What cannot be seen without running it is left alone."""
    (problem / "rules.py").write_text("from elsewhere import rules\n")
    names = problem / "names.py"
    names.write_text(names.read_text().replace('KEY = ["time"]', "KEY = list(COLUMNS)"))

    check_problem(problem)


def test_a_kind_that_there_is_not_is_refused_with_a_guess():
    """It would become a float in silence."""
    with pytest.raises(PipelineError) as error:
        Column("n", "count", "integr")

    assert str(error.value) == (
        "pipelines/problem/source.py: the column 'n' has the kind 'integr'; one of number, integer, decimal, boolean, "
        "text, category, time, date is "
        "expected. Did you mean integer?"
    )


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"kind": "text", "possible": (0, 1)}, "is a text; only numbers have a `possible` range"),
        ({"kind": "number", "possible": (1, 0)}, r"has possible=\(1, 0\); \(lowest, highest\) is expected"),
    ],
    ids=["a range of texts", "the wrong way round"],
)
def test_a_range_that_makes_no_sense_is_refused(column, said):
    """It would quarantine every row, or none."""
    with pytest.raises(PipelineError, match=said):
        Column("n", "count", **column)


def test_who_fails_in_the_problem_is_told_where(tmp_path, monkeypatch):
    """Function, file, line and what was raised; the line is the last one of the problem's own."""
    file = tmp_path / "pipelines/problem/features.py"
    file.parent.mkdir(parents=True)
    file.write_text("import json\n\ndef features(text):\n    return json.loads(text)\n")
    monkeypatch.setitem(sys.modules, "pipelines", SimpleNamespace(__path__=[str(tmp_path / "pipelines")]))
    features = runpy.run_path(str(file))["features"]

    with pytest.raises(ValueError, match="Expecting") as error:
        features("{")

    assert interface.blamed(error.value) == (
        "pipelines/problem/features.py, line 4, in features: json.decoder.JSONDecodeError: Expecting property name enclosed "
        "in double quotes: line 1 column 2 (char 1). Repair it, then `dvc repro`; PIPELINE_TRACEBACK=1 shows all that led "
        "there."
    )
    assert interface.blamed(ValueError("elsewhere")) == ""
