"""The candidate of the first run, against champions of all kinds."""

from pathlib import Path

import pandas as pd
import pytest
import shared
from conftest import Prepared
from jsons import read_json
from samples import card
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from stages import evaluate

from champion.core import models
from champion.core.config import Params
from champion.core.documents.evaluation import Evaluation, HoldoutRows
from champion.core.documents.model import ModelCard
from champion.core.errors import PipelineError
from champion.core.files import sha256, write_json
from champion.core.params import Evaluate
from champion.evaluate import scoring


class Trial:
    """Files of a finished run, a champion's folder to fill, and the verdict."""

    def __init__(self, world: Prepared, folder: Path, rules: Evaluate) -> None:
        self.rules = rules
        self.data, self.champion, self.out = world.path / "data", folder / "champion", folder / "out"
        self.champion.mkdir()
        for name in ("model.skops", "card.json"):
            shared.copy(self.data / "4-train" / name, self.champion / name)
        shared.copy(self.data / "4-train/refit", self.champion / "refit")
        self.refit = self.data / "4-train/refit"
        self.identity = {"champion": {"name": "v1", "version": "1"}, "obstacle": "", "rolled_back": "", "tries": 0}

    def card(self, **changes: object) -> None:
        write_json(self.champion / "card.json", {**read_json(self.champion / "card.json"), **changes})

    def verdict(self, **params: object) -> Evaluation:
        write_json(self.champion / "identity.json", self.identity)
        paths = {
            "table": self.data / "1-ingest/table.parquet", "report": self.data / "2-validate/report.json",
            "training": self.data / "3-features/training.parquet", "holdout": self.data / "3-features/holdout.parquet",
            "model": self.data / "4-train/model.skops", "card": self.data / "4-train/card.json", "refit": self.refit,
            "champion": self.champion,
        }  # fmt: skip
        evaluate(paths, self.out, self.rules.model_copy(update=params))
        return Evaluation.read(self.out / "evaluation.json")


@pytest.fixture
def trial(first_champion: Prepared, tmp_path: Path, params: Params) -> Trial:
    return Trial(first_champion, tmp_path, params.evaluate)


def test_the_champion_itself_is_not_promoted(trial: Trial):
    """The same bytes cannot be better than themselves."""
    evaluation = trial.verdict()

    assert evaluation.decision == "reject"
    assert evaluation.texts == ["it is the champion itself, to the byte"]
    assert evaluation.metrics["candidate"] == evaluation.metrics["champion"]


def test_a_refit_that_is_not_what_was_judged_is_looked_at(trial: Trial, tmp_path: Path):
    """Nothing is promoted whose shipped bytes answer otherwise than more rows explain."""
    refit = tmp_path / "refit"
    shared.copy(trial.refit, refit)
    rows = pd.read_parquet(trial.data / "3-features/holdout.parquet")
    held = ModelCard.read(refit / "card.json")
    usual = DummyRegressor().fit(rows[held.columns], rows["vehicles"])
    models.save(usual, refit / "model.skops", [])
    held.model_copy(update={"trusted_types": models.types(refit / "model.skops")}).write(refit / "card.json")
    trial.refit = refit

    evaluation = trial.verdict(mode="replace")

    assert evaluation.outcome == "cannot be judged"
    said = next(reason for reason in evaluation.reasons if reason.rule == "shipped").text
    assert said.startswith("what would serve is not what was judged: the refit loses ")
    assert "more on the training rows" in said
    assert said.endswith("with train.refit: false the judged model serves")


def test_what_serves_has_to_be_small_and_fast(trial: Trial):
    """The judged model is not what users wait for."""
    size = (trial.refit / "model.skops").stat().st_size / 1e6

    evaluation = trial.verdict(max_model_mb=size / 2)

    assert f"the model has {size:.1f} MB" in evaluation.texts[0]


def test_judging_twice_gives_the_same_bytes(trial: Trial, tmp_path: Path):
    """No clock, no path and no chance stands in what DVC caches."""
    trial.verdict()
    first = {path.name: sha256(path) for path in trial.out.iterdir()}
    trial.verdict()

    assert {path.name: sha256(path) for path in trial.out.iterdir()} == first


def test_a_champion_that_does_not_load_means_hold(trial: Trial):
    """Neither crash nor promote: a person has to look."""
    (trial.champion / "model.skops").write_bytes(b"PK of another kind")
    trial.card(model_sha256="another")

    evaluation = trial.verdict()

    assert evaluation.decision == "hold"
    assert "champion v1 cannot be used" in evaluation.texts[0]
    assert "champion" not in evaluation.metrics


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda features: [*features, ["humidity", "float64"]], "the champion needs the feature humidity, which is no longer made"),
        (lambda features: [["hour", "float64"], *features[1:]], "the champion needs hour as float64, it is int32 now"),
    ],
    ids=["gone", "another type"],
)  # fmt: skip
def test_a_feature_the_champion_needs_and_no_longer_gets_means_hold(trial: Trial, change, said: str):
    """Apples are not compared with pears."""
    trial.card(model_sha256="another", features=change(read_json(trial.champion / "card.json")["features"]))

    evaluation = trial.verdict()

    assert evaluation.decision == "hold"
    assert said in evaluation.texts[0]


def test_a_feature_that_changed_its_meaning_means_hold(trial: Trial):
    """Rows that the champion was trained on travel with it and are compared."""
    examples = read_json(trial.champion / "card.json")["examples"]
    celsius = [str(float(value) - 273.15) for value in examples["temperature_k"]]
    trial.card(model_sha256="another", examples={**examples, "temperature_k": celsius})

    evaluation = trial.verdict()

    assert evaluation.decision == "hold"
    assert "the champion learned another temperature_k" in evaluation.texts[0]
    assert trial.verdict(mode="replace").decision == "promote"


def test_rows_the_champion_was_trained_on_do_not_count(trial: Trial):
    """A champion that knows the holdout's first three weeks is judged on the last."""
    split = {**read_json(trial.champion / "card.json")["split"], "start": "2018-09-24T00:00:00"}
    trial.card(model_sha256="another", split=split)

    evaluation = trial.verdict()

    assert evaluation.holdout == HoldoutRows(
        rows=168, blocks=7, window=("2018-09-24 00:00:00", "2018-09-30 23:00:00")
    )  # fmt: skip
    assert trial.verdict(min_rows=169).decision == "hold"


def test_a_contract_that_held_for_another_table_does_not_count(trial: Trial, tmp_path: Path):
    """Evidence belongs to one table, not to one file name."""
    trial.identity["champion"] = None
    report = {**read_json(trial.data / "2-validate/report.json"), "table_sha256": "of another day"}
    shared.copy(trial.data, tmp_path / "data")
    trial.data = tmp_path / "data"
    write_json(trial.data / "2-validate/report.json", report)

    evaluation = trial.verdict()

    assert evaluation.decision == "reject"
    assert evaluation.texts == ["the data contract did not pass for this very table; run `dvc repro`"]


def test_a_candidate_trained_on_the_holdout_is_rejected(trial: Trial, tmp_path: Path):
    """A perfect score on rows that it has seen is none."""
    trial.identity["champion"] = None
    shared.copy(trial.data, tmp_path / "data")
    trial.data = tmp_path / "data"
    known = read_json(trial.data / "4-train/card.json")
    write_json(trial.data / "4-train/card.json", {**known, "split": {**known["split"], "start": "2018-09-10T00:00:00"}})

    assert trial.verdict().texts == ["it was trained on 168 of the holdout rows: a leak"]


def test_a_candidate_that_meets_a_gap_for_the_first_time_is_told():
    """Training had none, so it fitted; no traceback of scikit-learn."""
    candidate = LinearRegression().fit(pd.DataFrame({"rain": [0.0, 1.0]}), [1.0, 2.0])

    with pytest.raises(PipelineError, match="does not predict the 1 holdout rows: Input X contains NaN"):
        scoring.candidate_answers(
            candidate, card(features=[("rain", "float64")]), pd.DataFrame({"rain": [float("nan")]})
        )


@pytest.mark.parametrize(
    "said", ["too slow", [3], 3, None], ids=["a text", "a number in a list", "a number", "nothing"]
)
def test_rules_that_return_no_findings_are_told(trial: Trial, monkeypatch, said: object):
    """A text is the likeliest mistake: the effect is missing."""
    monkeypatch.setattr("pipelines.problem.rules.rules", lambda *_: said)

    with pytest.raises(PipelineError, match=r"rules\(\) in pipelines/problem/rules.py returned .* a Finding"):
        trial.verdict()
