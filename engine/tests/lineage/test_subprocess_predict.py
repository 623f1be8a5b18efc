"""A model predicts in a process of its own, and what goes wrong there is one line here."""

import json
import os
import signal

import numpy as np
import pandas as pd
import pytest
import samples
from sklearn.linear_model import LinearRegression, LogisticRegression

from champion.core import models, tables
from champion.core.errors import PipelineError
from champion.lineage.subprocess_predict import Predictor

ROWS = pd.DataFrame({"rain": [0.0, 0.5, 0.0, 1.0], "hour": [0, 1, 2, 3], "note": ["a", "b", "c", "d"]})
FEATURES = ["hour", "rain"]


def write_card(path, *features):
    samples.card(trusted_types=[], features=[*features]).write(path)


def write(folder, model):
    """Write a fitted model, its card and rows; return their paths."""
    paths = folder / "model.skops", folder / "card.json", folder / "rows.parquet"
    models.save(model, paths[0], trusted=[])
    write_card(paths[1], ("hour", "int64"), ("rain", "float64"))
    tables.write(ROWS, paths[2])
    return paths


@pytest.fixture
def made(tmp_path):
    """A small model in a folder."""
    return write(tmp_path, LinearRegression().fit(ROWS[FEATURES], [10.0, 20.0, 30.0, 45.0]))


def test_it_answers_what_the_model_answers_here(made):
    """To the last bit; it finds its columns by name, and the others do not matter."""
    expected = LinearRegression().fit(ROWS[FEATURES], [10.0, 20.0, 30.0, 45.0]).predict(ROWS[FEATURES])

    assert Predictor().predict(*made).tolist() == expected.tolist()


def test_a_classifier_answers_with_probabilities(tmp_path):
    """Shape (rows, classes)."""
    made = write(tmp_path, LogisticRegression().fit(ROWS[FEATURES], ["low", "low", "high", "high"]))

    found = Predictor().predict(*made)

    assert found.shape == (4, 2)
    assert np.allclose(found.sum(axis=1), 1)


def asked_in_vain(made):
    with pytest.raises(PipelineError) as refused:
        Predictor().predict(*made)
    said = str(refused.value)
    assert "\n" not in said
    return said


def test_a_spoilt_model_is_named_in_one_line(made):
    """Not a traceback of another process."""
    made[0].write_bytes(made[0].read_bytes()[:-50])

    assert asked_in_vain(made).startswith("model.skops does not work: ")


def test_a_model_that_does_not_know_these_features_is_named_in_one_line(made):
    """scikit-learn explains over several lines; the first says it."""
    write_card(made[1], ("hour", "int64"))

    assert asked_in_vain(made).startswith("model.skops does not work: The feature names should match")


def test_a_feature_that_is_not_among_the_rows_is_named(made):
    """A card of other code."""
    write_card(made[1], ("hour", "int64"), ("moon", "str"))

    said = asked_in_vain(made)

    assert said.startswith("model.skops does not work: ")
    assert "moon" in said


def test_a_missing_card_is_named_in_one_line(made):
    """Somebody cleaned up."""
    made[1].unlink()

    assert "card.json" in asked_in_vain(made)


def test_a_process_that_was_killed_is_said_to_be(made):
    """The system does so when memory runs out, and the process has no time for last words."""
    predictor = Predictor()
    os.kill(predictor.process.pid, signal.SIGKILL)

    with pytest.raises(PipelineError, match=r"model\.skops") as refused:
        predictor.predict(*made)

    assert "\n" not in str(refused.value)


def test_another_python_is_taken_from_its_folder(made, tmp_path):
    """The environment that a model was made in has its own."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").write_text("#!/bin/sh\necho first line >&2\necho I am another Python >&2\nexit 3\n")
    (tmp_path / "bin/python").chmod(0o755)

    with pytest.raises(PipelineError, match=r"^I am another Python$"):
        Predictor(tmp_path / "bin").predict(*made)


def test_dismissed_unasked_it_ends():
    """A person said no, and nothing goes on behind the scenes."""
    predictor = Predictor()

    predictor.close()

    assert predictor.process.returncode == -signal.SIGKILL
    assert predictor.process.stdin.closed


def test_dismissed_after_its_answer_it_has_ended_well(made):
    """Whoever cleans up need not know whether it was asked."""
    predictor = Predictor()
    predictor.predict(*made)

    predictor.close()

    assert predictor.process.returncode == 0


def test_it_leaves_no_file_behind(made, tmp_path, monkeypatch):
    """Answers are read and gone."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)

    Predictor().predict(*made)

    assert list((tmp_path / "temporary").iterdir()) == []
    assert json.loads(made[1].read_text())["features"] == [["hour", "int64"], ["rain", "float64"]]
