"""Rows from Delta Lake, lakeFS and a database: one line switches, and `dvc repro` runs when rows changed and not otherwise."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pytest
from conftest import PROBLEMS, PROJECT, World, copy_of_project
from deltalake import DeltaTable, write_deltalake
from lake import lakefs_server, read_from
from servers import postgresql, seaweedfs
from sqlalchemy import create_engine, text

STORES = PROBLEMS / "stores/data/0-source/stores.csv"
STAGE = re.findall(r"^    (dvc stage add [^\n]+)$", (PROJECT / "docs/sources.md").read_text(), re.MULTILINE)[0]
KINDS = {"day": pa.date32(), "sales": pa.decimal128(12, 2), "customers": pa.int64()}


@dataclass(frozen=True)
class Kept:
    """A system that keeps the sales of some stores: what to write for it, what it calls them, and ways to change them."""

    module: str
    source: str  # what is assigned to SOURCE
    first: str  # what it calls the first delivery, a pattern
    second: str
    environment: dict[str, str]
    touch: Callable[[], None]  # something that changes no row
    correct: Callable[[], None]  # a correction of some rows


def typed(rows: pd.DataFrame) -> pa.Table:
    """Return rows as a system keeps them: days as days, numbers as numbers."""
    table = pa.Table.from_pandas(rows.replace("", None), preserve_index=False)
    return pa.table(
        {name: table[name].cast(KINDS.get(name, table.schema.field(name).type)) for name in table.column_names}
    )


@pytest.fixture
def rows() -> pd.DataFrame:
    """The sample, each store and day once."""
    return pd.read_csv(STORES, dtype=str, keep_default_na=False).drop_duplicates(["store", "day"], keep="last")


@pytest.fixture
def delta(tmp_path, rows) -> Iterator[Kept]:
    """Delta Lake on an S3 server."""
    with seaweedfs(tmp_path / "s3") as server:
        environment = server.as_("writer")
        options, table = environment, "s3://store/lake/sales"
        write_deltalake(table, typed(rows), storage_options=options)

        def compact() -> None:
            opened = DeltaTable(table, storage_options=options)
            opened.optimize.compact()
            opened.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

        def correct() -> None:
            DeltaTable(table, storage_options=options).update(updates={"sales": "1"}, predicate="store = '007'")

        yield Kept("delta", f'Delta("{table}")', r"Delta sales@0", r"Delta sales@\d", environment, compact, correct)


@pytest.fixture
def lakefs(tmp_path, rows) -> Iterator[Kept]:
    """lakeFS, its objects on an S3 server."""
    with seaweedfs(tmp_path / "s3") as s3, lakefs_server(s3) as lake:
        lake.commit("the first", sales_csv=rows.to_csv(index=False).encode())

        def touch() -> None:
            lake.commit("another file", shops_csv=b"shop\n007\n")

        def correct() -> None:
            corrected = rows.assign(sales=rows["sales"].where(rows["store"] != "007", "1"))
            lake.commit("a correction", sales_csv=corrected.to_csv(index=False).encode())

        called = r"lakeFS repo/sales\.csv@[0-9a-f]{16}"
        source = 'LakeFS("lakefs://repo/main/sales.csv")'
        yield Kept("lakefs", source, called, called, lake.environment, touch, correct)


@pytest.fixture
def sql(rows) -> Iterator[Kept]:
    """A database of PostgreSQL."""
    with postgresql() as address:
        engine = create_engine(address)
        typed_rows = typed(rows).to_pandas()
        typed_rows.assign(changed_at=pd.to_datetime(typed_rows["day"])).to_sql("sales", engine, index=False)

        def run(statement: str) -> None:
            with engine.begin() as connection:
                connection.execute(text(statement))

        yield Kept(
            "sql",
            'Sql("sales", changed="changed_at", day="day")',
            r"SQL sales to 2017-06-30, [\d,]+ rows, the last change at 2017-06-30 00:00:00",
            r"SQL sales to 2017-06-30, [\d,]+ rows, the last change at 2030-01-01 00:00:00",
            {"DATABASE": address},
            lambda: run("analyze sales"),
            lambda: run("update sales set sales = 1, changed_at = '2030-01-01' where store = '007'"),
        )
        engine.dispose()


def switch(world: World, kept: Kept) -> None:
    """Write the one line in place of FILE and `read`, as docs/sources.md says, and add the stage that asks."""
    kind = kept.source.partition("(")[0]
    read_from(world, f"from champion.ext.sources.{kept.module} import {kind}", f"SOURCE = {kept.source}")
    (world.path / "data/0-source/stores.csv").unlink()
    world.run("bash", "-c", STAGE)
    world.commit("Take the rows from where they are kept")


@pytest.mark.slow
@pytest.mark.parametrize(
    "system", ["delta", *(pytest.param(name, marks=pytest.mark.weekly) for name in ("lakefs", "sql"))]
)
def test_a_system_that_keeps_versions_is_one_line(request, tmp_path, system):
    """Lineage names its version; what changed no row trains nothing; a champion of before is rebuilt from the rows it had."""
    kept: Kept = request.getfixturevalue(system)
    world = copy_of_project(tmp_path / "world", "stores")
    switch(world, kept)
    world.repro(**kept.environment)
    world.commit("First champion")

    kept.touch()
    untouched = world.repro(**kept.environment)
    lineage = world.pipeline("lineage").stdout
    kept.correct()
    corrected = world.repro("features", **kept.environment)
    state = (world.path / "data/0-source/state").read_text()
    rebuilt = world.pipeline("reproduce", "1", **kept.environment)

    assert "Stage 'ingest' didn't change" in untouched
    assert re.match(rf"Model v1 was trained on Data v1 \({kept.first}\), using Code v\d+, with Config v1\n", lineage), (
        lineage
    )
    assert "Running stage 'ingest'" in corrected
    assert re.match(kept.second, state)
    assert "v1 was reproduced exactly" in rebuilt.stdout, rebuilt.stdout + rebuilt.stderr


@pytest.mark.slow
def test_out_of_reach_the_delivery_of_before_stays(tmp_path, delta):
    """Offline, and in a job without credentials for the lake: said, and nothing is trained; a new day needs the rows."""
    world = copy_of_project(tmp_path / "world", "stores")
    switch(world, delta)
    offline = delta.environment | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}

    never_asked = world.repro("features", check=False, **offline)
    world.repro("features", **delta.environment)
    went_on = world.repro("features", **offline)
    shutil.rmtree(world.path / ".dvc/cache")
    shutil.rmtree(world.path / "data/1-ingest")
    lost = world.repro("features", check=False, **offline)

    assert "source: Delta sales (s3://store/lake/sales) does not answer" in never_asked
    assert "Going on with the delivery of before: Delta sales@0" in went_on
    assert "Stage 'ingest' didn't change" in went_on
    assert "ingest: Delta sales (s3://store/lake/sales) does not answer" in lost
    assert "Traceback" not in never_asked + went_on + lost


@pytest.mark.slow
def test_predict_reads_a_file_where_the_rows_are_kept_elsewhere(tmp_path, delta, rows):
    """CSV or Parquet, whatever the system has; the same answers."""
    world = copy_of_project(tmp_path / "world", "stores")
    switch(world, delta)
    world.repro(**delta.environment)
    world.commit("First champion")
    asked = rows.tail(20).drop(columns="sales")
    asked.to_csv(world.path / "asked.csv", index=False)
    asked.to_parquet(world.path / "asked.parquet")

    done = [world.pipeline("predict", f"asked.{kind}", f"{kind}.csv") for kind in ("csv", "parquet")]

    assert [each.returncode for each in done] == [0, 0], done
    assert (world.path / "csv.csv").read_bytes() == (world.path / "parquet.csv").read_bytes()


@pytest.mark.slow
def test_predict_reads_and_writes_a_bucket(tmp_path, delta, rows):
    """A file or a folder there; what is not there, or may not be read, is named by its address."""
    world = copy_of_project(tmp_path / "world", "stores")
    world.repro()
    world.commit("First champion")
    asked = rows.tail(20).drop(columns="sales").reset_index(drop=True)
    asked.loc[3, "customers"] = "many"
    store = {"storage_options": {"client_kwargs": {"endpoint_url": delta.environment["AWS_ENDPOINT_URL"]},
                                 "key": "writer", "secret": "secret of writer"}}  # fmt: skip
    asked[:10].to_csv("s3://store/in/1.csv", index=False, **store)
    asked[10:].to_csv("s3://store/in/2.csv", index=False, **store)

    def predict(place: str, **environment: str):
        return world.pipeline("predict", place, "s3://store/out/today.csv", **(delta.environment | environment))

    done, gone = predict("s3://store/in"), predict("s3://store/nowhere.csv")
    denied = predict("s3://store/in", AWS_SECRET_ACCESS_KEY="old")  # noqa: S106
    told, aside = (pd.read_csv(f"s3://store/out/today{kind}.csv", dtype=str, **store) for kind in ("", ".quarantine"))
    again = predict("s3://store/in/2.csv")

    assert (
        "v1 predicted 19 rows, made of the 20 in s3://store/in; 1 row set aside in s3://store/out/today.quarantine.csv:"
        in done.stdout
    )
    assert (len(told), aside["customers"].tolist()) == (19, ["many"])
    assert gone.stderr == "pipeline: s3://store/nowhere.csv does not exist.\n"
    assert "s3://store/in may not be read with these credentials" in denied.stderr
    assert again.stdout == "v1 predicted 10 rows, made of the 10 in s3://store/in/2.csv\n"
    with pytest.raises(FileNotFoundError):
        pd.read_csv("s3://store/out/today.quarantine.csv", **store)


@pytest.mark.weekly
def test_gate_and_data_are_released_together(tmp_path, rows):
    """A candidate's rows reach main when its model is promoted; where that fails, the champion stands and it is said."""
    world = copy_of_project(tmp_path / "world", "stores")
    with seaweedfs(tmp_path / "s3") as s3, lakefs_server(s3) as lake:
        lake.commit("nothing yet", sales_csv=b"store\n")
        lake.commit("this month", branch="candidate", sales_csv=rows.to_csv(index=False).encode())
        source = 'LakeFS("lakefs://repo/candidate/sales.csv", release="main")'
        switch(world, Kept("lakefs", source, "", "", lake.environment, print, print))

        promoted = world.repro(**lake.environment)
        world.commit("First champion")
        world.edit("pipelines/problem/source.py", 'release="main"', 'release="nowhere"')
        world.set(train__learning_rate=0.2, evaluate__mode="replace")
        world.commit("Another candidate")
        unreleased = world.repro(**lake.environment)

        assert "lakeFS repo/sales.csv: commit " in promoted
        assert lake.at("main") == lake.at("candidate")
    assert "promote: v2 is champion" in unreleased
    assert "the champion was promoted, its data was not released. lakeFS repo/sales.csv: " in unreleased
