"""Rows in parts: the same rows come out as of the whole, whatever the number of processes and the order of the delivery."""

import re
import signal
from pathlib import Path

import pandas as pd
import pytest
from conftest import PROJECT, World, copy_of_project

from champion.core import files, parts, tables
from champion.core.errors import PipelineError

MADE = ("1-ingest/table.parquet", "3-features/training.parquet", "3-features/holdout.parquet")
PAGE = (PROJECT / "docs/large.md").read_text()
PART, READ = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


# Stores of one kind of rows: after `as_of`, impossible, without target, of the holdout alone, one row; and a header again.
ODD = [
    *(f"900,2017-07-{day:02},100,10,1,None,1" for day in range(1, 9)),
    *(f"901,2017-01-{day:02},-1,10,1,None,1" for day in range(1, 9)),
    *(f"902,2017-01-{day:02},,10,1,None,1" for day in range(1, 9)),
    *(f"903,2017-06-{day:02},{100 + day},10,1,None,1" for day in range(11, 19)),
    "904,2017-01-01,100,10,1,None,1",
    ",2017-01-01,100,10,1,None,1",
    "store,day,sales,customers,promo,holiday,open",
]


def parted(path: Path, part: str | None = "store") -> World:
    """Return a project whose rows are divided by `part`."""
    world = copy_of_project(path, "stores")
    line = PART.replace('"store"', repr(part))
    world.edit("pipelines/problem/names.py", "TARGET =", f"{line}TARGET =")
    return world


def in_order(world: World, table: str) -> pd.DataFrame:
    return pd.read_parquet(world.path / "data" / table).sort_values(["store", "day"], ignore_index=True)


@pytest.mark.slow
def test_parts_add_up_to_the_whole(tmp_path):
    """Read at once or in chunks, by one process or by two: the same bytes, and the rows and counts of the whole."""
    whole, one, two = parted(tmp_path / "whole", None), parted(tmp_path / "one"), parted(tmp_path / "two")
    for world in (whole, one, two):
        with (world.path / "data/0-source/stores.csv").open("a") as delivery:
            delivery.writelines(f"{line}\n" for line in ODD)
    source = two.path / "pipelines/problem/source.py"
    code = re.sub(
        r"^def read.*?(?=^def )",
        READ.replace("1_000_000", "100") + "\n\n",
        source.read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    source.write_text(code.replace("from pathlib", "from collections.abc import Iterator\nfrom pathlib"))
    whole.repro("features")
    one.repro("features", PIPELINE_WORKERS="1")
    two.repro("features", PIPELINE_WORKERS="2")

    for name in MADE:
        assert (one.path / "data" / name).is_dir()
        assert files.sha256(one.path / "data" / name) == files.sha256(two.path / "data" / name)
        pd.testing.assert_frame_equal(in_order(whole, name), in_order(one, name))
    for name in ("1-ingest/counts.json", "1-ingest/quarantine.parquet", "1-ingest/unlabelled.parquet"):
        assert len({files.sha256(world.path / "data" / name) for world in (whole, one, two)}) == 1


@pytest.mark.slow
def test_a_champion_of_parts_is_rebuilt_and_answers(tmp_path):
    """Everything that reads a table reads one in parts."""
    world = parted(tmp_path / "world")
    world.repro()
    world.commit("First champion")
    rows = pd.read_csv(world.path / "data/0-source/stores.csv", dtype=str, keep_default_na=False)
    rows.tail(20).to_csv(world.path / "asked.csv", index=False)

    rebuilt = world.pipeline("reproduce", "1", PIPELINE_ENGINE="spark").stdout  # it does not reach copies in /tmp
    watched = world.pipeline("monitor")
    answered = world.pipeline("predict", "asked.csv", "answers.csv")
    new = rows.tail(20).assign(store="000")  # a part that the table does not have
    new.to_csv(world.path / "new.csv", index=False)
    unknown = world.pipeline("predict", "new.csv", "unknown.parquet")

    assert "v1 was reproduced exactly" in rebuilt
    assert watched.returncode == 0, watched.stderr
    assert answered.returncode == 0, answered.stderr
    assert pd.read_csv(world.path / "answers.csv")["prediction"].notna().sum() == 20
    assert unknown.returncode == 0, unknown.stderr
    assert set(pd.read_parquet(world.path / "unknown.parquet")["store"]) == {"000"}


@pytest.mark.slow
def test_predict_goes_on_where_it_was_killed(tmp_path):
    """Parts that were answered are not answered again; another file is another question; in the end nothing is left."""
    world = parted(tmp_path / "world")
    world.edit(
        "pipelines/problem/features.py",
        '    day = table["day"]',
        "    import os, signal\n    if os.environ.get('STOP') in set(table['store']):\n"
        '        os.kill(os.getpid(), signal.SIGKILL)\n    day = table["day"]',
    )
    world.repro()
    world.commit("First champion")
    rows = pd.read_csv(world.path / "data/0-source/stores.csv", dtype=str, keep_default_na=False)
    rows.to_csv(world.path / "asked.csv", index=False)
    rows.head(300).to_csv(world.path / "less.csv", index=False)
    last = max(rows["store"], key=parts.file_name)

    killed = world.pipeline("predict", "asked.csv", "answers.csv", STOP=last, PIPELINE_WORKERS="1")
    left = list((world.path / "reports").glob(".predict-*"))
    other = world.pipeline("predict", "less.csv", "less.parquet")
    went_on = world.pipeline("predict", "asked.csv", "answers.csv", PIPELINE_WORKERS="1")
    world.pipeline("predict", "asked.csv", "again.csv", PIPELINE_WORKERS="2")

    stores = rows["store"].nunique()
    assert killed.returncode == -signal.SIGKILL
    assert len(left) == 1
    assert "were predicted" not in other.stderr
    assert f"{stores - 1} of {stores} parts were predicted before it was stopped" in went_on.stderr
    assert (world.path / "answers.csv").read_bytes() == (world.path / "again.csv").read_bytes()
    assert list((world.path / "reports").glob(".predict-*")) == []


@pytest.mark.slow
def test_a_feature_that_needs_another_part_is_refused(tmp_path):
    """It is found before anything is trained on it."""
    world = parted(tmp_path / "world")
    everywhere = '"promotions": table.groupby("day")["promo"].transform("sum"),\n            "weekday":'
    world.edit("pipelines/problem/features.py", '"weekday":', everywhere)

    said = world.repro("features", check=False)

    assert "feature promotions at store 0" in said
    assert "it needs rows of another part than its own. Make PART None" in said
    assert not (world.path / "data/3-features/split.json").exists()


@pytest.mark.weekly
def test_replay_goes_over_parts(tmp_path):
    """Several days at once, each in parts."""
    world = parted(tmp_path / "world")
    world.repro()
    world.commit("First champion")

    done = world.pipeline("replay", "--from", "2017-03-31", "--every", "45")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_mistake_of_the_problem_is_named_from_whichever_process(tmp_path):
    """With file and line, and no traceback of two processes."""
    world = parted(tmp_path / "world")
    world.edit("pipelines/problem/features.py", '    day = table["day"]', '    day = table["dya"]')

    said = world.repro("features", check=False, PIPELINE_WORKERS="2")

    assert "features: pipelines/problem/features.py, line" in said
    assert "KeyError: 'dya'" in said
    assert "Traceback" not in said


def test_part_has_to_be_of_the_key():
    """Else rows with one key could be in two parts."""
    with pytest.raises(PipelineError, match=r"PART is 'region'; one of KEY \(store, day\) is expected, or None"):
        parts.check("region", ["store", "day"])


def test_values_that_look_alike_have_files_of_their_own():
    """On a disk that knows no capitals, and where a name may not begin with a dot."""
    values = ["a", "A", "", ".", "_", "a/b", "a%2Fb", "ä", "x" * 300, "x" * 301]
    named = [parts.file_name(value) for value in values]

    assert len({name.lower() for name in named}) == len(values)
    assert all(name.startswith("part-") and len(name) < 255 and "/" not in name for name in named)


def test_a_part_without_a_gap_has_the_types_of_the_whole(tmp_path):
    """As if all rows had been one table."""
    tables_ = [pd.DataFrame({"n": pd.array([1, 2], "int64")}), pd.DataFrame({"n": pd.array([1, None], "Int64")})]
    places = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for table, place in zip(tables_, places, strict=True):
        tables.write(table, place)

    parts.harmonize(places, [table.head(0) for table in tables_])

    assert [str(tables.read(place)["n"].dtype) for place in places] == ["Int64", "Int64"]
    assert tables.read(tmp_path)["n"].sum() == 4
