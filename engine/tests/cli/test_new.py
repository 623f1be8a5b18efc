"""A clone becomes somebody's own in one step, and everything that worked before works after it."""

import json
import re
import shutil
import sys
import tomllib

import pytest
from conftest import PROBLEMS, PROJECT, World, as_readme, copy_of_project, weekly_but

CSV = {"stores": "sales", "tickets": "topic", "breast_cancer": "diagnosis"}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> World:
    """The template as it is shipped. Shared."""
    return copy_of_project(tmp_path_factory.mktemp("shipped") / "world")


@pytest.fixture
def clone(shipped, tmp_path) -> World:
    """The template as it is shipped, to change at will."""
    return shipped.copy(tmp_path / "world")


def delivered(world: World, kind: str) -> str:
    """Put a delivery beside the project, as one downloads it."""
    source = next((PROBLEMS / kind / "data/0-source").glob("*.csv"))
    return str(shutil.copy2(source, world.path.parent / "their rows.csv"))


def test_names_readme_and_problem_are_ones_own(clone):
    """One commit later nothing of the sample is left but under engine/tests/."""
    template = (clone.path / "README.md").read_text()
    made_at, engine = (clone.run("git", "rev-parse", each).stdout.strip() for each in ("HEAD", "HEAD:engine/src"))

    done = clone.pipeline("new", "store-sales", "--from", "stores", VIRTUAL_ENV="")

    assert done.returncode == 0, done.stderr
    assert (
        'then\n  source .venv/bin/activate\n  git add --all && git commit --message "Start store-sales"' in done.stdout
    )
    assert (clone.path / "README.md").read_text().startswith("# store-sales\n")
    page = (clone.path / "docs/template.md").read_text()
    assert "](gate.md)" in page
    assert "](../LICENSE)" in page
    assert as_readme(page) == template
    pyproject = tomllib.loads((clone.path / "pyproject.toml").read_text())
    assert pyproject["project"]["name"] == "store-sales"
    assert pyproject["project"]["version"] == "0.1.0"
    assert pyproject["tool"]["champion-pipeline"] == {"template": made_at, "engine": engine}
    assert "name: store-sales" in (clone.path / "MLproject").read_text()
    assert json.loads((clone.path / ".devcontainer/devcontainer.json").read_text())["name"] == "store-sales"
    assert 'NAME = "store-sales"' in (clone.path / "pipelines/problem/names.py").read_text()
    assert [path.name for path in (clone.path / "data/0-source").iterdir()] == ["stores.csv"]


def test_pages_about_the_template_move_and_links_follow(clone):
    """A project begins with a history of its own; what the template changed is beside its README, in docs/."""
    clone.pipeline("new", "store-sales", "--from", "stores")

    assert not (clone.path / "CHANGELOG.md").exists()
    assert not (clone.path / "CONTRIBUTING.md").exists()
    assert (clone.path / "docs/template-changelog.md").read_text().startswith("# Changelog")
    for page in (clone.path / "docs").glob("*.md"):
        links = [link for link in re.findall(r"\]\(([^)#]+)", page.read_text()) if "://" not in link]
        assert [link for link in links if not (page.parent / link).exists()] == [], page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Store Sales", "--from", "stores"], "'Store Sales' cannot be a name; a small letter, then small letters"),
        (["traffic-demand", "--from", "stores"], "the problem before is called 'traffic-demand': wherever it ran"),
        (["x"], "say what to start from: --csv FILE --target COLUMN, or --from KIND: breast_cancer, stores,"),
        (["x", "--from", "stores", "--csv", "LICENSE"], "give one of them"),
        (["x", "--from", "stores", "--target", "sales"], "give one of them"),
        (["x", "--target", "sales"], "--target sales is a column of the file that --csv names"),
        (["x", "--from", "shops"], "--from shops: one of breast_cancer, stores, tickets, traffic, visits is expected"),
        (["x", "--csv", "nowhere.csv"], "'nowhere.csv' does not exist"),
        (["x", "--csv", "LICENSE"], "LICENSE"),
        (
            ["x", "--csv", "engine/tests/problems/stores/data/0-source/stores.csv", "--target", "sale"],
            "--target sale: there is no such",
        ),
    ],
)
def test_a_mistake_changes_nothing(shipped, arguments, message):
    """One message, no traceback, and the clone is as it was."""
    done = shipped.pipeline("new", *arguments)

    assert done.returncode != 0
    assert message in done.stderr
    assert ".." not in done.stderr
    assert "Traceback" not in done.stderr
    assert shipped.run("git", "status", "--porcelain").stdout == ""


def test_without_the_engines_folder_there_are_no_examples_to_start_from(clone):
    """The engine is a package of the lock then; one's own file is all that there can be."""
    clone.run("git", "rm", "-r", "--quiet", "engine")
    clone.commit("The engine is a package of the lock")

    refused = clone.pipeline("new", "mine", "--from", "stores")
    done = clone.pipeline("new", "mine", "--csv", delivered(clone, "tickets"), "--target", "topic")

    assert refused.returncode == 64
    assert "the engine is an installed package here. Start from your data with --csv" in refused.stderr
    assert done.returncode == 0, done.stderr
    settings = tomllib.loads((clone.path / "pyproject.toml").read_text())["tool"]["champion-pipeline"]
    assert settings.keys() == {"template"}


def test_work_that_is_not_committed_is_not_overwritten(clone):
    """Nor is a project made anew that was made before."""
    clone.set(train__max_iter=7)
    assert "not committed, and would be lost: params.yaml" in clone.pipeline("new", "mine", "--from", "stores").stderr
    clone.run("git", "checkout", "--quiet", "params.yaml")
    clone.pipeline("new", "mine", "--csv", delivered(clone, "tickets"), "--target", "topic")

    done = clone.pipeline("new", "yours", "--from", "stores")

    assert done.returncode == 1
    assert "was made from commit" in done.stderr
    assert "`git stash -u` undoes it" in done.stderr
    clone.run("git", "stash", "--quiet", "--include-untracked")
    assert clone.pipeline("new", "yours", "--from", "stores").returncode == 0


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
    assert_checks_pass(clone)


@pytest.mark.weekly
@pytest.mark.parametrize("kind", ["stores", "tickets", "visits", "breast_cancer", "traffic"])
def test_the_tests_that_come_with_a_problem_pass_for_every_kind(clone, kind):
    """And the linter has nothing to say of what the template itself ships."""
    assert clone.pipeline("new", "mine", "--from", kind).returncode == 0
    clone.commit("Start mine")

    assert_checks_pass(clone)


def assert_checks_pass(clone: World) -> None:
    """Run what `make check-yours` and `make test-yours` do, with the template's tests, which a world does not have."""
    shutil.copytree(PROJECT / "tests", clone.path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for check in (["ruff", "check"], ["ruff", "format", "--check"], ["pytest", "-q"]):
        done = clone.run(sys.executable, "-m", *check, check=False)
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
