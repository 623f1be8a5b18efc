"""Lay out a model as mlflow.sklearn and mlflow.pyfunc load it, around the very file that was evaluated.

mlflow.sklearn.log_model would serialise the model a second time, into other bytes, and load scikit-learn to do so.
"""

import shutil
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow import pyfunc
from mlflow.models import Model, infer_signature

from champion.core import models
from champion.core.documents.model import CARD, MODEL, REFIT, ModelCard

LOADING = {"mlflow", "numpy", "pandas", "scikit-learn", "skops"}  # what loads and serves any model


def lay_out(folder: Path, described: Model, model: Path, card: Path, refit: Path, examples: Path, python: str) -> None:
    """Write MLmodel, the judged model, its refit, their cards and their environment into a folder; the refit serves."""
    known, served = ModelCard.read(card), MODEL
    shutil.copy(model, folder / MODEL)
    shutil.copy(card, folder / CARD)
    if known.refit_sha256:
        shutil.copytree(refit, folder / REFIT)
        served = f"{REFIT}/{MODEL}"
    rows = pd.read_parquet(examples, columns=known.columns).head(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # integer columns are integers: the contract allows no gaps
        described.signature = infer_signature(_widened(rows), np.array(known.classes or [0.0]))
    pyfunc.add_to_model(
        described,
        loader_module="mlflow.sklearn",
        model_path=served,
        conda_env={"virtualenv": "python_env.yaml"},
        predict_fn="predict",
    )
    described.add_flavor(
        "sklearn",
        pickled_model=served,
        sklearn_version=version("scikit-learn"),
        serialization_format="skops",
        code=None,
        skops_trusted_types=ModelCard.read((folder / served).with_name(CARD)).trusted_types,
    )
    needed = sorted(LOADING | models.packages(folder / served))
    (folder / "requirements.txt").write_text("".join(f"{name}=={version(name)}\n" for name in needed))
    (folder / "python_env.yaml").write_text(f"python: {python}\ndependencies:\n- -r requirements.txt\n")
    described.save(str(folder / "MLmodel"))


def _widened(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with 64-bit numbers: MLflow takes a narrower one for a wider one, and CSV, SQL and Python give wide ones."""
    narrow = {name: kind for name, kind in rows.dtypes.items() if isinstance(kind, np.dtype) and kind.kind in "iuf"}
    return rows.astype({name: "float64" if kind.kind == "f" else "int64" for name, kind in narrow.items()})
