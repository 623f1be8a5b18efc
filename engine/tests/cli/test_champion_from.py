"""Without a server the model of another commit stands in for the champion."""

import pytest
from conftest import World


@pytest.mark.slow
def test_without_a_server_the_base_branch_is_the_champion(fresh: World):
    """Its model is rebuilt from its commit; a worse candidate is refused, and the summary says what was not done."""
    base = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    fresh.set(train__max_iter=20)
    fresh.commit("Hurry")

    done = fresh.run("make", "--silent", "model", f"BASE={base}", BASE=base)

    assert f"champion-from: champion is the model of commit {base[:12]}" in done.stdout
    assert " to the champion's mae, at least " in done.stdout
    gate = fresh.run("make", "--silent", "gate", check=False, GITHUB_OUTPUT="output.txt")
    assert (gate.returncode, "refused: worse" in gate.stdout) == (2, True)
    assert (fresh.path / "output.txt").read_text() == "decision=reject\n"
    told = fresh.pipeline("report").stdout
    assert "## refused: worse" in told
    assert f"| holdout | candidate | champion {base[:7]} | naive |" in told
    assert f"config: v2; since {base[:7]}: train.max_iter 300 → 20" in told
    assert not (fresh.path / "mlflow.db").exists()

    refused = fresh.run("dvc", "repro", check=False)
    assert f"judged against the model of commit {base[:7]}, which no registry knows" in refused.stderr
    assert fresh.registered()["runs"] == []
    page = (fresh.path / "reports/report.html").read_text()
    assert page.count('role="tab"') == page.count('role="tabpanel"') == 7
    assert "http" not in page.replace("http://127.0.0.1", "")


@pytest.mark.slow
def test_a_commit_that_does_not_run_is_passed_over(fresh: World):
    """The nearest one before is compared with; a commit that there is not leaves the naive model."""
    good = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    (fresh.path / "params.yaml").write_text("broken")
    fresh.commit("Broken")
    fresh.run("git", "rm", "-r", "--quiet", "--cached", "pipelines", ".dvc")
    fresh.run("git", "commit", "--quiet", "--message", "No pipeline at all")

    done = fresh.pipeline("champion-from", "HEAD")
    assert done.returncode == 0, done.stderr
    found = done.stdout

    assert "gives no champion: " in found
    assert f"champion is the model of commit {good[:12]}" in found
    assert f"champion is the model of commit {good[:12]}" in fresh.pipeline("champion-from", "0" * 40).stdout
    assert "'mian' is no commit of this clone" in fresh.pipeline("champion-from", "mian").stderr


def test_a_registry_knows_the_champion_better(world: World):
    """Nothing is rebuilt where one remembers, and what was rebuilt before counts no more."""
    (world.path / "data/5-baseline/stand-in").mkdir()

    done = world.pipeline("champion-from", "HEAD")

    assert (done.returncode, "mlflow.db exists, and its champion counts" in done.stderr) == (65, True)
    assert "'mian' is no commit of this clone" in world.pipeline("champion-from", "mian").stderr
    assert "is champion, it replaced nobody" in world.repro("baseline")


@pytest.mark.slow
def test_who_asks_makes_no_registry(fresh: World):
    """An empty one would be taken for a registry that knows of nobody."""
    for asked in (["history"], ["lineage"], ["monitor"], ["why"], ["rollback", "--yes", "--reason", "because"]):
        done = fresh.pipeline(*asked)

        assert (done.returncode, "there is no champion yet" in done.stderr) == (1, True), asked
    assert not (fresh.path / "mlflow.db").exists()


@pytest.mark.slow
def test_what_does_not_meet_the_floors_is_no_base(fresh: World):
    """Else CI would compare with a model that was refused."""
    good = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    fresh.set(evaluate__limits={"mae": [1.0, 2.0]})
    fresh.commit("Nothing is good enough")

    found = fresh.pipeline("champion-from", "HEAD").stdout

    assert "gives no champion: its verdict is refused: a rule: mae is " in found
    assert f"champion is the model of commit {good[:12]}" in found


def test_before_the_first_commit_there_is_nobody_to_face(fresh: World):
    """A new repository: the naive model is all there is."""
    fresh.run("git", "checkout", "--quiet", "--orphan", "new")
    fresh.run("git", "commit", "--quiet", "--message", "All in one")

    before = fresh.path / "data/5-baseline/stand-in"
    before.mkdir()

    assert "the candidate faces the naive model only" in fresh.pipeline("champion-from", "0" * 40).stdout
    assert not before.exists()


@pytest.mark.weekly
def test_the_base_has_its_own_packages(fresh: World):
    """Else a new lock would be compared with itself. Of one that cannot be set up nobody knows its champion."""
    lock = fresh.path / "requirements.lock"
    now = lock.read_text()
    lock.write_text("# of before\n" + now)
    there = 'import sys\nif "pipeline-" not in sys.prefix:\n    sys.exit("in the wrong environment")\n\n\ndef train('
    fresh.edit("engine/src/champion/train/train.py", "def train(", there)
    fresh.commit("Other packages")
    older = fresh.run("git", "rev-parse", "HEAD").stdout.strip()
    params = (fresh.path / "params.yaml").read_text()
    (fresh.path / "params.yaml").write_text("broken")
    fresh.commit("Same packages, and broken")
    (fresh.path / "params.yaml").write_text(params)
    fresh.run("git", "checkout", "--quiet", "HEAD~2", "--", "pipelines/stages")
    lock.write_text(now)
    fresh.commit("The packages of today")

    done = fresh.pipeline("champion-from", "HEAD^")

    assert done.stdout.count("has other packages; its environment is being built") == 1  # for two commits
    assert f"champion is the model of commit {older[:12]}" in done.stdout

    lock.write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    fresh.commit("Packages that there are not")
    lock.write_text(now)
    fresh.commit("The packages of today")
    done = fresh.pipeline("champion-from", "HEAD^")
    assert done.returncode == 65
    assert "its environment cannot be set up from its requirements.lock" in done.stderr
    assert fresh.json("data/5-baseline/stand-in/identity.json")["unknown"]
