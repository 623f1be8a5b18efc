"""Whoever asks what changed in data or environment is told all of it, and nothing that did not."""

import numpy as np
import pandas as pd
import pytest

from champion.ext.why import changes


def hours(first="2018-09-01", count=10, **columns):
    table = pd.DataFrame(
        {"time": pd.date_range(first, periods=count, freq="h"), "vehicles": 100 * np.arange(1, count + 1)}
    )
    rain = [0.0, 0.2, np.nan, 0.4, 0.0, 0.0, 0.1, 0.0, 0.3, 0.0]
    return table.assign(rain_mm=np.resize(rain, count), weather=np.resize(["Clear", "Rain"], count)).assign(**columns)


def of_tables(old, new, key=("time",), time="time"):
    return changes.of_tables(old, new, list(key), time).model_dump(mode="json")


def with_value(table, row, column, value):
    return table.assign(**{column: [value if place == row else each for place, each in enumerate(table[column])]})


def test_equal_tables_have_not_changed():
    """Nothing to report, and a missing value is equal to a missing value."""
    assert of_tables(hours(), hours()) == {
        "rows": [10, 10],
        "added": 0,
        "removed": 0,
        "corrected": 0,
        "window": [["2018-09-01 00:00:00", "2018-09-01 09:00:00"]] * 2,
        "added_window": None,
        "removed_window": None,
        "corrected_window": None,
        "columns_added": [],
        "columns_removed": [],
        "columns": {
            "vehicles": {"type": ["int64", "int64"], "missing": [0.0, 0.0], "corrected": 0, "shift": 0.0},
            "rain_mm": {"type": ["float64", "float64"], "missing": [0.1, 0.1], "corrected": 0, "shift": 0.0},
            "weather": {"type": ["str", "str"], "missing": [0.0, 0.0], "corrected": 0, "shift": 0.0},
        },
    }


def test_rows_that_came_and_went_are_counted_with_their_window():
    """Three hours later: three at the beginning are gone, three at the end are new."""
    found = of_tables(hours(), hours("2018-09-01 03:00", vehicles=100 * np.arange(4, 14)).assign(rain_mm=0.0))

    assert found["rows"] == [10, 10]
    assert (found["added"], found["removed"]) == (3, 3)
    assert found["window"] == [
        ["2018-09-01 00:00:00", "2018-09-01 09:00:00"],
        ["2018-09-01 03:00:00", "2018-09-01 12:00:00"],
    ]
    assert found["added_window"] == ["2018-09-01 10:00:00", "2018-09-01 12:00:00"]
    assert found["columns"]["vehicles"]["corrected"] == 0


def test_rows_that_fill_a_gap_are_added_there():
    """The window of what was added is not what follows the old table's end."""
    whole = hours()

    found = of_tables(whole.drop(index=[4, 5]), whole)

    assert (found["added"], found["removed"], found["corrected"]) == (2, 0, 0)
    assert found["added_window"] == ["2018-09-01 04:00:00", "2018-09-01 05:00:00"]


def test_corrected_rows_are_counted_once_and_each_column_for_itself():
    """Two values of one row and one of another: two rows, three values."""
    new = with_value(with_value(with_value(hours(), 2, "vehicles", 1), 2, "weather", "Snow"), 6, "vehicles", 1)

    found = of_tables(hours(), new)

    assert found["corrected"] == 2
    assert {name: column["corrected"] for name, column in found["columns"].items()} == {
        "vehicles": 2,
        "rain_mm": 0,
        "weather": 1,
    }
    assert found["corrected_window"] == ["2018-09-01 02:00:00", "2018-09-01 06:00:00"]
    assert (found["added"], found["removed"], found["added_window"]) == (0, 0, None)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([[1.0, 2.0, 3.0], [1.0, np.nan, 3.0]], id="numbers"),
        pytest.param([["a", "b", "c"], ["a", None, "c"]], id="text"),
        pytest.param([pd.array([1, 2, 3], "Int64"), pd.array([1, None, 3], "Int64")], id="whole numbers or none"),
        pytest.param(
            [pd.array([True, False, True], "boolean"), pd.array([True, None, True], "boolean")], id="yes or no"
        ),
        pytest.param([pd.to_datetime(["2018", "2019", "2020"]), pd.to_datetime(["2018", None, "2020"])], id="times"),
        pytest.param([pd.Categorical(["a", "b", "c"]), pd.Categorical(["a", None, "c"])], id="categories"),
    ],
)
@pytest.mark.parametrize("order", [1, -1], ids=["went missing", "was filled in"])
def test_a_value_that_went_missing_or_was_filled_in_is_a_correction(values, order):
    """Whatever type has the column."""
    old, new = (pd.DataFrame({"id": [1, 2, 3], "found": each}) for each in values[::order])

    found = of_tables(old, new, ["id"], None)

    assert found["corrected"] == 1
    assert found["columns"]["found"]["corrected"] == 1
    assert sorted(found["columns"]["found"]["missing"]) == [0.0, 0.333333]
    assert of_tables(old, old, ["id"], None)["corrected"] == 0


def test_the_share_of_missing_values_is_told_before_and_after():
    """A sensor that died in the newest half."""
    found = of_tables(hours(rain_mm=0.0), hours(count=20, rain_mm=[0.0] * 10 + [np.nan] * 10))

    assert found["columns"]["rain_mm"]["missing"] == [0.0, 0.5]
    assert found["columns"]["rain_mm"]["corrected"] == 0


def test_another_type_is_told():
    """A number that became a word is another value in every row."""
    found = of_tables(hours(), hours().assign(vehicles=hours()["vehicles"].astype("str")))

    assert found["columns"]["vehicles"]["type"] == ["int64", "str"]
    assert found["columns"]["vehicles"]["corrected"] == 10


def test_a_whole_number_that_became_a_fraction_is_another_type_but_no_correction():
    """100 is 100.0."""
    found = of_tables(hours(), hours().assign(vehicles=hours()["vehicles"].astype(float)))

    assert found["columns"]["vehicles"]["type"] == ["int64", "float64"]
    assert found["corrected"] == 0


def test_how_far_a_column_moved_is_told():
    """Rows added from a busier year; the weather there is the same."""
    more = hours("2019-09-01", 1000, vehicles=np.resize([5000, 6000], 1000))

    shift = {
        name: column["shift"] for name, column in of_tables(hours(), pd.concat([hours(), more]))["columns"].items()
    }

    assert shift["vehicles"] > 1
    assert shift["weather"] == 0


def test_columns_that_came_and_went_are_named():
    """They are not compared, and make no row corrected."""
    found = of_tables(hours(snow_mm=0.0), hours(fog=1).drop(columns="rain_mm"))

    assert found["columns_added"] == ["fog"]
    assert found["columns_removed"] == ["rain_mm", "snow_mm"]
    assert list(found["columns"]) == ["vehicles", "weather"]
    assert found["corrected"] == 0


def test_tables_that_share_their_key_only_can_be_told_apart():
    """Every column was renamed."""
    found = of_tables(hours()[["time", "vehicles"]], hours()[["time", "weather"]])

    assert (found["added"], found["removed"], found["corrected"]) == (0, 0, 0)
    assert (found["columns_added"], found["columns_removed"], found["columns"]) == (["weather"], ["vehicles"], {})


def test_without_time_there_is_no_window():
    """Patients have no order."""
    old = pd.DataFrame({"id": ["a", "b"], "age": [30, 40]})
    new = pd.DataFrame({"id": ["b", "c"], "age": [41, 50]})

    found = of_tables(old, new, ["id"], None)

    assert (found["added"], found["removed"], found["corrected"]) == (1, 1, 1)
    assert found["window"] == [None, None]
    assert (found["added_window"], found["corrected_window"]) == (None, None)


def test_tables_without_a_common_row_are_wholly_new():
    """Another year: all added, all removed, nothing corrected."""
    found = of_tables(hours(), hours("2019-09-01"))

    assert (found["added"], found["removed"], found["corrected"]) == (10, 10, 0)
    assert found["added_window"] == ["2019-09-01 00:00:00", "2019-09-01 09:00:00"]
    assert found["corrected_window"] is None


def test_the_order_of_rows_and_columns_does_not_matter():
    """Rows are found by key, columns by name."""
    shuffled = hours().sample(frac=1, random_state=7)[hours().columns[::-1]]

    found = of_tables(hours(), with_value(shuffled.sort_index(), 3, "vehicles", 1).sample(frac=1, random_state=8))

    assert found["corrected"] == 1
    assert found["corrected_window"] == ["2018-09-01 03:00:00"] * 2


def test_rows_are_found_by_all_of_the_key_in_any_order():
    """Half of a key names many rows."""
    old = pd.DataFrame({"day": [1, 1, 2, 2], "shop": ["n", "s", "n", "s"], "sold": [1, 2, 3, 4]})
    new = old.assign(sold=[1, 2, 3, 5])[["sold", "shop", "day"]]
    more = pd.concat([new, pd.DataFrame({"sold": [6], "shop": ["w"], "day": [2]})])

    for key in (["day", "shop"], ["shop", "day"]):
        found = of_tables(old, more, key, None)
        assert (found["added"], found["removed"], found["corrected"]) == (1, 0, 1)


def test_the_clock_of_another_pandas_is_the_same_time():
    """Microseconds then, nanoseconds now."""
    found = of_tables(hours(), hours().assign(time=hours()["time"].astype("datetime64[ns]")))

    assert (found["added"], found["removed"], found["corrected"]) == (0, 0, 0)


def test_the_tables_are_left_as_they_were():
    """Others use them next."""
    old, new = hours(), hours(count=12)

    of_tables(old, new)

    pd.testing.assert_frame_equal(old, hours())
    pd.testing.assert_frame_equal(new, hours(count=12))


LOCK = """\
# made by uv
numpy==2.1.0 ; python_version >= "3.11" \\
    --hash=sha256:1111111111111111111111111111111111111111111111111111111111111111 \\
    --hash=sha256:2222222222222222222222222222222222222222222222222222222222222222
pandas==3.0.1 \\
    --hash=sha256:3333333333333333333333333333333333333333333333333333333333333333
ruamel.yaml==0.18; python_version < "4"
typing_extensions==4.0
zope-interface==7.2
"""


def test_equal_locks_have_not_changed():
    """Nothing to report."""
    assert changes.of_locks(LOCK, LOCK) == {}
    assert changes.of_locks("", "") == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("numpy==2.1.0 ;", "numpy==2.2.0rc1 ;", {"numpy": ("2.1.0", "2.2.0rc1")}),
        ("pandas==3.0.1 \\", "pandas==3.0.10 \\", {"pandas": ("3.0.1", "3.0.10")}),
        ("ruamel.yaml==0.18;", "ruamel.yaml==0.19;", {"ruamel.yaml": ("0.18", "0.19")}),
        ("typing_extensions==4.0\n", "", {"typing_extensions": ("4.0", None)}),
        ("zope-interface", "sktime==1.0+cpu\nzope-interface", {"sktime": (None, "1.0+cpu")}),
    ],
)
def test_a_package_that_changed_is_named_with_both_versions(old, new, expected):
    """Markers, continued lines, extensions of versions; None where there was none."""
    assert changes.of_locks(LOCK, LOCK.replace(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sha256:11", "sha256:99"),
        ('python_version >= "3.11"', 'python_version >= "3.12"'),
        ("# made by uv", "# made by another"),
        (' ; python_version >= "3.11" \\', " \\"),
        ("ruamel.yaml==0.18; ", "ruamel.yaml==0.18 ; "),
    ],
)
def test_hashes_markers_and_comments_are_no_versions(old, new):
    """A wheel more on the index changes no package."""
    assert changes.of_locks(LOCK, LOCK.replace(old, new)) == {}


def test_the_order_of_packages_does_not_matter():
    """Another tool sorts them in another way; the answer is sorted by name."""
    old, new = "b==1\na==1\nc==1\n", "c==2\nb==1\na==2\n"

    assert list(changes.of_locks(old, new).items()) == [("a", ("1", "2")), ("c", ("1", "2"))]


@pytest.mark.parametrize("changed", ["2.4.6", "2.5.5"])
def test_a_package_pinned_once_per_python_is_seen_in_each(changed):
    """A universal lock has a line for old Pythons and one for new ones; either may be the one in use."""
    lock = "numpy==2.4.6 ; python_full_version < '3.12' \\\nnumpy==2.5.5 ; python_full_version >= '3.12' \\\n"

    found = changes.of_locks(lock, lock.replace(changed, "2.9.0"))

    assert list(found) == ["numpy"]
    assert "2.9.0" in found["numpy"][1]
    assert changed in found["numpy"][0]
