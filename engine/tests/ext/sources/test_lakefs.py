"""lakeFS: a delivery is the last commit that changed the files."""

from collections.abc import Iterator

import pytest
from lake import Lake, lakefs_server

from champion.core.errors import PipelineError
from champion.core.source import OutOfReach
from champion.ext.sources.lakefs import LakeFS

SALES = LakeFS("lakefs://repo/main/sales.csv")


@pytest.fixture
def lake(s3, monkeypatch) -> Iterator[Lake]:
    """A branch with one commit of two rows."""
    with lakefs_server(s3) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.commit("the first two", sales_csv=b"day,sold\n2026-01-02,7\n2026-01-01,08\n")
        yield server


def test_rows_come_as_text_in_an_order_of_their_own(lake, params):
    """Whatever the order in the file; 08 stays 08."""
    rows = SALES.read(SALES.state(params))

    assert rows.to_dict("list") == {"day": ["2026-01-01", "2026-01-02"], "sold": ["08", "7"]}


def test_a_commit_of_other_files_is_no_new_delivery(lake, params):
    """The branch moves on all the time."""
    first = SALES.state(params)

    lake.commit("something else", other_csv=b"a\n1\n")
    after_another = SALES.state(params)
    second = lake.commit("more", sales_csv=b"day,sold\n2026-01-03,9\n")

    assert first == after_another
    assert SALES.state(params).splitlines() == [f"lakeFS repo/sales.csv@{second[:16]}", f"main, commit {second}: more"]


def test_a_delivery_of_before_is_read_from_its_commit(lake, params):
    """The branch has moved on."""
    first = SALES.state(params)
    lake.commit("more", sales_csv=b"day,sold\n2026-01-03,9\n")

    assert len(SALES.read(first)) == 2


def test_a_folder_is_all_of_its_files(lake, params):
    """One below the other; what is no table is left."""
    lake.commit(
        "by month",
        sales__b_csv=b"day,sold\n2026-02-01,1\n",
        sales__a_csv=b"day,sold\n2026-01-01,2\n",
        sales__note_md=b"#",
    )
    folder = LakeFS("lakefs://repo/main/sales/")

    assert folder.read(folder.state(params))["day"].tolist() == ["2026-01-01", "2026-02-01"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (LakeFS("lakefs://repo/main/sold.csv"), "lakeFS repo/sold.csv: no commit of main has sold.csv."),
        (LakeFS("lakefs://repo/mian/sales.csv"), "the server has no lakefs://repo/mian/sales.csv; correct SOURCE"),
        (
            LakeFS("s3://repo/main/sales.csv"),
            "has 's3://repo/main/sales.csv'; lakefs://repository/branch/path is expected.",
        ),
    ],
    ids=["no such file", "no such branch", "another address"],
)
def test_what_is_not_there_is_named(lake, params, source, said):
    """In one message, with what to correct."""
    with pytest.raises(PipelineError) as error:
        source.state(params)

    assert said in str(error.value)


def test_a_commit_that_is_gone_is_in_dvc(lake, params):
    """Garbage collection, or another repository of the same name."""
    with pytest.raises(
        PipelineError, match=r"commit 0123456789abcdef or its files are gone\. What was taken from it is in DVC"
    ):
        SALES.read("lakeFS repo/sales.csv@0123456789abcdef\nmain, commit 0123456789abcdef0123: gone")


def test_wrong_credentials_are_no_missing_server(lake, params, monkeypatch):
    """A delivery of before must not stay for ever because a password has expired."""
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY", "another")

    with pytest.raises(PipelineError, match="may not be read with these credentials") as error:
        SALES.state(params)

    assert not isinstance(error.value, OutOfReach)


def test_a_server_that_is_down_is_out_of_reach(lake, params, monkeypatch):
    """The delivery of before can stay."""
    monkeypatch.setenv("LAKECTL_SERVER_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(OutOfReach, match=r"lakeFS repo/sales\.csv does not answer"):
        SALES.state(params)


def test_a_promotion_releases_the_data_of_the_champion(lake, params):
    """The gate and the data together: main gets the very commit that was trained on, not what came after."""
    candidate = LakeFS("lakefs://repo/candidate/sales.csv", release="main")
    lake.commit("better rows", branch="candidate", sales_csv=b"day,sold\n2026-01-03,9\n")
    state = candidate.state(params)
    lake.commit("not judged yet", branch="candidate", sales_csv=b"day,sold\n2026-01-04,1\n")

    before = SALES.read(SALES.state(params))
    said = candidate.released(state)
    after = SALES.read(SALES.state(params))

    assert said == f"lakeFS repo/sales.csv: commit {state.splitlines()[0].partition('@')[2]} was merged into main"
    assert before["sold"].tolist() == ["08", "7"]
    assert after["sold"].tolist() == ["9"]


def test_without_a_branch_to_release_to_nothing_is_merged(lake, params):
    """Most read main itself."""
    assert SALES.released(SALES.state(params)) == ""


def test_a_release_to_a_branch_that_is_not_there_is_told(lake, params):
    """Whoever promoted can merge by hand."""
    with pytest.raises(PipelineError, match="the server has no"):
        LakeFS("lakefs://repo/main/sales.csv", release="nowhere").released(
            "lakeFS repo/sales.csv@0\nmain, commit 0123: gone"
        )
