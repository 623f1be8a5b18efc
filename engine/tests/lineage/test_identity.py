"""Versions are counted in the git history: the same content has the same number, for everybody."""

import subprocess

import pytest
import samples

from champion.core.errors import PipelineError
from champion.lineage import identity, provenance
from champion.lineage.identity import Identity, Number, Numbers


def lock(data, source="5ou4ce.dir"):
    return (
        f"schema: '2.0'\nstages:\n  ingest:\n    deps:\n    - path: data/0-source\n      md5: {source}\n"
        f"    outs:\n    - path: data/1-ingest\n      md5: {data}\n  train:\n    outs:\n    - path: x\n      md5: y\n"
    )


def files(code="1", data="a.dir", seed=7, as_of="2018-09-30"):
    return {
        "pipelines/code.py": f"x = {code}\n",
        "dvc.lock": lock(data),
        "params.yaml": f"ingest:\n  as_of: '{as_of}'\ntrain:\n  seed: {seed}\n",
        "requirements.lock": "numpy==2.1.0\n",
    }


@pytest.fixture
def project(repository):
    """A repository that begins with v1 of everything."""
    repository.commit("Start", **files())
    return repository


def numbers():
    """Return the numbers of what is on disk now: code, data, config."""
    found = identity.numbers(identity.current())
    return tuple(str(part) for part in (found.code, found.data, found.config))


def test_the_first_content_is_v1(project):
    """People count from one."""
    assert numbers() == ("v1", "v1", "v1")


def test_each_part_has_its_own_number(project):
    """A commit that changes one part counts for this one."""
    project.commit("Code", **files(code="2"))
    project.commit("Code", **files(code="3"))
    project.commit("Data", **files(code="3", data="b.dir"))
    project.commit("Notes", **{"README.md": "x"})

    assert numbers() == ("v3", "v2", "v1")


def test_the_config_without_the_day_of_the_data_is_a_version(project):
    """`ingest` says what data is taken, and that has its own number; comments and order say nothing."""
    project.commit("Day", **files(as_of="2018-10-31"))
    assert numbers() == ("v1", "v1", "v1")

    project.commit("Order", **{"params.yaml": "train: {seed: 7}  # as ever\ningest: {}\n"})
    assert numbers() == ("v1", "v1", "v1")

    project.commit("Seed", **files(seed=8))
    assert numbers() == ("v1", "v1", "v2")


def test_content_that_came_back_has_its_old_number(project):
    """A revert makes no new version, and the next new content takes the next free number."""
    project.commit("Try", **files(code="2", data="b.dir", seed=8))
    project.commit("Revert", **files())
    assert numbers() == ("v1", "v1", "v1")

    project.commit("Try again", **files(code="2", data="b.dir", seed=8))
    assert numbers() == ("v2", "v2", "v2")

    project.commit("Go on", **files(code="3", data="c.dir", seed=9))
    assert numbers() == ("v3", "v3", "v3")


def test_what_is_not_committed_is_dirty(project):
    """Its number is that of the newest version, and says that it is none."""
    project.commit("Code", **files(code="2"))
    project.write(**files(code="3", data="b.dir", seed=8))

    assert numbers() == ("v2+dirty", "v1+dirty", "v1+dirty")


def test_a_new_file_makes_the_code_dirty(project):
    """Python would import it."""
    project.write(**{"pipelines/new.py": "x = 1\n"})

    assert numbers() == ("v1+dirty", "v1", "v1")


def test_old_content_on_disk_has_its_number_even_if_not_committed_there(project):
    """`git checkout v1 -- pipelines` is v1, not something new."""
    project.commit("Code", **files(code="2", data="b.dir", seed=8))
    project.write(**files())

    assert numbers() == ("v1", "v1", "v1")


def test_before_the_first_commit_everything_is_dirty(repository):
    """There is no version yet."""
    repository.write(**files())

    assert numbers() == ("v0+dirty", "v0+dirty", "v0+dirty")


def test_a_merged_branch_counts_once(project):
    """What was tried on the branch is nobody's version on main; the merge is."""
    project.git("switch", "--quiet", "--create", "idea")
    project.commit("Idea", **files(code="20"))
    project.commit("Idea", **files(code="21"))
    project.commit("Idea", **files(code="22"))
    project.git("switch", "--quiet", "main")
    project.commit("Meanwhile", **files(data="b.dir"))
    project.git("merge", "--quiet", "--no-ff", "--no-edit", "idea")

    assert numbers() == ("v2", "v2", "v1")


def test_a_branch_goes_on_counting_where_it_left(project):
    """Its own numbers, until it is merged."""
    project.git("switch", "--quiet", "--create", "idea")
    project.commit("Idea", **files(code="20"))
    assert numbers()[0] == "v2"

    project.git("switch", "--quiet", "main")
    project.commit("Other", **files(code="30"))
    assert numbers()[0] == "v2"

    project.git("switch", "--quiet", "idea")
    assert numbers()[0] == "v2"


def test_every_full_clone_has_the_same_numbers(project, tmp_path, monkeypatch):
    """A colleague says v3 and means v3."""
    for count in range(2, 5):
        project.commit("Go on", **files(code=str(count), data=f"{count // 2}.dir"))
    here = numbers()
    project.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")

    assert numbers() == here == ("v4", "v3", "v1")


def test_a_shallow_clone_is_an_error_that_says_what_to_do(project, tmp_path, monkeypatch):
    """Without its history every content would be v1."""
    project.commit("Code", **files(code="2"))
    project.git("clone", "--quiet", "--depth", "1", f"file://{project.path}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")

    with pytest.raises(PipelineError, match=r"shallow, so versions cannot be numbered.*`fetch-depth: 0`"):
        numbers()

    subprocess.run(["git", "fetch", "--quiet", "--unshallow"], check=True)
    assert numbers() == ("v2", "v1", "v1")


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"dvc.lock": "<<<<<<< HEAD\n", "params.yaml": "train:\n\tseed: 7\n"}, id="not YAML"),
        pytest.param({"dvc.lock": "", "params.yaml": ""}, id="empty"),
        pytest.param({"dvc.lock": "[]\n", "params.yaml": "7\n"}, id="no mapping"),
        pytest.param({"dvc.lock": "schema: '2.0'\nstages:\n", "params.yaml": "train:\n"}, id="nothing within"),
        pytest.param({"dvc.lock": "stages: {ingest: {cmd: x}}\n", "params.yaml": "on: 1\ntrain: 2\n"}, id="other keys"),
        pytest.param({"dvc.lock": b"\xff\xfe", "params.yaml": b"\xff\xfe"}, id="not UTF-8"),
    ],
)
def test_a_broken_commit_in_the_history_is_passed_over(project, broken):
    """It happens once, is repaired in the next commit, and stays in the history forever."""
    project.commit("Break", **broken)
    project.commit("Repair", **files(data="b.dir", seed=8))

    found = identity.numbers(identity.current())

    assert (found.code, found.data) == (Number(1, dirty=False), Number(2, dirty=False))
    assert not found.config.dirty
    assert commit_with("b.dir") == project.git("rev-parse", "HEAD")


def test_parts_that_were_recorded_elsewhere_are_counted_here(project):
    """A run on record remembers contents; this history has their numbers."""
    recorded = identity.current()
    project.commit("Go on", **files(code="2", data="b.dir", seed=8))
    unheard = Identity(code="0" * 40, data="z.dir", config="0", environment="0")

    assert identity.numbers(recorded) == Numbers(Number(1, dirty=False), Number(1, dirty=False), Number(1, dirty=False))
    assert identity.numbers(unheard) == Numbers(Number(2, dirty=True), Number(2, dirty=True), Number(2, dirty=True))


def commit_with(data: str) -> str | None:
    return identity.commits(Identity(code="", data=data, config="", environment=""))["data"]


def test_the_commit_with_the_data_is_the_first_that_has_it(project):
    """Whoever wants the data back goes there."""
    first = project.git("rev-parse", "HEAD")
    second = project.commit("Data", **files(data="b.dir"))
    project.commit("Code", **files(code="2", data="b.dir"))
    project.commit("Back", **files(code="2"))

    assert commit_with("a.dir") == first
    assert commit_with("b.dir") == second


def test_data_that_was_never_committed_has_no_commit(project):
    """Not even if dvc.lock names it on disk."""
    project.write(**files(data="b.dir"))

    assert commit_with("b.dir") is None


def test_equal_inputs_make_an_equal_candidate(project):
    """Whatever the commit; and each of the four makes another one."""
    start = identity.current()
    project.commit("Notes", **{"README.md": "x", "dvc.lock": lock("a.dir", source="0the4.dir")})
    assert identity.current() == start

    found = {start.candidate}
    for other in (
        files(code="2"),
        files(data="b.dir"),
        files(seed=8),
        {**files(), "requirements.lock": "numpy==2.2.0\n"},
    ):
        project.write(**other)
        found.add(identity.current().candidate)
        project.git("checkout", "--quiet", ".")
    assert len(found) == 5


def test_without_ingest_there_is_nothing_to_number(project):
    """Before the first run."""
    project.write(**{"dvc.lock": "schema: '2.0'\nstages: {}\n"})

    with pytest.raises(PipelineError, match=r"dvc\.lock does not know the stage ingest yet\. Run `dvc repro`\."):
        identity.current()


def test_the_provenance_says_where_to_find_it_again(project):
    """Commit, subject, digests and the numbers people use."""
    commit = project.commit("Let it <rain>", **files(code="2", seed=8))
    tree = identity.working_tree()

    made_of = provenance.provenance(tree, samples.counts(), samples.card(), samples.evaluation(), {})

    assert made_of.code.model_dump() == {
        "version": "v2",
        "digest": project.git("rev-parse", "HEAD:pipelines"),
        "commit": commit,
        "subject": "Let it <rain>",
        "uncommitted": [],
    }
    assert (made_of.data.version, made_of.data.digest, made_of.data.uncommitted) == ("v1", "a.dir", [])
    assert (made_of.data.source, made_of.data.source_digest) == ("data/0-source", "5ou4ce.dir")
    assert made_of.config.version == "v2"
    assert made_of.environment.lock == "requirements.lock"
    assert tree.numbers.name == "data v1 · code v2 · config v2"
    assert tree.numbers.committed
    assert tree.tags["uncommitted"] == "nothing"


def test_the_provenance_says_what_came_of_it(project):
    """Both sets of rows, the verdict, and whom it was compared with; nothing of it is a clock or a path of a machine."""
    evaluation = samples.evaluation()

    made_of = provenance.provenance(
        identity.working_tree(), samples.counts(), samples.card(), evaluation, {"train.seed": ("7", "8")}
    )

    assert (made_of.data.rows, made_of.data.source_rows, made_of.data.quarantined) == (40562, 48204, 12)
    assert made_of.config.changed == {"train.seed": ("7", "8")}
    assert (made_of.training.rows, made_of.holdout, made_of.metric) == (29000, evaluation.holdout, "mae")
    assert (made_of.metrics, made_of.verdict, made_of.reasons) == (evaluation.metrics, "reject", evaluation.reasons)
    assert made_of.compared_with == "v7"


def test_a_first_model_was_compared_with_nobody(project):
    """None, so that nobody reads a version into it."""
    tree, first = identity.working_tree(), samples.evaluation(champion=None)

    assert provenance.provenance(tree, samples.counts(), samples.card(), first, {}).compared_with is None


@pytest.mark.parametrize("shown", ["normal", "no", "all"])
def test_what_is_not_committed_is_named(project, shown):
    """New files too, whatever `git status` shows a person; other folders do not count."""
    project.git("config", "status.showUntrackedFiles", shown)
    project.write(**{"pipelines/new.py": "x", "notes.md": "x", "params.yaml": "train:\n  seed: 9\n"})

    assert identity.working_tree().uncommitted == ["params.yaml", "pipelines/new.py"]


def test_the_diff_holds_what_makes_the_candidate(project):
    """Code, params, flow and lock; the rest of the folder stays private."""
    project.write(**{"pipelines/new.py": "new\n", "dvc.yaml": "stages: {}\n", "notes.md": "secret\n"})

    found = identity.uncommitted_diff()

    assert b"+new" in found
    assert b"dvc.yaml" in found
    assert b"secret" not in found


@pytest.mark.parametrize(
    ("variables", "page"),
    [
        ({}, ""),
        ({"CI_JOB_URL": "https://gitlab/-/jobs/7"}, "https://gitlab/-/jobs/7"),
        (
            {"GITHUB_SERVER_URL": "https://github", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"},
            "https://github/a/b/actions/runs/7",
        ),
    ],
    ids=["at home", "GitLab", "GitHub"],
)
def test_a_job_has_a_page(monkeypatch, variables, page):
    """The history links to it."""
    for name in ("CI_JOB_URL", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert identity.job_url() == page
