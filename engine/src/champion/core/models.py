"""Keep models as data: skops files that hold scikit-learn types only and are equal byte for byte if the models are."""

import io
import re
import time
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.base import BaseEstimator, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.model_selection._search import BaseSearchCV  # GridSearchCV, RandomizedSearchCV and the halving ones
from sklearn.pipeline import Pipeline
from skops.io.exceptions import UntrustedTypesFoundException
from threadpoolctl import threadpool_limits

from champion.core import files
from champion.core.documents.model import Classes
from champion.core.errors import PipelineError

# Types that skops asks about and that hold numbers and names only: compiled and private ones of scikit-learn. A name that
# ends with a dot or an underscore stands for all that begin so.
DATA = (
    "numpy.dtype",
    "scipy.sparse._",
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
# Attributes that hold a memory address, to save scikit-learn a second check of the same object.
ADDRESSES = re.compile(r'("_stop_words_id": \{[^{}]*"content": ")\d+')
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


def without_search(model: BaseEstimator) -> tuple[BaseEstimator, dict[str, str]]:
    """Return what predicts, and the hyperparameters that a search (GridSearchCV and its like) chose for it.

    A search keeps clock times, so that equal ones are other bytes, and nothing in it predicts but its best estimator.
    """
    if isinstance(model, Pipeline):
        last, chosen = without_search(model.steps[-1][1])
        return (Pipeline([*model.steps[:-1], (model.steps[-1][0], last)]), chosen) if chosen else (model, chosen)
    if not isinstance(model, BaseSearchCV):
        return model, {}
    if not hasattr(model, "best_estimator_"):
        raise PipelineError(
            f"the search {type(model).__name__} in pipelines/problem/model.py has refit=False, so nothing predicts. "
            "Leave refit as it is."
        )
    return model.best_estimator_, {name: str(value) for name, value in sorted(model.best_params_.items())}


def fit_params(model: BaseEstimator, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return what `fit` has to be told so that rows weigh so much in the step that learns the target; nothing for None."""
    if weights is None:
        return {}
    if isinstance(model, Pipeline):
        name, last = model.steps[-1]
        return {f"{name}__{key}": value for key, value in fit_params(last, weights).items()}
    if isinstance(model, BaseSearchCV):
        return fit_params(model.estimator, weights)
    if isinstance(model, TransformedTargetRegressor) and model.regressor is not None:
        return fit_params(model.regressor, weights)
    return {"sample_weight": weights}


def types(path: Path) -> list[str]:
    """Return the types in a model's file that skops asks about before it loads them."""
    return sorted(skops.io.get_untrusted_types(file=path))


def packages(path: Path) -> set[str]:
    """Return the names of the installed packages whose types a model's file holds."""
    with zipfile.ZipFile(path) as archive:
        modules = set(re.findall(r'"__module__": "(\w+)', archive.read("schema.json").decode()))
    owners = packages_distributions()
    return {owners[module][0] for module in modules if module in owners}


def _untrusted(asked: list[str], trusted: list[str]) -> list[str]:
    """Return the types that neither hold data only nor are trusted by the user."""
    prefixes = tuple(name for name in DATA if name.endswith((".", "_")))
    return sorted(name for name in asked if name not in {*DATA, *trusted} and not name.startswith(prefixes))


def predict(model: BaseEstimator, features: pd.DataFrame) -> np.ndarray:
    """Return values, shape (rows,), or for a classifier probabilities, shape (rows, classes).

    Where a classifier only decides, or its decisions do not follow from its probabilities, those are true or false:
    true at the class that it decides for.
    """
    with threadpool_limits(1, user_api="openmp"):
        if not is_classifier(model):
            return np.asarray(model.predict(features), dtype=float)
        if _decides(model):
            return np.asarray(model.predict(features))[:, None] == np.asarray(model.classes_)[None, :]
        return np.asarray(model.predict_proba(features), dtype=float)


def rows_per_second(model: BaseEstimator, features: pd.DataFrame) -> float:
    """Return the best of three: the machine's noise only ever slows down."""
    some, best = features.iloc[:10_000], float("inf")
    for _ in range(3):
        start = time.perf_counter()
        predict(model, some)
        best = min(best, time.perf_counter() - start)
    return len(some) / best


def _decides(model: BaseEstimator) -> bool:
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    by_threshold = isinstance(last, FixedThresholdClassifier | TunedThresholdClassifierCV)
    return by_threshold or not hasattr(model, "predict_proba")


def classes(model: BaseEstimator) -> Classes | None:
    """Return the classes of a classifier in the order of its probabilities, None for a regressor."""
    return np.asarray(model.classes_).tolist() if is_classifier(model) else None


def _stable(content: bytes) -> bytes:
    """Renumber objects by first appearance and fix the clock: skops uses memory addresses and the time."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = ADDRESSES.sub(r"\g<1>0", parts.pop("schema.json").decode())
    numbers: dict[str, str] = {}
    files_in_it = "|".join(re.escape(name) for name in parts) or "(?!)"
    schema = re.sub(
        rf'(?<="__id__": )\d+|(?<=")(?:{files_in_it})(?=")',
        lambda match: _renumbered(match[0], numbers),
        schema,
    )
    renamed = {_renumbered(name, numbers): _without_clock(name, part) for name, part in parts.items()}
    return _zipped([*sorted(renamed.items()), ("schema.json", schema.encode())])


def _renumbered(name: str, numbers: dict[str, str]) -> str:
    """Replace the memory address or random id that a name begins with by its place among all that were seen."""
    stem, dot, ending = name.partition(".")
    return f"{numbers.setdefault(stem, str(len(numbers) + 1))}{dot}{ending}"


def _without_clock(name: str, part: bytes) -> bytes:
    """Fix the clock of a sparse matrix, whose file is an archive of its own."""
    if not name.endswith(".npz"):
        return part
    with zipfile.ZipFile(io.BytesIO(part)) as archive:
        return _zipped([(each, archive.read(each)) for each in archive.namelist()])


def _zipped(parts: list[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts:
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), part)
    return packed.getvalue()
