"""A clone becomes somebody's own in one step, and everything that worked before works after it."""

import shutil
import sys

import pytest
from conftest import PROBLEMS, World, as_readme, copy_of_project, weekly_but

CSV = {"stores": "sales", "tickets": "topic", "breast_cancer": "diagnosis"}


@pytest.fixture
def clone(tmp_path) -> World:
    """The template as it is shipped."""
    return copy_of_project(tmp_path / "world")


def delivered(world: World, kind: str) -> str:
    """Put a delivery beside the project, as one downloads it."""
    source = next((PROBLEMS / kind / "data").glob("*.csv"))
    return str(shutil.copy2(source, world.path.parent / "their rows.csv"))


def test_names_readme_and_problem_are_ones_own(clone):
    """One commit later nothing of the sample is left but under tests/."""
    template = (clone.path / "README.md").read_text()
    made_at = clone.run("git", "rev-parse", "HEAD").stdout.strip()

    done = clone.pipeline("new", "store-sales", "--from", "stores")

    assert done.returncode == 0, done.stderr
    assert 'git commit --message "Start store-sales"' in done.stdout
    assert (clone.path / "README.md").read_text().startswith("# store-sales\n")
    assert "](gate.md)" in (clone.path / "docs/template.md").read_text()
    assert "](../LICENSE)" in (clone.path / "docs/template.md").read_text()
    assert as_readme((clone.path / "docs/template.md").read_text()) == template
    assert 'name = "store-sales"' in (pyproject := (clone.path / "pyproject.toml").read_text())
    assert f'template = "{made_at}"' in pyproject
    assert '  "store-sales[s3,' in pyproject  # else `make lock` asks the package index for a project of the old name
    assert '"champion-pipeline[' not in pyproject
    assert "name: store-sales" in (clone.path / "MLproject").read_text()
    assert 'NAME = "store-sales"' in (clone.path / "pipelines/problem/names.py").read_text()
    assert [path.name for path in (clone.path / "data/0-source").iterdir()] == ["stores.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Store Sales"], "'Store Sales' cannot be a name; a small letter, then small letters"),
        (["traffic-demand", "--from", "stores"], "the problem before is called 'traffic-demand': wherever it ran"),
        (["x", "--from", "shops"], "--from shops: one of breast_cancer, stores, tickets, traffic, visits is expected"),
        (["x", "--csv", "nowhere.csv"], "'nowhere.csv' does not exist"),
        (["x", "--csv", "LICENSE"], "LICENSE"),
        (
            ["x", "--csv", "tests/problems/stores/data/stores.csv", "--target", "sale"],
            "--target sale: there is no such",
        ),
    ],
)
def test_a_mistake_changes_nothing(clone, arguments, message):
    """One message, no traceback, and the clone is as it was."""
    done = clone.pipeline("new", *arguments)

    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert clone.run("git", "status", "--porcelain").stdout == ""


def test_work_that_is_not_committed_is_not_overwritten(clone):
    """Nor is a project made anew that was made before."""
    clone.set(train__max_iter=7)
    assert "not committed, and would be lost: params.yaml" in clone.pipeline("new", "mine").stderr
    clone.run("git", "checkout", "--quiet", "params.yaml")
    clone.pipeline("new", "mine")
    clone.commit("Start mine")

    done = clone.pipeline("new", "yours")

    assert done.returncode == 1
    assert "was made from commit" in done.stderr


MAY_STAY = {".dvc/cache/", ".dvc/tmp/", ".ruff_cache/", "mlartifacts/", "mlflow.db"}


def test_nothing_of_the_sample_is_taken_for_the_new_problems(world):
    """Outputs, decision, stand-in, reports; the cache stays, what is on record under its name, and what is nobody's result."""
    theirs = world.path / "data/notes.txt"
    theirs.write_text("somebody's own")
    for name in ("reports/stopped.json", "data/5-baseline/stand-in/identity.json", "data/8-archive"):
        (world.path / name).parent.mkdir(parents=True, exist_ok=True)
        (world.path / name).write_text("the sample's")

    done = world.pipeline("new", "helpdesk", "--csv", delivered(world, "tickets"), "--target", "topic")

    assert done.returncode == 0, done.stderr
    assert not (world.path / "dvc.lock").exists()
    assert sorted(path.name for path in (world.path / "data").iterdir()) == ["0-source", "notes.txt"]
    ignored = world.run("git", "ls-files", "--others", "--ignored", "--exclude-standard", "--directory").stdout.split()
    assert {name for name in ignored if "__pycache__" not in name} <= MAY_STAY
    assert world.query("select name from registered_models") == [("traffic-demand",)]
    assert "data/2-validate/report.json does not exist yet" in world.pipeline("status").stderr


@pytest.mark.slow
def test_the_first_run_after_the_samples_is_version_1_of_its_own_name(world):
    """The README's order: the sample first. In a colleague's clone, too, where the sample ran, even to its second champion, and
    `git pull` brings the rest.
    """
    colleague = world.copy(world.path.parent / "colleague")
    colleague.set(train__max_leaf_nodes=63)
    assert "v2 is champion, it replaced v1" in colleague.repro()
    colleague.run("git", "checkout", "--quiet", ".")
    file = delivered(world, "tickets")
    assert world.pipeline("new", "helpdesk", "--csv", file, "--target", "topic").returncode == 0
    world.commit("Start helpdesk")

    assert "v1 is champion, it replaced nobody" in (said := world.repro()), said
    world.commit("First data")

    assert "v1 was trained on Data v1, using Code v1, with Config v1" in world.pipeline("lineage").stdout
    names = [("helpdesk",), ("traffic-demand",)]
    assert world.query("select name from registered_models order by name") == names
    colleague.run("git", "pull", "--quiet", str(world.path), "main")
    assert "v1 is champion, it replaced nobody" in (said := colleague.repro()), said
    assert [path.name for path in (colleague.path / "data/5-baseline/champion").iterdir()] == ["identity.json"]


def test_logged_predictions_are_not_deleted(world):
    """They are in no cache, and would be scored as the new champion's."""
    log = world.path / "data/predictions"
    log.mkdir()
    (log / "1.parquet").write_text("what was predicted")

    done = world.pipeline("new", "helpdesk", "--from", "tickets")

    assert done.returncode == 1
    assert (
        "data/predictions has predictions of the problem before. Move that folder out of the project first."
        in done.stderr
    )
    assert world.run("git", "status", "--porcelain").stdout == ""


def test_a_name_that_has_runs_on_record_is_refused(world):
    """The champion of a try before would be the one to beat."""
    names = world.path / "pipelines/problem/names.py"
    names.write_text(names.read_text().replace("traffic-demand", "another"))
    world.commit("Renamed by hand")

    done = world.pipeline("new", "traffic-demand", "--from", "stores")

    assert done.returncode == 1
    assert done.stderr.startswith("pipeline: mlflow.db has runs of 'traffic-demand' already")
    assert world.run("git", "status", "--porcelain").stdout == ""
    assert world.decision["champion"] == "1"


@pytest.mark.slow
@pytest.mark.parametrize("kind", weekly_but(["stores"], CSV))
def test_a_file_becomes_a_champion(clone, kind):
    """Without a line of code: what is guessed runs, is tested, linted, promoted and counted from one."""
    file = delivered(clone, kind)
    assert clone.pipeline("new", "mine", "--csv", file, "--target", CSV[kind]).returncode == 0
    clone.commit("Start mine")

    assert "v1 is champion, it replaced nobody" in (said := clone.repro()), said
    clone.commit("First data")
    clone.repro()

    assert "was trained on Data v1, using Code v1, with Config v1" in clone.pipeline("lineage").stdout
    assert clone.pipeline("monitor").returncode == 0
    assert clone.pipeline("report").returncode == 0
    assert "v1 was reproduced exactly" in clone.pipeline("reproduce", "1").stdout
    for check in (
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["pytest", "--confcutdir", "tests/yours", "tests/yours"],
    ):
        done = clone.run(sys.executable, "-m", *check, check=False, PYTHONPATH=str(clone.path))
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.weekly
@pytest.mark.parametrize("kind", ["stores", "tickets", "visits", "breast_cancer", "traffic"])
def test_the_tests_that_come_with_a_problem_pass_for_every_kind(clone, kind):
    """And the linter has nothing to say of what the template itself ships."""
    assert clone.pipeline("new", "mine", "--from", kind).returncode == 0
    clone.commit("Start mine")

    for check in (["ruff", "check"], ["mypy"], ["pytest", "--confcutdir", "tests/yours", "tests/yours"]):
        done = clone.run(sys.executable, "-m", *check, check=False, PYTHONPATH=str(clone.path))
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.slow
def test_the_first_push_is_judged_without_the_templates_champion(clone):
    """CI without a server compares with the commit before: that is the template's, and solves another problem."""
    clone.pipeline("new", "mine", "--from", "stores")
    clone.commit("Start mine")

    base = clone.pipeline("champion-from", "HEAD~1")
    said = clone.repro("evaluate")

    assert base.returncode == 0, base.stderr
    assert "is the template's, from before this project began" in base.stdout
    assert "meets every floor; there is no champion to beat" in said
    assert clone.pipeline("gate").returncode == 0
