"""A model is laid out so that MLflow loads and serves the very bytes that were evaluated."""

from importlib.metadata import version
from pathlib import Path

import mlflow.sklearn
import pandas as pd
import pytest
import yaml
from mlflow.models import Model
from samples import card
from sklearn.linear_model import LinearRegression

from champion.core import models
from champion.registry import packaging


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A line through three points, packed."""
    rows = pd.DataFrame({"hour": [0, 1, 2]})
    models.save(LinearRegression().fit(rows, [1.0, 3.0, 5.0]), tmp_path / "model.skops", [])
    card(features=[("hour", "int64")], trusted_types=[]).write(tmp_path / "card.json")
    rows.to_parquet(tmp_path / "rows.parquet")
    packed = tmp_path / "packed"
    packed.mkdir()
    packaging.lay_out(
        packed,
        Model(),
        tmp_path / "model.skops",
        tmp_path / "card.json",
        tmp_path / "refit",
        tmp_path / "rows.parquet",
        "3.11.9",
    )
    return packed


def test_mlflow_loads_what_was_evaluated(folder: Path):
    """As scikit-learn model and as a function of rows."""
    asked = pd.DataFrame({"hour": [3]})

    assert mlflow.sklearn.load_model(str(folder)).predict(asked) == pytest.approx([7.0])
    assert mlflow.pyfunc.load_model(str(folder)).predict(asked) == pytest.approx([7.0])


def test_rows_of_another_shape_are_refused(folder: Path):
    """The signature holds callers to the features."""
    with pytest.raises(mlflow.exceptions.MlflowException, match="hour"):
        mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame({"minute": [3]}))


def test_the_bytes_are_the_same_and_the_environment_is_told(folder: Path):
    """Nothing is serialised a second time."""
    assert (folder / "model.skops").read_bytes() == (folder.parent / "model.skops").read_bytes()
    assert f"scikit-learn=={version('scikit-learn')}\n" in (folder / "requirements.txt").read_text()
    assert yaml.safe_load((folder / "python_env.yaml").read_text())["python"] == "3.11.9"


def test_classes_are_answered_as_they_are_named(folder: Path, tmp_path: Path):
    """The signature of a classifier says text, not a number."""
    card(features=[("hour", "int64")], classes=["ham", "spam"]).write(tmp_path / "card.json")
    described = Model()
    packaging.lay_out(
        folder,
        described,
        tmp_path / "model.skops",
        tmp_path / "card.json",
        tmp_path / "refit",
        tmp_path / "rows.parquet",
        "3.11.9",
    )

    assert described.signature.outputs.to_dict()[0]["tensor-spec"]["dtype"] == "str"


@pytest.mark.parametrize("trained", ["int32", "int64"])
@pytest.mark.parametrize("given", ["int8", "int32", "int64"])
def test_whole_numbers_of_any_width_are_taken(tmp_path: Path, trained: str, given: str):
    """An hour is int32 to pandas, and int64 to whoever reads it from CSV or SQL: the signature refused that."""
    rows = pd.DataFrame({"hour": [0, 1, 2]}).astype(trained)
    models.save(LinearRegression().fit(rows, [1.0, 3.0, 5.0]), tmp_path / "model.skops", [])
    card(features=[("hour", trained)], trusted_types=[]).write(tmp_path / "card.json")
    rows.to_parquet(tmp_path / "rows.parquet")
    (packed := tmp_path / "packed").mkdir()
    files = (tmp_path / name for name in ("model.skops", "card.json", "refit", "rows.parquet"))
    packaging.lay_out(packed, Model(), *files, "3.11.9")

    asked = pd.DataFrame({"hour": [3]}).astype(given)

    assert mlflow.pyfunc.load_model(str(packed)).predict(asked) == pytest.approx([7.0])
