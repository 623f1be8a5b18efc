"""`pipeline why` against planted truth: every combination of code, data and config, each change for the worse."""

import json
from itertools import chain, combinations

import pandas as pd
import pytest
from conftest import World, weekly_but

pytestmark = pytest.mark.slow
FILE = "data/0-source/metro_interstate_traffic_volume.csv.gz"


def change_code(world: World) -> None:
    """The model does not know the hour any more."""
    world.edit("pipelines/problem/features.py", '"hour": time.dt.hour', '"hour": time.dt.hour * 0')


def change_data(world: World) -> None:
    """For years each hour has the vehicles of three days before, which the contract cannot see."""
    rows = pd.read_csv(world.path / FILE, dtype=str, keep_default_na=False)
    vehicles = rows.drop_duplicates("date_time").set_index("date_time")["traffic_volume"]
    earlier = pd.to_datetime(rows["date_time"]) - pd.Timedelta(days=3)
    moved = earlier.dt.strftime("%Y-%m-%d %H:%M:%S").map(vehicles).fillna(rows["traffic_volume"])
    rows["traffic_volume"] = rows["traffic_volume"].where(rows["date_time"] >= "2018-06", moved)
    rows.to_csv(world.path / FILE, index=False)


def change_config(world: World) -> None:
    """Two trees are too few."""
    world.set(train__max_iter=2)


CHANGES = {"code": change_code, "data": change_data, "config": change_config}
SUBSETS = [*chain.from_iterable(combinations(CHANGES, size) for size in range(4))]


@pytest.mark.parametrize(
    "parts",
    weekly_but([parts for parts in SUBSETS if len(parts) in (0, 3)], SUBSETS),
    ids=[" ".join(parts) or "nothing" for parts in SUBSETS],
)
def test_why_names_what_was_changed_and_nothing_else(world: World, parts: tuple[str, ...]):
    """In the sentence, the sections and the shares, which add up and none has shown the other sign."""
    for part in parts:
        CHANGES[part](world)
    world.commit("Something happened")
    world.repro()

    done = world.pipeline("why", "--json")
    if not parts:
        assert (done.returncode, "v1 is the only champion so far" in done.stderr) == (1, True)
        return
    answer = json.loads(done.stdout)
    told = world.pipeline("why").stdout
    same = [part for part in ("code", "data", "config", "environment") if part not in parts]
    listed = " and ".join(filter(None, [", ".join(same[:-1]), same[-1]]))
    assert answer["sentence"].endswith(f"; {listed} did not change.")
    assert {part for share in answer["shares"] for part in share["parts"]} == {*parts}, answer["sentence"]
    assert sum(share["effect"] for share in answer["shares"]) == pytest.approx(answer["whole"]["effect"], abs=1e-3)
    assert answer["whole"]["effect"] > answer["whole"]["margin"], answer["sentence"]
    assert all(share["effect"] > -share["margin"] for share in answer["shares"]), answer["sentence"]
    assert [part for part, what in answer["changed"].items() if what] == [*parts]
    assert not answer["same_delivery"]
    headings = [line.split()[0] for line in told.splitlines() if line[:1].isalpha()]
    assert headings[1 : 1 + len(parts)] == [*parts]
