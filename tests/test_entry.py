"""A stage gets the paths that dvc.yaml names, and says what is wrong with them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import shared
from conftest import PROBLEMS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(PROBLEMS / "traffic/params.yaml", tmp_path)
    return tmp_path


def run(project: Path, engine: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.entry", *arguments],
        cwd=project, env={"PYTHONPATH": str(engine)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--source", "in"], ["--source", "in", "--out", "x"], ["in", "out"], ["--source", "in", "--ingested"]],
    ids=["one is missing", "another name", "no names", "no path"],
)
def test_paths_that_do_not_fit_are_told_with_those_expected(project: Path, engine: Path, arguments: list[str]):
    """Swapped or forgotten ones are noticed before anything runs."""
    said = run(project, engine, "ingest", *arguments)

    assert said.startswith(f"ingest: dvc.yaml calls this stage with {' '.join(arguments)}; ")
    assert "--source PATH --ingested PATH is expected" in said


def test_a_problem_that_lacks_something_stops_the_first_stage(project: Path, engine: Path):
    """Not the one that needs it, after an hour of training."""
    shared.copy(engine, project / "engine")
    features = project / "engine/pipelines/problem/features.py"
    features.write_text(features.read_text().replace("def slices(", "def slicse("))

    said = run(project, project / "engine", "ingest", "--source", "in", "--ingested", "out")

    assert said.startswith("ingest: pipelines/problem/features.py has no slices; slices(rows) is expected.")
    assert "Traceback" not in said
