"""Which modules a stage needs is found however they are imported, or a change of one would rerun nothing."""

import re
import shutil
from functools import cached_property
from inspect import getsource
from pathlib import Path

import pytest
from conftest import PROBLEMS

from champion import testing
from champion.core.problem import Problem

PROPERTIES = {name: each for name, each in vars(Problem).items() if isinstance(each, property | cached_property)}
NAMES = "|".join(testing.ASKED)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tests' flow, with a module more that no stage lists yet."""
    shutil.copytree(PROBLEMS / "traffic", tmp_path, dirs_exist_ok=True)
    (tmp_path / "pipelines/problem/words.py").write_text("LONG = 20\n")
    return tmp_path


def add(file: Path, line: str) -> None:
    file.write_text(f"{file.read_text()}\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "from pipelines.problem import words",
        "from pipelines.problem.words import LONG",
        "import pipelines.problem.words",
        "from . import words",
        "from .words import LONG",
        "def long(table):\n    from pipelines.problem.words import LONG",
    ],
)
def test_each_way_to_import_a_module_is_seen(project: Path, line: str):
    """From the top of the file or inside of a function, by its whole name or from beside it."""
    add(project / "pipelines/problem/features.py", line)

    unlisted = {stage: testing.unlisted(stage, project) for stage in ("validate", "features", "train", "evaluate")}

    lacks = ["pipelines/problem/words.py"]
    assert unlisted == {
        "validate": [],
        "features": lacks,
        "train": lacks,  # its model.py imports features.py
        "evaluate": [],  # it lists the folder
    }


def test_what_only_a_type_checker_imports_is_not_needed(project: Path):
    """It does not run."""
    add(project / "pipelines/problem/features.py", "if TYPE_CHECKING:\n    from pipelines.problem.words import LONG")

    assert testing.unlisted("features", project) == []


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("def much(problem):\n    return problem.rules.rules", ["pipelines/problem/rules.py"]),
        ("def much(anything: Problem):\n    return anything.rules", ["pipelines/problem/rules.py"]),
        ("def much(self):\n    return self.problem.columns", ["pipelines/problem/source.py"]),
        ("def much(anything):\n    return anything.rules", []),
        ("from champion.metrics import drift", []),
        ("from champion.registry import tags", ["engine/src/champion/registry"]),
    ],
)
def test_modules_that_a_problem_is_asked_for_and_packages_of_the_engine_are_seen(
    project: Path, line: str, lacks: list[str]
):
    """A problem loads its modules by name: no import statement tells."""
    add(project / "pipelines/features.py", line)

    assert testing.unlisted("features", project) == lacks


def test_the_table_of_what_a_problem_loads_is_complete():
    """Else a module more would be missed."""
    code = {name: getsource(getattr(each, "fget", None) or each.func) for name, each in PROPERTIES.items()}
    loads = {name for name, text in code.items() if "import_module" in text or re.search(rf"self\.({NAMES})\b", text)}

    assert loads == set(testing.ASKED)


def test_results_that_a_stage_takes_are_listed(project: Path):
    """Or it would not run again when they change. One that always runs has to list nothing."""
    dvc = project / "dvc.yaml"
    dvc.write_text(re.sub(r"(deps:\n(?:      - .*\n)*?)      - data/3-features\n", r"\1", dvc.read_text()))

    assert {name: testing.unlisted(name, project) for name in ("train", "evaluate", "promote")} == {
        "train": ["data/3-features"],
        "evaluate": ["data/3-features"],
        "promote": [],
    }


def test_systems_that_rows_come_from_count_where_the_delivery_is_taken(project: Path):
    """validate needs the columns of source.py, and reads no row by it."""
    add(project / "pipelines/problem/source.py", "from champion.ext.sources.delta import Delta")
    dvc = project / "dvc.yaml"
    dvc.write_text(dvc.read_text().replace("      - engine/src/champion/ext/sources\n", ""))

    assert testing.unlisted("validate", project) == []
    assert testing.unlisted("ingest", project) == ["engine/src/champion/ext/sources"]


def test_where_the_engine_is_a_package_of_the_lock_its_folders_are_not_asked_for(project: Path):
    """The lock says which it is."""
    dvc = project / "dvc.yaml"
    dvc.write_text("".join(line for line in dvc.read_text().splitlines(keepends=True) if "- engine/" not in line))

    assert testing.unlisted("train", project) == []
