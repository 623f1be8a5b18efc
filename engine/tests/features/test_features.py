"""How rows are divided, and that no feature knows what a forecast cannot know."""

import numpy as np
import pandas as pd
import pytest
from jsons import read_json
from stages import features

from champion.core import files
from champion.core.errors import PipelineError
from champion.core.params import Features
from pipelines.problem import features as problem

OUTPUTS = ("training.parquet", "holdout.parquet", "split.json")
honest = problem.features


@pytest.fixture
def divide(ingested, validated, tmp_path):
    """Return a function that runs the stage on the sample, or on another table."""

    def run(dials: Features, table: pd.DataFrame | None = None, folder: str = "3"):
        source = ingested / "table.parquet"
        if table is not None:
            source = tmp_path / "table.parquet"
            table.to_parquet(source, index=False)
        outputs = [tmp_path / folder / name for name in OUTPUTS]
        features(source, validated / "report.json", *outputs, dials)
        return pd.read_parquet(outputs[0]), pd.read_parquet(outputs[1]), read_json(outputs[2])

    return run


def leaking(make):
    """Return features() with one more column."""
    return lambda table: honest(table).assign(leak=make(table))


def test_the_holdout_is_the_latest_days_and_all_of_them(divide):
    """History ends before the holdout starts; together they are the table."""
    history, holdout, split = divide(Features(holdout_days=28))

    assert split["start"] == "2018-09-03T00:00:00"
    assert str(history["time"].max()) == "2018-09-02 23:00:00"
    assert str(holdout["time"].min()) == "2018-09-03 00:00:00"
    assert (len(history), len(holdout)) == (39_890, 672)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (lambda table: np.where(table["rain_mm"] > 0, True, None), "object that holds bool such as"),
        (lambda table: pd.Categorical(table["time"].dt.hour), "category that holds int such as 0"),
        (lambda table: pd.cut(table["rain_mm"], [-1, 0, 1e6]), "category that holds Interval such as"),
    ],
)
def test_a_column_of_no_clear_type_is_refused(divide, monkeypatch, column, said):
    """Written into the model's card as text, it could not be read back as what it was."""
    monkeypatch.setattr(problem, "features", leaking(column))

    with pytest.raises(PipelineError, match=f"feature leak is of type {said}"):
        divide(Features(holdout_days=28))


@pytest.mark.parametrize("kind", [object, "str", "category"])
def test_text_of_any_type_is_taken(divide, monkeypatch, kind):
    """And a missing one as well."""
    words = lambda table: table["weather"].where(table["rain_mm"] == 0, None).astype(kind)  # noqa: E731
    monkeypatch.setattr(problem, "features", leaking(words))

    history, _, _ = divide(Features(holdout_days=28))

    assert "leak" in history


def test_the_same_table_gives_the_same_bytes(divide, tmp_path):
    """Otherwise DVC would train again."""
    divide(Features(holdout_days=28), folder="once")
    divide(Features(holdout_days=28), folder="twice")

    for name in OUTPUTS:
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()


def test_the_digest_of_a_holdout_is_its_keys_and_targets(divide, ingested):
    """A corrected target is another holdout; another feature is not."""
    table = pd.read_parquet(ingested / "table.parquet")

    *_, before = divide(Features(holdout_days=28))
    *_, weather = divide(Features(holdout_days=28), table.assign(clouds_percent=0.0))
    table.loc[table.index[-1], "vehicles"] += 1
    *_, corrected = divide(Features(holdout_days=28), table)

    assert weather["holdout_sha256"] == before["holdout_sha256"]
    assert corrected["holdout_sha256"] != before["holdout_sha256"]


def test_a_broken_contract_stops_here_too(ingested, validated, tmp_path):
    """Even if somebody runs the stage by hand."""
    broken = read_json(validated / "report.json") | {"success": False}
    files.write_json(tmp_path / "report.json", broken)

    with pytest.raises(PipelineError, match=r"report\.json says the contract is broken"):
        features(
            ingested / "table.parquet", tmp_path / "report.json", *(tmp_path / name for name in OUTPUTS),
            Features(holdout_days=28),
        )  # fmt: skip

    assert not any((tmp_path / name).exists() for name in OUTPUTS)


@pytest.mark.parametrize(
    "dials",
    [Features(), Features(holdout_share=0.2), Features(holdout_days=28, holdout_share=0.2)],
    ids=["neither", "share", "both"],
)
def test_rows_with_a_time_need_holdout_days_alone(divide, dials):
    """A random share of an ordered table would train on the future."""
    with pytest.raises(PipelineError, match="features needs holdout_days and not holdout_share, since TIME is 'time'"):
        divide(dials)


@pytest.mark.parametrize("days", [2190, 100_000])
def test_a_holdout_that_leaves_no_history_is_refused(divide, days):
    """The data begin on 2012-10-02."""
    with pytest.raises(
        PipelineError, match=r"the training part would be empty\. Change params\.yaml, section features"
    ):
        divide(Features(holdout_days=days))


LEAKS = {
    "its own target": lambda table: table["vehicles"],
    "the next hour": lambda table: table["vehicles"].shift(-1),
    "the hour around": lambda table: table["vehicles"].rolling(3, center=True).mean(),
    "the next hour's weather": lambda table: table["temperature_k"].shift(-1),
    "the mean of all targets": lambda table: table["vehicles"].mean(),
    "the mean target of its weather": lambda table: table.groupby("weather")["vehicles"].transform("mean"),
    "the rank of its target": lambda table: table["vehicles"].rank(),
    "the last target of all": lambda table: table["vehicles"].iloc[-1],
    "the hour before": lambda table: table["vehicles"].shift(1),  # a week ahead nobody knows it
    "the day before": lambda table: table["vehicles"].shift(24),
    "its own target at 17:00": lambda table: table["vehicles"].where(table["time"].dt.hour == 17),
    "an hour less than a week before": lambda table: table["vehicles"].shift(167),
    "whether its target is high": lambda table: (table["vehicles"] > 3000).astype(int),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_feature_that_knows_the_future_is_caught(divide, monkeypatch, tmp_path, leak):
    """By name and time, before anybody trains on it; nothing newer than HORIZON is known, at any hour."""
    monkeypatch.setattr(problem, "features", leaking(LEAKS[leak]))

    with pytest.raises(
        PipelineError, match=r"feature leak at time 20\d\d-\d\d-\d\d .* Repair pipelines/problem/features"
    ):
        divide(Features(holdout_days=28))

    assert list((tmp_path / "3").iterdir()) == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            lambda table: honest(table).iloc[1:],
            r"features\(\) in pipelines/problem/features\.py returned 40,561 rows; a table of 40,562 rows is expected",
        ),
        (
            lambda table: honest(table).assign(vehicles=1),
            r"feature vehicles in pipelines/problem/features\.py is called like a column that names rows \(time\) or the target",
        ),
        (
            lambda table: honest(table).assign(ratio=np.inf),
            r"feature ratio is infinite in some rows\. Repair pipelines/problem/features\.py",
        ),
    ],
    ids=["a row less", "a column named like the target", "an infinite feature"],
)
def test_features_of_another_shape_are_refused(divide, monkeypatch, broken, said):
    """One row per row, and no name twice."""
    monkeypatch.setattr(problem, "features", broken)

    with pytest.raises(PipelineError, match=said):
        divide(Features(holdout_days=28))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda _: None, r"returned nothing \(is `return` missing\?\); a table of 40,562 rows is expected"),
        (lambda table: table["vehicles"], "returned something of type Series; a table of 40,562 rows is expected"),
        (lambda table: table.head(3), "returned 3 rows; a table of 40,562 rows is expected"),
        (lambda table: table[["weather", "weather"]], "returned two columns called weather"),
        (lambda table: table[["weather"]].set_axis([7], axis=1), "returned a column called 7; a text is expected"),
    ],
    ids=["nothing", "one column", "some rows", "a column twice", "a number as name"],
)
def test_features_that_are_no_table_of_named_columns_are_refused(divide, monkeypatch, broken, said):
    """A forgotten `return` is the commonest mistake."""
    monkeypatch.setattr(problem, "features", broken)

    with pytest.raises(PipelineError, match=rf"features\(\) in pipelines/problem/features\.py {said}"):
        divide(Features(holdout_days=28))
