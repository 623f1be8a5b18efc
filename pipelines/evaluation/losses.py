"""What one row's prediction costs; a metric is the mean over rows."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from pipelines.errors import PipelineError

Loss = Callable[[np.ndarray, np.ndarray], np.ndarray]

REGRESSION: dict[str, Loss] = {
    "mae": lambda truth, predicted: np.abs(predicted - truth),
    "mse": lambda truth, predicted: (predicted - truth) ** 2,
}
# truth: position of the true class; predicted: probabilities, shape (rows, classes)
CLASSIFICATION: dict[str, Loss] = {
    "log_loss": lambda truth, predicted: -np.log(np.maximum(_of_truth(truth, predicted), 1e-15)),
    "brier": lambda truth, predicted: np.sum((predicted - np.eye(predicted.shape[1])[truth]) ** 2, axis=1),
    "error_rate": lambda truth, predicted: np.where(
        np.isnan(predicted).any(axis=1), np.nan, predicted.argmax(axis=1) != truth
    ),
}


def losses(metric: str, truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None) -> np.ndarray:
    """Return the loss of each row, in the metric's unit.

    `predicted` holds values, shape (rows,), or with `classes` their probabilities, shape (rows, classes).

    Raises:
        PipelineError: if the metric is not one for this kind of problem, or a class is unknown.

    >>> losses("mae", pd.Series([3.0, 5.0]), np.array([4.0, 1.0]), None).tolist()
    [1.0, 4.0]
    >>> losses("brier", pd.Series(["no", "yes"]), np.array([[0.9, 0.1], [0.5, 0.5]]), ["no", "yes"]).round(2).tolist()
    [0.02, 0.5]

    """
    known = REGRESSION if classes is None else CLASSIFICATION
    if metric not in known:
        kind = "regression" if classes is None else "classification"
        raise PipelineError(f"params.yaml: evaluate has the metric {metric}; {kind} has {', '.join(known)}.")
    return known[metric](_encode(truth, classes), predicted.reshape(len(truth)) if classes is None else predicted)


def metrics(truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None) -> dict[str, float]:
    """Return every metric of this kind of problem that is a finite number; none without rows."""
    known = REGRESSION if classes is None else CLASSIFICATION
    if not len(truth):
        return {}
    means = {name: float(np.mean(losses(name, truth, predicted, classes))) for name in known}
    if classes is None:
        means["rmse"] = means["mse"] ** 0.5
        means["bias"] = float(np.mean(predicted - truth.to_numpy()))
    return {name: round(value, 6) for name, value in means.items() if np.isfinite(value)}


def probability_of_truth(truth: pd.Series, predicted: np.ndarray, classes: Sequence[object]) -> np.ndarray:
    """Return the probability given to the class that came true."""
    return _of_truth(_encode(truth, classes), predicted)


def _of_truth(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return predicted[np.arange(len(truth)), truth]


def _encode(truth: pd.Series, classes: Sequence[object] | None) -> np.ndarray:
    if classes is None:
        return truth.to_numpy(dtype=float)
    places = pd.Index(list(classes)).get_indexer(pd.Index(truth))
    if (places < 0).any():
        unseen = truth[places < 0].iloc[0]
        raise PipelineError(f"a row has the class {unseen!r}, the model knows only {list(classes)}.")
    return places
