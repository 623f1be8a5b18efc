"""Delta Lake: a delivery is the last version in which rows changed."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from champion.core.errors import PipelineError
from champion.core.source import OutOfReach, unanswered
from champion.ext.sources.delta import Delta

ROWS = pa.table({"day": [date(2026, 1, 2), date(2026, 1, 1)], "sold": [Decimal("7.50"), None], "open": [True, False]})
FIRST = re.compile(r"Delta orders@0\nWRITE at 2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ\ntable [0-9a-f-]{36}")


@pytest.fixture
def orders(tmp_path) -> Delta:
    """A table with one version of two rows, in a folder."""
    write_deltalake(str(tmp_path / "orders"), ROWS)
    return Delta(str(tmp_path / "orders"))


def tidied(orders: Delta) -> None:
    """Compact the table, and delete the files that it had before."""
    DeltaTable(orders.table).optimize.compact()
    DeltaTable(orders.table).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def test_rows_come_as_text_in_an_order_of_their_own(orders, params):
    """Decimals keep their digits; nothing is an empty text."""
    rows = orders.read(orders.state(params))

    assert rows.to_dict("list") == {
        "day": ["2026-01-01", "2026-01-02"],
        "sold": ["", "7.50"],
        "open": ["false", "true"],
    }


def test_the_state_says_version_commit_and_table(orders, params):
    """A table that was deleted and made anew has versions of the same numbers."""
    assert FIRST.fullmatch(orders.state(params))


def test_tidying_up_is_no_new_delivery(orders, params):
    """Compaction and vacuum make versions in which no row changed, and take the files of before away."""
    write_deltalake(orders.table, ROWS, mode="append")
    before = orders.state(params)

    tidied(orders)

    assert DeltaTable(orders.table).version() > 1
    assert orders.state(params) == before
    assert len(orders.read(before)) == 4


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_rows_written_are_a_new_delivery_and_the_one_before_can_be_read(orders, params, mode):
    """Also while the table moves on between the two questions."""
    before = orders.state(params)
    write_deltalake(orders.table, ROWS, mode=mode)

    assert orders.state(params).startswith("Delta orders@1\n")
    assert len(orders.read(before)) == 2


def test_another_schema_is_another_delivery(orders, params):
    """Its new column comes as text as well; rows of before have none."""
    write_deltalake(orders.table, ROWS.append_column("sort", [["a", "b"]]), mode="append", schema_mode="merge")

    assert orders.read(orders.state(params))["sort"].tolist() == ["", "b", "", "a"]


@pytest.mark.parametrize(
    ("fixed", "version"), [({"version": 0}, 0), ({"time": "2999-01-01"}, 1), ({}, 1)], ids=["number", "time", "newest"]
)
def test_a_version_is_fixed_by_number_or_time(orders, params, fixed, version):
    """Or it is the newest."""
    write_deltalake(orders.table, ROWS, mode="append")

    assert Delta(orders.table, **fixed).state(params).startswith(f"Delta orders@{version}\n")


@pytest.mark.parametrize(
    ("fixed", "said"),
    [
        ({"version": 9}, "Delta orders has no version 9: its log goes from 0 to 0. Correct SOURCE in"),
        ({"time": "2001-01-01T06:00Z"}, "Delta orders has no version of 2001-01-01T06:00Z: its oldest, 0, is of 2"),
        ({"time": "yesterday"}, "has time='yesterday'; ISO 8601 is expected"),
    ],
    ids=["beyond the last", "before the first", "no time"],
)
def test_a_version_that_there_is_not_is_named(orders, params, fixed, said):
    """With those that there are."""
    with pytest.raises(PipelineError) as error:
        Delta(orders.table, **fixed).state(params)

    assert said in str(error.value)


def test_a_version_whose_files_were_vacuumed_is_in_dvc(orders, params):
    """The log still has it."""
    before = orders.state(params)
    write_deltalake(orders.table, ROWS, mode="overwrite")
    tidied(orders)

    with pytest.raises(
        PipelineError, match=r"Delta orders@0 is in the log, and its files are gone \(part-.*DVC: `dvc checkout ingest`"
    ):
        orders.read(before)


def test_a_table_made_anew_is_another(orders, params, tmp_path):
    """Its version 0 is not the version 0 of before."""
    before = orders.state(params)
    (tmp_path / "orders").rename(tmp_path / "old")
    write_deltalake(orders.table, ROWS)

    assert orders.state(params) != before
    with pytest.raises(PipelineError, match="Delta orders was made anew"):
        orders.read(before)


def test_a_column_of_lists_is_named(tmp_path, params):
    """Models take none."""
    write_deltalake(str(tmp_path / "orders"), pa.table({"day": ["2026-01-01"], "parts": [["a", "b"]]}))
    orders = Delta(str(tmp_path / "orders"))

    with pytest.raises(PipelineError, match="Delta orders: the column parts is of type list"):
        orders.read(orders.state(params))


@pytest.fixture
def shared(s3, monkeypatch) -> Delta:
    """The same table on a real S3 server, asked by who may write."""
    for name, value in s3.as_("writer").items():
        monkeypatch.setenv(name, value)
    write_deltalake("s3://store/orders", ROWS, mode="overwrite")
    return Delta("s3://store/orders")


def test_a_table_on_s3_is_read_by_who_may_only_read(shared, params, s3, monkeypatch):
    """As jobs of CI may."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.as_("reader")["AWS_SECRET_ACCESS_KEY"])

    assert len(shared.read(shared.state(params))) == 2


@pytest.mark.parametrize(
    ("table", "changed", "said"),
    [
        ("s3://store/order", {}, "Delta order: there is no table of Delta Lake at s3://store/order."),
        ("s3://shop/orders", {}, "Delta orders (s3://shop/orders) does not exist: 404 Not Found."),
        (
            "s3://store/orders",
            {"AWS_ACCESS_KEY_ID": "nobody"},
            "may not be read with these credentials: 403 Forbidden.",
        ),
        (
            "s3://store/orders",
            {"AWS_SECRET_ACCESS_KEY": "old"},
            "may not be read with these credentials: 403 Forbidden.",
        ),
    ],
    ids=["no such table", "no such bucket", "nobody", "another secret"],
)
def test_what_s3_refuses_is_one_sentence(shared, params, monkeypatch, table, changed, said):
    """And the delivery of before does not stay for ever because a password has expired."""
    for name, value in changed.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(PipelineError) as error:
        Delta(table).state(params)

    assert said in str(error.value)
    assert not isinstance(error.value, OutOfReach)


def test_a_server_that_is_down_is_out_of_reach(shared, params, monkeypatch):
    """The delivery of before can stay."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(OutOfReach, match=r"Delta orders \(s3://store/orders\) does not answer"):
        shared.state(params)


@pytest.mark.parametrize(
    "said", ["GET http://127.0.0.1:403/signature in 2.640319s", "GET s3://a/b in 401.5s", "in 403ms, after 10 retries"]
)
def test_digits_of_a_clock_or_an_address_are_no_refusal(said):
    """Else one failure in sixty to reach S3 stopped the pipeline as if a password were wrong."""
    assert isinstance(unanswered("Delta orders", OSError(f"{said} - connection refused")), OutOfReach)


def test_a_number_that_is_none_is_nothing(tmp_path, params):
    """pandas writes a missing number as NaN; a text of it would go to quarantine."""
    write_deltalake(str(tmp_path / "orders"), pa.table({"sold": [1.5, float("nan"), None]}))
    orders = Delta(str(tmp_path / "orders"))

    assert orders.read(orders.state(params))["sold"].tolist() == ["", "", "1.5"]


def test_a_log_that_is_broken_is_not_out_of_reach(orders, params):
    """Else the delivery of before would stay for ever."""
    next((Path(orders.table) / "_delta_log").glob("*.json")).write_text('{"protocol":{"minReaderVersion":9}}\n')

    with pytest.raises(PipelineError, match=r"Delta orders .* cannot be read: ") as error:
        orders.state(params)

    assert not isinstance(error.value, OutOfReach)
