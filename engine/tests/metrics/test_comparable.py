"""A champion is scored on features that mean what they meant when it learned them, or not at all."""

import numpy as np
import pandas as pd
import pytest
import samples
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from champion.core.documents.model import ModelCard
from champion.metrics.comparable import difference, example_features, examples, lacking, other_classes, unlike


def obstacle(described, table, key):
    return lacking(described, table, key) or unlike(described, table, key)


def rows():
    hours = np.arange(200)
    weather = np.where(hours % 3 == 0, "Rain", "Clear").astype(object)
    weather[5] = None
    before = np.where(hours < 20, np.nan, hours * 10.0)
    return pd.DataFrame(
        {
            "time": pd.date_range("2018-09-01", periods=200, freq="h"),
            "vehicles": 100 + hours,
            "hour": (hours % 24).astype("int32"),
            "rain_mm": (hours % 7) / 10,
            "weather": pd.Series(weather, dtype="str"),
            "vehicles_week_before": before,
        }
    )


def card(table, **other):
    """Write down what a model saw, as train does."""
    features = table.drop(columns=["time", "vehicles"])
    kinds = [(name, str(kind)) for name, kind in features.dtypes.items()]
    written = table.iloc[::4].drop(columns="vehicles").astype("str").fillna("").to_dict("list")
    return samples.card(**{"features": kinds, "examples": written} | other)


def read_back(written):
    return example_features(written.examples, written.features)


def test_unchanged_features_are_no_obstacle():
    """Missing values, whole numbers, fractions and words all survive being written down."""
    assert obstacle(card(rows()), rows(), ["time"]) == ""


def test_a_moved_target_is_no_obstacle():
    """Only what the champion is given counts, not what it is asked."""
    assert obstacle(card(rows()), rows().assign(vehicles=0), ["time"]) == ""


def test_a_new_feature_is_no_obstacle():
    """The champion does not ask for it."""
    assert obstacle(card(rows()), rows().assign(moon="full"), ["time"]) == ""


def test_other_columns_and_another_order_are_no_obstacle():
    """Columns are found by name and rows by key."""
    shuffled = rows().sample(frac=1, random_state=7)[rows().columns[::-1]]

    assert obstacle(card(rows()), shuffled, ["time"]) == ""


def test_new_rows_are_no_obstacle():
    """Time moves on; what was learned is still there."""
    more = rows().assign(time=rows()["time"] + pd.Timedelta(days=30), rain_mm=9.0)

    assert obstacle(card(rows()), pd.concat([rows(), more]), ["time"]) == ""


def test_a_feature_that_is_gone_is_an_obstacle():
    """The name tells where to look."""
    found = obstacle(card(rows()), rows().drop(columns="rain_mm"), ["time"])

    assert found == "the champion needs the feature rain_mm, which is no longer made"


def test_a_feature_of_another_type_is_an_obstacle():
    """A number that became a word cannot be given to the champion."""
    found = obstacle(card(rows()), rows().assign(hour=rows()["hour"].astype("str")), ["time"])

    assert found == "the champion needs hour as int32, it is str now"


def test_a_feature_that_changed_its_meaning_is_an_obstacle():
    """Same name, same type, other unit: only the learned rows give it away."""
    found = obstacle(card(rows()), rows().assign(rain_mm=rows()["rain_mm"] / 25.4), ["time"])

    assert found.startswith("the champion learned another rain_mm: 0.4 at 2018-09-01 04:00:00, which is 0.0157")
    assert found.endswith("84% of its examples")  # the dry ones are the same in inches


def test_a_feature_that_went_missing_is_an_obstacle():
    """The column is still there, but empty."""
    found = obstacle(card(rows()), rows().assign(vehicles_week_before=np.nan), ["time"])

    assert found.startswith("the champion learned another vehicles_week_before: ")


@pytest.mark.parametrize(("corrected", "expected"), [(2, False), (3, True)])
def test_a_few_corrected_rows_are_no_obstacle(corrected, expected):
    """Two of fifty examples are life, three of fifty are news."""
    table = rows()
    table.loc[table.index[::4][:corrected], "hour"] = 99

    assert bool(obstacle(card(rows()), table, ["time"])) == expected


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (["no", "yes"], ["no", "yes"], ""),
        (["no", "yes"], ["no", "perhaps", "yes"], ""),
        (["no", "perhaps", "yes"], ["no", "yes"], ""),
        (["no", "yes"], ["NO", "YES"], "the champion knows the classes ['no', 'yes'], the candidate ['NO', 'YES']"),
        (None, ["no", "yes"], "the champion knows the classes None, the candidate ['no', 'yes']"),
    ],
)
def test_other_classes_are_an_obstacle(then, now, said):
    """A rare class may come or go; other names are another question."""
    assert other_classes(card(rows(), classes=then), now) == said


def test_another_key_is_an_obstacle():
    """Its examples cannot be found by it."""
    found = obstacle(card(rows()), rows().assign(shop="north"), ["time", "shop"])

    assert found == "the champion tells rows apart by time, and KEY has shop now"


def test_what_differs_can_be_told_as_a_correction():
    """The code may be the same: then the rows are others."""
    found = difference(card(rows()), rows().assign(rain_mm=rows()["rain_mm"] + 1), ["time"])

    assert found.share == 1
    assert found.as_correction == (
        "rows of before were corrected since the champion was trained, 100% of those that it remembers: "
        "rain_mm was 0.0 at 2018-09-01 00:00:00, it is 1.0 now"
    )
    assert difference(card(rows()), rows(), ["time"]) is None


def test_rows_are_found_by_all_of_the_key():
    """Half of a key names many rows."""
    table = rows().assign(hour=1, shop=np.where(np.arange(200) % 2, "north", "south"))
    table["time"] = table["time"].dt.normalize()
    table["customer"] = np.arange(200) // 2
    described = card(table.drop(columns=["time"]).assign(time=table["time"]), features=[("rain_mm", "float64")])

    assert obstacle(described, table, ["customer", "shop"]) == ""


def test_another_order_of_summation_is_no_obstacle():
    """A difference in the fifteenth digit, from a new version of pandas, is no new meaning."""
    assert obstacle(card(rows()), rows().assign(rain_mm=rows()["rain_mm"] * (1 + 1e-15)), ["time"]) == ""


def test_examples_that_are_all_gone_are_an_obstacle():
    """What cannot be checked is not known to be the same."""
    elsewhere = rows().assign(time=rows()["time"] + pd.Timedelta(days=365), rain_mm=9.0)

    assert obstacle(card(rows()), elsewhere, ["time"]) != ""


def test_a_feature_that_is_a_time_reads_the_same_among_other_rows():
    """Which other examples are found must not matter."""
    since = pd.Series(pd.date_range("2018-01-01", periods=200, freq="D"))
    since.iloc[196] += pd.Timedelta(hours=5)
    table = rows().assign(since=since)

    assert obstacle(card(table), table[:196], ["time"]) == ""


def seen(**columns):
    """Return rows with a key and these features."""
    return pd.DataFrame({"id": range(len(next(iter(columns.values())))), **columns})


def card_of(table):
    """Write a card as train does, and read it as JSON brings it back."""
    kinds = [(name, str(kind)) for name, kind in table.drop(columns="id").dtypes.items()]
    written = samples.card(features=kinds, examples=examples(table))
    return ModelCard.model_validate_json(written.model_dump_json())


CHANCE = np.random.default_rng(7)
KINDS = {
    "whole numbers": pd.Series([3, -1, 0, 2**53 + 1]),
    "small whole numbers": pd.Series([3, -1, 0, 127], dtype="int8"),
    "whole numbers or none": pd.Series([3, None, 0, -7], dtype="Int64"),
    "fractions": pd.Series([*CHANCE.normal(0, 1, 500), 0.1 + 0.2, 1e-300, 1e300]),
    "small fractions": pd.Series(CHANCE.normal(0, 1, 500), dtype="float32"),
    "fractions with missing": pd.Series([np.nan, 0.1, np.nan, 2.5]),
    "nothing but missing": pd.Series([np.nan, np.nan]),
    "fractions or none": pd.Series([0.5, None], dtype="Float64"),
    "yes or no": pd.Series([True, False, False]),
    "yes, no or none": pd.Series([True, None, False], dtype="boolean"),
    "text": pd.Series(["Rain", "größer", " Clear ", "1", "True"], dtype="str"),
    "text with missing": pd.Series(["Rain", None, "None", "nan", "NaN"], dtype="str"),
    "text that may be empty": pd.Series(["", "Rain", None], dtype="str"),
    "text of another kind": pd.Series(["Rain", None], dtype="string"),
    "categories": pd.Series(["Rain", None, "Clear"]).astype("category"),
    "times": pd.Series(pd.to_datetime(["2018-09-01", "2018-09-01 05:00:00.5", None], format="ISO8601")),
    "times with a zone": pd.Series(pd.date_range("2018-03-11", periods=4, freq="h", tz="America/Chicago")),
    "durations": pd.Series(pd.to_timedelta([1.5, None, -2], unit="h")),
}


@pytest.mark.parametrize("column", KINDS.values(), ids=KINDS)
def test_what_is_written_down_is_read_back_as_it_was(column):
    """Values to the last bit, missing ones and the type: the model is asked the same question again."""
    table = seen(feature=column)

    found = read_back(card_of(table))

    pd.testing.assert_series_equal(found["feature"], table["feature"], check_exact=True)


@pytest.mark.parametrize("column", KINDS.values(), ids=KINDS)
def test_what_is_written_down_is_no_obstacle_to_itself(column):
    """The champion's own rows, unchanged."""
    table = seen(feature=column)

    assert obstacle(card_of(table), table, ["id"]) == ""


def test_features_come_back_in_their_order_without_the_key():
    """A model takes columns by place."""
    found = read_back(card_of(seen(b=[1, 2], a=["x", None])))

    assert list(found) == ["b", "a"]


def test_a_model_answers_as_it_did_when_it_was_trained():
    """Words, missing values and fractions through a file, to the last bit."""
    table = rows()[["hour", "rain_mm", "weather", "vehicles_week_before"]].assign(weekend=rows()["hour"] % 2 == 0)
    encoded = make_column_transformer((OrdinalEncoder(), ["weather"]), remainder="passthrough")
    model = make_pipeline(encoded, HistGradientBoostingRegressor(max_iter=10)).fit(table, rows()["vehicles"])

    found = model.predict(read_back(card_of(table.assign(id=range(200)))))

    assert found.tolist() == model.predict(table).tolist()


def test_a_card_of_old_that_says_nothing_for_missing_is_still_read():
    """Champions from before wrote an empty text where a value was missing."""
    table = seen(number=[1.5, np.nan], word=["Rain", None])
    old = card_of(table)
    empty = {name: [text or "" for text in texts] for name, texts in old.examples.items()}
    old = old.model_copy(update={"examples": empty})

    assert obstacle(old, table, ["id"]) == ""
    assert read_back(old)["number"].isna().tolist() == [False, True]
