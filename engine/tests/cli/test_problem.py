"""The files that are written for a delivery are the ones that the pipeline needs, and say what was guessed."""

import ast
import doctest
import gzip
from runpy import run_path

import numpy as np
import pandas as pd
import pytest
from yaml import safe_load

from champion.cli.adopt import problem
from champion.cli.adopt.delivery import look
from champion.core.interface import check_problem

DAYS = pd.date_range("2021-01-01", periods=400, freq="D")
CHANCE = np.random.default_rng(3)
NOTES = ["it came late and was broken", "all went well and it works fine"]
KINDS = {
    "series": pd.DataFrame({"day": DAYS, "rain": CHANCE.random(400), "sold": CHANCE.integers(0, 99, 400)}),
    "months": pd.DataFrame(
        {
            "month": pd.date_range("2000-01-01", periods=200, freq="MS").repeat(2),
            "shop": ["a", "b"] * 200,
            "sold": range(400),
        }
    ),
    "classes": pd.DataFrame({"age": CHANCE.integers(18, 90, 400), "note": NOTES * 200, "kind": ["a", "b"] * 200}),
    "numbers": pd.DataFrame({"a": -CHANCE.random(400) / 50, "b": CHANCE.random(400)}),
}


@pytest.fixture(params=KINDS)
def written(request):
    delivery = look(KINDS[request.param].astype("str"), None)
    return delivery, problem.files(delivery, "my-name", "rows.csv", ",", "utf-8")


def test_every_file_is_there_and_provides_what_is_needed(written, tmp_path):
    """As the check before each run sees it."""
    _, files = written
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    check_problem(tmp_path)

    assert all(ast.parse(text) for name, text in files.items() if name.endswith(".py"))
    assert "$" not in "".join(files.values())
    assert 'NAME = "my-name"' in files["names.py"]
    assert files["source.py"].count("guess:") >= 1


def test_params_fit_the_delivery(written):
    """Days are held out where there is time; what is demanded of the holdout is there."""
    delivery, files = written
    params = safe_load(files["params.yaml"])

    assert set(params["features"]) == {"holdout_days" if delivery.time else "holdout_share"}
    assert params["evaluate"]["metric"] == ("log_loss" if delivery.is_classification else "mae")
    assert 1 <= params["evaluate"]["min_rows"] <= 100
    assert params["validate"]["min_rows"] == 200


def test_a_forecast_knows_the_target_of_before():
    """A week of days, a month of months; events and other rows know themselves only."""
    horizon = {}
    for kind, rows in KINDS.items():
        files = problem.files(look(rows.astype("str"), None), "x", "rows.csv", ",", "utf-8")
        horizon[kind] = files["features.py"].partition("HORIZON: pd.Timedelta | None = ")[2].partition("  #")[0]

    assert horizon == {
        "series": "pd.Timedelta(days=7)", "months": "pd.Timedelta(days=28)", "classes": "None", "numbers": "None",
    }  # fmt: skip


def test_what_is_read_is_made_readable():
    """Delimiter, encoding, days as people write them, decimal commas and words for missing values."""
    rows = pd.DataFrame({"day": DAYS.strftime("%d.%m.%Y"), "size": ["1,5", "NA"] * 200, "sold": range(400)})
    read = problem.files(look(rows.astype("str"), "sold"), "x", "rows.csv", ";", "cp1252")["source.py"]

    assert "sep=';', encoding='cp1252'" in read
    assert 'format="%d.%m.%Y"' in read
    assert "replace(['NA'], \"\")" in read
    assert '.str.replace(",", ".", regex=False)' in read


@pytest.mark.parametrize(("file", "pack"), [("rows.csv", bytes), ("rows.csv.gz", gzip.compress)])
def test_records_are_counted_where_fields_hold_line_breaks(tmp_path, file, pack):
    """Elsewhere each line is one, and the pipeline counts those."""
    rows = pd.DataFrame({"size": range(400), "note": ["one; line", 'a line\nand a "second"'] * 200, "sold": range(400)})
    (tmp_path / file).write_bytes(pack(rows.to_csv(index=False, sep=";").encode("cp1252")))
    source = problem.files(look(rows.astype("str"), "sold"), "x", file, ";", "cp1252")["source.py"]
    (tmp_path / "source.py").write_text(source)

    assert run_path(str(tmp_path / "source.py"))["records"](tmp_path) == 400
    plain = problem.files(look(rows[["size", "sold"]].astype("str"), "sold"), "x", file, ";", "cp1252")["source.py"]
    assert "records" not in plain


def test_an_input_that_follows_the_target_is_marked():
    """Customers of the day are counted in the evening."""
    sold = CHANCE.integers(100, 999, 400)
    rows = pd.DataFrame({"day": DAYS, "customers": sold // 3, "rain": CHANCE.random(400), "sold": sold})
    features = problem.files(look(rows.astype("str"), "sold"), "x", "rows.csv", ",", "utf-8")["features.py"]

    marked = [line.split('"')[1] for line in features.splitlines() if "is it known before?" in line]
    assert marked == ["customers"]


def test_the_examples_are_true():
    """As in every module that has some."""
    assert doctest.testmod(problem).failed == 0
