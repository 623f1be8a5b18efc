"""Keep models as data: skops files that hold scikit-learn types only and are equal byte for byte if the models are."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.base import BaseEstimator, is_classifier
from skops.io.exceptions import UntrustedTypesFoundException
from threadpoolctl import threadpool_limits

from pipelines import files
from pipelines.documents.model import Classes
from pipelines.errors import PipelineError

# Types that skops asks about and that hold numbers and names only: scikit-learn's compiled and private ones. A name that
# ends with a dot or an underscore stands for all that begin so.
DATA = (
    "numpy.dtype",
    "sklearn._loss.loss.",
    "sklearn.calibration._",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._",
    "sklearn.gaussian_process.kernels.",
    "sklearn.metrics._classification.",
    "sklearn.metrics._dist_metrics.",
    "sklearn.metrics._ranking.",
    "sklearn.metrics._regression.",
    "sklearn.metrics._scorer._",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils._metadata_requests.",
)
# What a spoiled file or another scikit-learn makes of loading.
UNREADABLE = (
    ValueError, TypeError, AttributeError, ImportError, KeyError, OSError, RuntimeError, zipfile.BadZipFile,
)  # fmt: skip
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file knows


def save(model: BaseEstimator, path: Path, trusted: list[str]) -> None:
    """Write the fitted model, and make sure that it can be read back.

    Raises:
        PipelineError: if it cannot be saved, or holds types that are not trusted.
    """
    try:
        content = _stable(skops.io.dumps(model))
    except TypeError as error:
        raise PipelineError(
            f"the model cannot be saved: {error}. Build it from scikit-learn types in pipelines/problem/model.py."
        ) from None
    unknown = _untrusted(skops.io.get_untrusted_types(data=content), trusted)
    ours = [name for name in [*unknown, *trusted] if name.startswith("pipelines.")]
    if ours:
        raise PipelineError(
            f"the model contains code of this project: {', '.join(ours)}. A champion must not change when the code "
            "does: build it from scikit-learn types in pipelines/problem/model.py."
        )
    if unknown:
        raise PipelineError(
            f"the model contains types that skops does not trust: {', '.join(unknown)}. If you do, add them to "
            "TRUSTED_TYPES in pipelines/problem/model.py."
        )
    files.write_bytes(path, content)


def load(path: Path, trusted: list[str]) -> BaseEstimator:
    """Read a model back; no code but scikit-learn's can run.

    Raises:
        PipelineError: if it does not load with what is installed, or holds types that are not trusted.
    """
    try:
        asked = types(path)
        return skops.io.load(path, trusted=sorted({*asked} - {*_untrusted(asked, trusted)}))
    except UntrustedTypesFoundException as error:
        raise PipelineError(
            f"{path} does not load: {str(error).splitlines()[0]} See TRUSTED_TYPES in pipelines/problem/model.py."
        ) from None
    except UNREADABLE as error:
        raise PipelineError(f"{path} does not load with the installed scikit-learn and skops: {error}") from None


def types(path: Path) -> list[str]:
    """Return the types in a model's file that skops asks about before it loads them."""
    return sorted(skops.io.get_untrusted_types(file=path))


def _untrusted(asked: list[str], trusted: list[str]) -> list[str]:
    """Return the types that neither hold data only nor are trusted by the user."""
    prefixes = tuple(name for name in DATA if name.endswith((".", "_")))
    return sorted(name for name in asked if name not in {*DATA, *trusted} and not name.startswith(prefixes))


def predict(model: BaseEstimator, features: pd.DataFrame) -> np.ndarray:
    """Return values, shape (rows,), or for a classifier probabilities, shape (rows, classes)."""
    with threadpool_limits(1, user_api="openmp"):
        predicted = model.predict_proba(features) if is_classifier(model) else model.predict(features)
    return np.asarray(predicted, dtype=float)


def classes(model: BaseEstimator) -> Classes | None:
    """Return the classes of a classifier in the order of its probabilities, None for a regressor."""
    return np.asarray(model.classes_).tolist() if is_classifier(model) else None


def _stable(content: bytes) -> bytes:
    """Renumber objects by first appearance and fix the clock: skops uses memory addresses and the time."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts.pop("schema.json").decode()
    numbers: dict[str, str] = {}
    schema = re.sub(
        r'(?<="__id__": )\d+|(?<=")\d+(?=\.npy")',
        lambda match: numbers.setdefault(match[0], str(len(numbers) + 1)),
        schema,
    )
    renamed = {re.sub(r"^\d+", lambda match: numbers[match[0]], name): part for name, part in parts.items()}
    stable = io.BytesIO()
    with zipfile.ZipFile(stable, "w") as archive:
        for name, part in [*sorted(renamed.items()), ("schema.json", schema.encode())]:
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), part)
    return stable.getvalue()
