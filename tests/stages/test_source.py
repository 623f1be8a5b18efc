"""A delivery that is no file: whether there is another is asked each time, and old rows stay when upstream has new ones."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from conftest import PROBLEMS, PROJECT, World, copy_of_project
from servers import postgresql
from sqlalchemy import Date, create_engine, text

STORES = PROBLEMS / "stores/data/stores.csv"
IMPORTS = "import os\nfrom pipelines.params import Ingest\nfrom sqlalchemy import create_engine, text\n"


def of_the_page(pattern: str) -> str:
    """What docs/data.md shows."""
    return re.findall(pattern, (PROJECT / "docs/data.md").read_text(), re.DOTALL | re.MULTILINE)[0]


def add_the_stage(world: World) -> None:
    """Type the command that the page shows."""
    world.run("bash", "-c", of_the_page(r"^    (dvc stage add [^\n]+)$"))
    world.commit("Ask whether there is another delivery")


def read_from_the_database(world: World) -> None:
    """Replace `read` by what the page shows."""
    path = world.path / "pipelines/problem/source.py"
    shown = of_the_page(r'```python\n(FILE = "the table.*?)```')
    path.write_text(f"{path.read_text()}\n\n{IMPORTS}\n{shown}")
    world.commit("Read from the database")


@pytest.fixture
def sales() -> Iterator[str]:
    """The address of a database with the sales of some stores."""
    with postgresql() as address:
        rows = pd.read_csv(STORES, dtype=str, keep_default_na=False).astype({"day": "datetime64[ns]"})
        rows.assign(changed_at=rows["day"]).to_sql("sales", create_engine(address), index=False, dtype={"day": Date()})
        yield address


def change(address: str, sql: str) -> None:
    with create_engine(address).begin() as connection:
        connection.execute(text(sql))


@pytest.mark.slow
def test_a_table_that_changes_is_another_delivery(tmp_path, sales):
    """Added, corrected and overwritten rows; the champion of before is rebuilt from the rows it had."""
    world, there = copy_of_project(tmp_path / "world", "stores"), {"SALES_DATABASE": sales}
    read_from_the_database(world)
    add_the_stage(world)
    world.repro(**there)
    world.commit("First champion")

    assert "Stage 'ingest' didn't change" in world.repro(**there)

    change(sales, "update sales set sales = '1', changed_at = '2030-01-01' where store = '007'")
    second = world.repro("features", **there)
    rebuilt = world.pipeline("reproduce", "1", **there)

    assert "Running stage 'ingest'" in second
    assert (world.path / "data/0-source/state").read_text().endswith("the last change at 2030-01-01 00:00:00\n")
    assert "v1 was reproduced exactly" in rebuilt.stdout, rebuilt.stdout + rebuilt.stderr
    assert "?? data/0-source" not in world.run("git", "status", "--short").stdout


@pytest.mark.slow
def test_a_database_out_of_reach_stops_with_what_it_said_or_is_left_alone(tmp_path, sales):
    """The table of before stays, and with a frozen stage the pipeline goes on with it."""
    world, there = copy_of_project(tmp_path / "world", "stores"), {"SALES_DATABASE": sales}
    read_from_the_database(world)
    add_the_stage(world)
    world.repro("features", **there)
    nowhere = {"SALES_DATABASE": "postgresql+psycopg2://mlflow@127.0.0.1:1/postgres"}

    stopped = world.repro("features", check=False, **nowhere)
    world.run("dvc", "freeze", "source")
    went_on = world.repro("features", **nowhere)

    assert "source: pipelines/problem/source.py, line" in stopped
    assert "Connection refused" in stopped
    assert "Traceback" not in stopped
    assert "Stage 'features' didn't change" in went_on


def test_a_state_that_nobody_asks_is_told(engine_of):
    """Else old rows would be taken for the newest."""
    world = engine_of("def state(params):\n    return '1'\n")

    done = world.run("dvc", "repro", "ingest", check=False)

    assert "state() in pipelines/problem/source.py is asked by no stage yet" in done.stderr
    assert of_the_page(r"^    (dvc stage add [^\n]+)$") in done.stderr


def test_a_state_is_a_text(engine_of):
    """An object that is another each time would run everything again and again."""
    world = engine_of("def state(params):\n    return object()\n")
    add_the_stage(world)

    done = world.run("dvc", "repro", "source", check=False)

    expected = "returned something of type object; a text: the same one for the same delivery is expected."
    assert f"source: state() in pipelines/problem/source.py {expected}" in done.stderr
    assert not (world.path / "data/0-source/state").exists()


@pytest.mark.slow
def test_a_base_keeps_the_delivery_of_its_commit(engine_of):
    """Who rebuilds it does not ask upstream, which has moved on since."""
    world = engine_of("import os\n\n\ndef state(params):\n    return os.environ['UPSTREAM']\n")
    add_the_stage(world)
    world.repro("features", UPSTREAM="as it was")
    world.commit("As it was")

    done = world.pipeline("champion-from", "HEAD")

    assert done.stdout.startswith("champion-from: champion is the model of commit"), done.stdout + done.stderr


@pytest.fixture
def engine_of(tmp_path):
    """A project of stores whose source.py has more."""

    def made(more: str) -> World:
        world = copy_of_project(tmp_path / "world", "stores")
        path = world.path / "pipelines/problem/source.py"
        path.write_text(f"{path.read_text()}\n\n{more}")
        world.commit("Say whether there is another delivery")
        return world

    return made
