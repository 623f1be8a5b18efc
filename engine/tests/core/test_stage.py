"""A stage takes by type what the nearest stage above gives, and says what is wrong in the project's own words."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import environment_of
from own_stage import insert_sample

from champion.core import flow


def run(project: Path, stage: str, **variables: str) -> str:
    """Run a stage that fails; return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", f"pipelines.{stage}"],
        cwd=project, env=environment_of() | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_each_stage_says_what_it_takes_and_gives(project: Path):
    """Read from its function, which is not imported for that."""
    named = {stage.name: (stage.gives, [*stage.takes.values()]) for stage in flow.stages(project)}

    assert list(named) == ["ingest", "validate", "features", "train", "baseline", "evaluate", "promote"]
    assert named["features"] == ("Divided", ["Problem", "Ingested", "Validated", "Features"])
    assert named["train"] == ("Trained", ["Problem", "Divided", "Train"])


def test_results_come_from_the_nearest_stage_above(project: Path):
    """So that a stage in between takes part without a word elsewhere."""
    before = flow.giver("Divided", "train", project)
    insert_sample(project)
    after = flow.giver("Divided", "train", project)

    assert before is not None
    assert after is not None
    assert (before.name, after.name) == ("features", "sample")
    assert flow.path("features", "training", project) == project / "data/3-sample/training.parquet"
    assert flow.giver("Ingested", "train", project) == flow.stage("ingest", project)
    assert flow.giver("Trained", "features", project) is None


def test_a_stage_that_asks_for_what_it_gives_gets_its_last_result(project: Path):
    """Those that ask the registry keep what they learned."""
    assert flow.giver("Opponent", "baseline", project) == flow.stage("baseline", project)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("def train(", "def fit_it(", "pipelines/train.py has no function train; the stage train is expected there."),
        (") -> Trained:", "):", "pipelines/train.py: train() does not say what it returns: `-> Divided`, for example."),
        ("divided: Divided", "divided", "train() does not say of which type divided is; what it takes hangs on that."),
        ("divided: Divided", "divided: Evaluated", "pipelines/train.py takes Evaluated, which no stage above gives"),
    ],
)
def test_a_function_that_does_not_fit_is_told(project: Path, old: str, new: str, message: str):
    """By file and function."""
    file = project / "pipelines/train.py"
    code = file.read_text().replace("import Divided, Trained", "import Divided, Evaluated, Trained")
    file.write_text(code.replace(old, new).replace("run(train)", "run(train if 'train' in globals() else fit_it)"))

    said = run(project, "train" if "fit_it" not in new else "features")

    assert message in said
    assert "Traceback" not in said


def test_a_file_that_is_gone_is_told(project: Path):
    """dvc.yaml and pipelines/ belong together."""
    (project / "pipelines/features.py").unlink()

    assert "pipelines/features.py does not exist; dvc.yaml runs it as the stage features." in run(project, "train")


def test_a_stage_of_another_name_than_its_file_is_told(project: Path):
    """One word in all places."""
    declared = project / "dvc.yaml"
    declared.write_text(declared.read_text().replace("  ingest:", "  take_in:"))

    assert "dvc.yaml: the stage take_in runs pipelines/ingest.py; a stage is called like its file." in run(
        project, "ingest"
    )


def test_a_stage_that_dvc_yaml_does_not_know_is_told(project: Path):
    """It could not say where its results go."""
    declared = project / "dvc.yaml"
    declared.write_text(declared.read_text().replace("pipelines.ingest", "pipelines.other"))
    (project / "pipelines/ingest.py").rename(project / "pipelines/again.py")

    assert "dvc.yaml: the stage ingest runs pipelines/other.py" in run(project, "again")


def test_a_problem_that_lacks_something_stops_the_first_stage(project: Path):
    """Not the one that needs it, after an hour of training."""
    features = project / "pipelines/problem/features.py"
    features.write_text(features.read_text().replace("def slices(", "def slicse("))

    said = run(project, "ingest")

    assert said.startswith("ingest: pipelines/problem/features.py has no slices; slices(rows) is expected.")
    assert "Traceback" not in said


def test_a_mistake_in_a_stage_of_ones_own_is_told_where_it_is(project: Path):
    """File, line and what Python says; the engine below it is not to blame."""
    file = project / "pipelines/ingest.py"
    file.write_text(file.read_text().replace("    rows = delivered(", "    print(1 / 0)\n    rows = delivered("))
    line = file.read_text()[: file.read_text().index("1 / 0")].count("\n") + 1

    said = run(project, "ingest")

    assert said.startswith(f"ingest: pipelines/ingest.py, line {line}, in ingest: ZeroDivisionError: division by zero.")


def test_params_of_a_stage_of_ones_own_are_checked_when_it_runs(project: Path):
    """By the type that its function takes, with the same words as all others."""
    insert_sample(project)
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("every: 2", "evrey: 2"))
    for name in ("training", "holdout"):
        (project / f"data/3-features/{name}.parquet").parent.mkdir(parents=True, exist_ok=True)
    (project / "data/3-features/split.json").write_text("{}")

    said = run(project, "sample")

    assert "params.yaml: sample.evrey is unknown (its value is 2). Did you mean every? Allowed here: every." in said


def test_a_section_that_belongs_to_no_stage_is_a_typing_mistake(project: Path):
    """Else a renamed stage would run with the numbers of nobody."""
    with (project / "params.yaml").open("a") as params:
        params.write("\nsampel:\n  every: 2\n")

    assert "params.yaml: sampel is unknown" in run(project, "ingest")
