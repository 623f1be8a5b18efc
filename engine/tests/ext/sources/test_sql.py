"""A database: a delivery is the number of rows and the last change, of the days up to as_of."""

from collections.abc import Iterator

import pytest
from servers import postgresql
from sqlalchemy import create_engine, text

from champion.core.errors import PipelineError
from champion.core.source import OutOfReach
from champion.ext.sources.sql import Sql

SALES = Sql("sales", changed="changed_at", day="day")
TABLE = """
create table sales (day date, shop varchar(9), sold numeric(9, 2), open boolean, id bigint, changed_at timestamp);
insert into sales values ('2026-01-02', '007', 7.50, true, 9007199254740993, '2026-01-02 20:00:00');
insert into sales values ('2026-01-01', '007', null, false, 1, '2026-01-01 20:00:00');
insert into sales values ('2027-01-01', '007', 1, true, 2, '2027-01-01 20:00:00')
"""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A real PostgreSQL."""
    with postgresql() as address:
        yield address


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request, tmp_path, monkeypatch) -> str:
    """The table of sales in a database of each kind."""
    sqlite = request.param == "sqlite"
    address = f"sqlite:///{tmp_path / 'sales.db'}" if sqlite else request.getfixturevalue("server")
    run(address, "drop table if exists sales", *TABLE.strip().split(";\n"))
    monkeypatch.setenv("DATABASE", address)
    return address


def run(address: str, *statements: str) -> None:
    with create_engine(address).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_rows_come_as_text_in_an_order_of_their_own(database, params):
    """Whole numbers are exact, nothing is an empty text, rows of later days are not of the delivery."""
    rows = SALES.read(SALES.state(params))

    assert rows["day"].str[:10].tolist() == ["2026-01-01", "2026-01-02"]
    assert rows["shop"].tolist() == ["007", "007"]
    assert rows["id"].tolist() == ["1", "9007199254740993"]
    assert rows["sold"].tolist()[0] == ""
    assert float(rows["sold"].tolist()[1]) == 7.5


def test_the_state_counts_the_rows_up_to_as_of(database, params):
    """Rows of later days come in all the time."""
    before = SALES.state(params)
    run(database, "update sales set sold = 2, changed_at = '2027-01-02 20:00:00' where day = '2027-01-01'")

    assert before.startswith("SQL sales to 2026-12-31, 2 rows, the last change at 2026-01-02 20:00:00")
    assert SALES.state(params) == before


@pytest.mark.parametrize(
    "change",
    [
        "update sales set sold = 8, changed_at = '2026-02-01 20:00:00' where day = '2026-01-02'",
        "delete from sales where day = '2026-01-01'",
        "insert into sales values ('2026-01-03', '007', 1, true, 3, '2026-01-03 20:00:00')",
    ],
    ids=["corrected", "deleted", "added"],
)
def test_rows_that_changed_between_the_two_questions_stop(database, params, change):
    """Else the state would name other rows than were taken; those of before are in DVC."""
    before = SALES.state(params)
    run(database, change)

    assert SALES.state(params) != before
    with pytest.raises(
        PipelineError, match=r"SQL sales has changed: it was .*`dvc repro` takes it as it is now\. What was taken"
    ):
        SALES.read(before)


@pytest.mark.parametrize(
    ("source", "said"),
    [(Sql("sold", changed="changed_at"), "sold"), (Sql("sales", changed="changed"), "changed")],
    ids=["table", "column"],
)
def test_what_the_database_does_not_have_is_named(database, params, source, said):
    """In its own words, and where to correct it."""
    with pytest.raises(PipelineError) as error:
        source.state(params)

    assert f"SQL {source.table} cannot be read: " in str(error.value)
    assert said in str(error.value).partition("cannot be read: ")[2]
    assert "Correct SOURCE in pipelines/problem/source.py" in str(error.value)
    assert not isinstance(error.value, OutOfReach)


def test_an_address_that_is_not_set_is_named(params, monkeypatch):
    """With an example of one."""
    monkeypatch.delenv("DATABASE", raising=False)

    with pytest.raises(PipelineError, match="the environment variable DATABASE is not set"):
        SALES.state(params)


@pytest.mark.parametrize(
    ("address", "said"),
    [("oracle://there", "cannot be read"), ("postgres://there", "cannot be read"), ("no address", "cannot be read")],
    ids=["no driver", "an old name", "no address"],
)
def test_an_address_that_cannot_be_used_is_said(params, monkeypatch, address, said):
    """Whatever SQLAlchemy says of it."""
    monkeypatch.setenv("DATABASE", address)

    with pytest.raises(PipelineError, match=said):
        SALES.state(params)


def test_a_database_that_is_down_is_out_of_reach(params, monkeypatch):
    """The delivery of before can stay."""
    monkeypatch.setenv("DATABASE", "postgresql+psycopg2://mlflow@127.0.0.1:1/postgres")

    with pytest.raises(OutOfReach, match=r"SQL sales does not answer: .*Connection refused"):
        SALES.state(params)
