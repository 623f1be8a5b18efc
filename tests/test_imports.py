"""Which modules a stage needs is found however they are imported, or a change of one would rerun nothing."""

from pathlib import Path

import imports
import pytest


@pytest.mark.parametrize(
    "line",
    [
        "from pipelines.problem import words",
        "from pipelines.problem.words import LONG",
        "import pipelines.problem.words",
        "from . import words",
        "from .words import LONG",
        "def features(table):\n    from pipelines.problem.words import LONG",
    ],
)
def test_each_way_to_import_a_module_is_seen(tmp_path: Path, line: str):
    """From the top of the file or inside of a function, by its whole name or from beside it."""
    (tmp_path / "features.py").write_text(f"{line}\n")
    (tmp_path / "words.py").write_text("LONG = 20\n")

    assert "pipelines/problem/words.py" in imports.of_stage("features", imports.modules(tmp_path))


def test_what_only_a_type_checker_imports_is_not_needed(tmp_path: Path):
    """It does not run."""
    (tmp_path / "features.py").write_text("if TYPE_CHECKING:\n    from pipelines.problem.words import LONG\n")
    (tmp_path / "words.py").write_text("LONG = 20\n")

    assert "pipelines/problem/words.py" not in imports.of_stage("features", imports.modules(tmp_path))
