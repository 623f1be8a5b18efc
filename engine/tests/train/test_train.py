"""One history in, one model and its card out; the same bytes every time."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import shared
import yaml
from jsons import read_json
from pydantic import create_model
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from stages import PROBLEM, features, train

from champion.core import files, models
from champion.core.errors import PipelineError
from champion.core.params import Features, Section
from champion.train import train as stage
from pipelines.problem import model as problem
from pipelines.problem.params import Train

build_it = problem.build  # which tests replace


@pytest.fixture(scope="session")
def divided(ingested, validated, tmp_path_factory):
    """A folder with the newest 3,000 hours of history, the holdout after them, and split.json. Shared."""
    folder = tmp_path_factory.mktemp("divided")
    table = folder / "table.parquet"
    pd.read_parquet(ingested / "table.parquet").tail(3_672).to_parquet(table, index=False)
    outputs = [folder / name for name in ("training.parquet", "holdout.parquet", "split.json")]
    features(table, validated / "report.json", *outputs, Features(holdout_days=28))
    with shared.read_only(folder):
        yield folder


@pytest.fixture
def dials(params) -> Train:
    """Five small trees."""
    return params.train.model_copy(update={"max_iter": 5, "max_leaf_nodes": 8})


@pytest.fixture
def fit(divided, dials, tmp_path):
    """Return a function that trains, on the history or on a changed copy, and returns the card."""

    def run(change=None, params: Train = dials):
        history = divided / "training.parquet"
        if change is not None:
            rows = change(pd.read_parquet(history))
            history = tmp_path / "training.parquet"
            rows.to_parquet(history, index=False)
        held, split, refit = divided / "holdout.parquet", divided / "split.json", tmp_path / "refit"
        train(history, held, split, tmp_path / "model.skops", tmp_path / "card.json", refit, params)
        return read_json(tmp_path / "card.json")

    return run


def test_the_card_says_what_the_model_was_made_from(fit, divided, tmp_path):
    """Whoever finds the model later knows its rows, features and file."""
    card = fit()

    history = pd.read_parquet(divided / "training.parquet")
    assert card["rows"] == len(history) == 3_000
    assert card["window"] == [str(history["time"].min()), "2018-09-02 23:00:00"]
    assert card["split"] == read_json(divided / "split.json")
    assert card["model_sha256"] == files.sha256(tmp_path / "model.skops")
    assert [name for name, _ in card["features"]] == list(history.columns.drop(["time", "vehicles"]))
    assert card["target"] == "vehicles"


def test_what_serves_is_fitted_to_the_holdout_as_well(fit, divided, tmp_path):
    """The same recipe on all rows, with a card of its own, which the judged model's card names."""
    judged = fit()

    refit = read_json(tmp_path / "refit/card.json")
    holdout = pd.read_parquet(divided / "holdout.parquet")
    assert judged["refit_sha256"] == files.sha256(tmp_path / "refit/card.json")
    assert refit["model_sha256"] == files.sha256(tmp_path / "refit/model.skops") != judged["model_sha256"]
    assert (refit["rows"], refit["refit_sha256"]) == (3_000 + len(holdout), "")
    assert refit["window"] == [judged["window"][0], str(holdout["time"].max())]
    assert refit["split"]["start"] == "2018-09-30T23:00:00.000001"
    model = models.load(tmp_path / "refit/model.skops", [])
    missed = np.abs(models.predict(model, holdout.drop(columns=["time", "vehicles"])) - holdout["vehicles"])
    assert missed.mean() > 0


def test_a_refit_is_the_model_of_a_later_training(fit, divided, dials, tmp_path):
    """Whoever trains on all these rows later gets the same bytes: they come in the order of the table."""
    fit()
    all_rows = pd.concat([pd.read_parquet(divided / f"{part}.parquet") for part in ("training", "holdout")])
    all_rows.to_parquet(tmp_path / "all.parquet", index=False)
    later = tmp_path / "later"

    train(
        tmp_path / "all.parquet", divided / "holdout.parquet", divided / "split.json", later / "model.skops",
        later / "card.json", later / "refit", dials.model_copy(update={"refit": False}),
    )  # fmt: skip

    assert (later / "model.skops").read_bytes() == (tmp_path / "refit/model.skops").read_bytes()
    assert list((later / "refit").iterdir()) == []
    assert read_json(later / "card.json")["refit_sha256"] == ""


def test_more_rows_than_wanted_are_sampled_by_their_key(fit, divided, dials, tmp_path, capsys):
    """The same rows each time, nearly the same with more data, and it is told of how many."""
    held = pd.read_parquet(divided / "holdout.parquet")
    fewest = dials.model_copy(update={"max_rows": 1_000})
    card = fit(params=fewest)
    refit = read_json(tmp_path / "refit/card.json")
    again = fit(params=fewest)
    fewer = fit(lambda rows: rows[100:], fewest)

    assert (card["rows"], card["sampled_from"]) == (1_000, 3_000)
    assert (refit["rows"], refit["sampled_from"]) == (1_000, 3_000 + len(held))
    assert again == card
    assert fewer["model_sha256"] != card["model_sha256"]
    assert (fewer["rows"], fewer["sampled_from"]) == (1_000, 2_900)
    assert "on 1,000 of 3,000 rows, refitted to 1,000" in capsys.readouterr().out


def test_a_sample_keeps_most_rows_as_data_come(divided):
    """Each row is taken by its key, whatever else there is."""
    rows = pd.read_parquet(divided / "training.parquet")
    before, now = (stage._sample(PROBLEM, some, 1_000) for some in (rows[:-100], rows))

    assert len(before) == len(now) == 1_000
    assert before["time"].isin(now["time"]).mean() > 0.9
    assert now["time"].is_monotonic_increasing


def test_params_of_before_ask_for_no_refit(fit, dials):
    """A class Train that extends engine.Section knows nothing of it."""

    numbers = dials.model_dump(exclude={"refit"})
    of_before = create_model(
        "OfBefore", __base__=Section, **{name: (type(each), ...) for name, each in numbers.items()}
    )

    assert fit(params=of_before(**numbers))["refit_sha256"] == ""


def test_a_class_that_only_the_holdout_has_is_no_part_of_what_serves(divided, dials, monkeypatch, tmp_path, capsys):
    """Its probabilities would have a column that nobody judged."""
    for part, kinds in (("training", ["few", "many"]), ("holdout", ["few", "none"])):
        rows = pd.read_parquet(divided / f"{part}.parquet")
        rows.assign(vehicles=np.resize(kinds, len(rows))).to_parquet(tmp_path / f"{part}.parquet", index=False)
    monkeypatch.setattr(problem, "build", lambda _: DummyClassifier())

    train(
        tmp_path / "training.parquet", tmp_path / "holdout.parquet", divided / "split.json", tmp_path / "model.skops",
        tmp_path / "card.json", tmp_path / "refit", dials,
    )  # fmt: skip

    assert read_json(tmp_path / "card.json")["classes"] == ["few", "many"]
    assert list((tmp_path / "refit").iterdir()) == []
    assert "train: not refitted: only the holdout has none, so the refit would know classes" in capsys.readouterr().out


def test_the_saved_model_predicts_what_the_card_measured(fit, divided, tmp_path):
    """The file is the model, not a relative of it."""
    card = fit()

    history = pd.read_parquet(divided / "training.parquet")
    model = models.load(tmp_path / "model.skops", card["trusted_types"])
    predicted = models.predict(model, history.drop(columns=["time", "vehicles"]))
    assert round(np.mean(np.abs(predicted - history["vehicles"])), 6) == card["train_metrics"]["mae"]


def test_a_fresh_process_makes_the_same_model_and_card(fit, divided, dials, project, tmp_path):
    """Byte for byte, whatever the hash seed and the number of threads: a hash names the model."""
    fit()
    sections = yaml.safe_load((project / "params.yaml").read_text()) | {"train": dials.model_dump()}
    (project / "params.yaml").write_text(yaml.safe_dump(sections))
    shared.copy(divided, project / "data/3-features")
    environment = os.environ | {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "2"}

    subprocess.run(
        [sys.executable, "-m", "pipelines.train"], cwd=project, env=environment, check=True, capture_output=True
    )

    for name in ("model.skops", "card.json", "refit/model.skops", "refit/card.json"):
        assert (project / "data/4-train" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_another_seed_or_another_row_is_another_model(fit, tmp_path):
    """Equal bytes must mean equal models."""
    fit()
    before = files.sha256(tmp_path / "model.skops")

    fit(lambda rows: rows.iloc[1:])

    assert files.sha256(tmp_path / "model.skops") != before


def test_an_input_that_changes_while_training_is_noticed(fit, monkeypatch, tmp_path):
    """DVC would write down the hash of the new file for a model of the old one."""

    def build(params):
        with (tmp_path / "training.parquet").open("ab") as history:
            history.write(b"one byte more")
        return build_it(params)

    monkeypatch.setattr(problem, "build", build)

    with pytest.raises(PipelineError, match=r"training\.parquet was changed while it was being used\. Run `dvc repro`"):
        fit(lambda rows: rows)

    assert not (tmp_path / "model.skops").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.assign(vehicles=np.nan), "3,000 rows: Input y contains NaN"),
        (lambda rows: rows.assign(note="queue"), "3,000 rows: could not convert string to float: 'queue'"),
        (lambda rows: rows.assign(since=rows["time"]), "3,000 rows: float.. argument must be .*, not 'Timestamp'"),
        (lambda rows: rows.drop(columns="weather"), "3,000 rows: Some column names are not columns.*weather"),
        (lambda rows: rows.iloc[:0], "0 rows: Found array with 0 sample"),
    ],
    ids=[
        "a target that is no number",
        "a text feature nobody encodes",
        "a time as feature",
        "a column that is gone",
        "no rows",
    ],
)
def test_what_the_estimator_refuses_is_said_in_one_message(fit, tmp_path, change, said):
    """With what to change, and without a traceback or a half-written model."""
    with pytest.raises(PipelineError, match=f"the model cannot be fitted to {said}") as error:
        fit(change)

    assert "Change params.yaml, section train, or pipelines/problem/model.py" in str(error.value)
    assert not (tmp_path / "model.skops").exists()


def test_a_model_with_code_of_the_project_is_refused(fit, monkeypatch, tmp_path):
    """A champion must not change when the code does."""
    monkeypatch.setattr(problem, "build", lambda _: problem.naive())
    monkeypatch.setattr(problem.SeasonalNaive, "fit", lambda self, *_: self)
    monkeypatch.setattr(problem.SeasonalNaive, "predict", lambda _, rows: np.zeros(len(rows)))

    with pytest.raises(PipelineError, match=r"contains code of this project: pipelines\.problem\.model\.SeasonalNaive"):
        fit()

    assert not (tmp_path / "model.skops").exists()


def test_a_type_that_nobody_trusts_is_named(fit, monkeypatch, tmp_path):
    """It is either added on purpose, or left out."""
    numbers = FunctionTransformer(pd.DataFrame.select_dtypes, kw_args={"include": "number"})
    monkeypatch.setattr(problem, "build", lambda params: make_pipeline(numbers, build_it(params)[-1]))

    with pytest.raises(PipelineError, match=r"types that skops does not trust: .*If you do, add them to TRUSTED_TYPES"):
        fit()

    assert not (tmp_path / "model.skops").exists()
