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
PROBABILISTIC = ("log_loss", "brier")  # they need probabilities; decisions have the others
# truth: position of the true class, -1 if the model does not know it; predicted: probabilities, shape (rows, classes)
CLASSIFICATION: dict[str, Loss] = {
    "log_loss": lambda truth, predicted: -np.log(np.maximum(_of_truth(truth, predicted), 1e-15)),
    "brier": lambda truth, predicted: (
        np.sum((predicted - np.equal.outer(truth, np.arange(predicted.shape[1]))) ** 2, axis=1) + (truth < 0)
    ),
    "error_rate": lambda truth, predicted: np.where(
        np.isnan(predicted.astype(float)).any(axis=1), np.nan, predicted.argmax(axis=1) != truth
    ),
}


def losses(metric: str, truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None) -> np.ndarray:
    """Return the loss of each row, in the metric's unit.

    `predicted` holds values, shape (rows,), or with `classes` their probabilities, shape (rows, classes). A row of a
    class that the model does not know counts as wrong, with the probability 0.

    Decisions are true and false in place of probabilities.

    Raises:
        PipelineError: if the metric is not one for this kind of problem or of prediction.

    >>> losses("mae", pd.Series([3.0, 5.0]), np.array([4.0, 1.0]), None).tolist()
    [1.0, 4.0]
    >>> losses("brier", pd.Series(["no", "yes"]), np.array([[0.9, 0.1], [0.5, 0.5]]), ["no", "yes"]).round(2).tolist()
    [0.02, 0.5]

    """
    known = REGRESSION if classes is None else CLASSIFICATION
    if metric not in known:
        kind = "regression" if classes is None else "classification"
        raise PipelineError(f"params.yaml: evaluate has the metric {metric}; {kind} has {', '.join(known)}.")
    if predicted.dtype == bool and metric in PROBABILISTIC:
        raise PipelineError(
            f"params.yaml: evaluate has the metric {metric}, which needs probabilities; this model only decides. Take "
            "error_rate, or give it probabilities in pipelines/problem/model.py, as CalibratedClassifierCV does."
        )
    return known[metric](_encode(truth, classes), predicted.reshape(len(truth)) if classes is None else predicted)


def metrics(truth: pd.Series, predicted: np.ndarray, classes: Sequence[object] | None) -> dict[str, float]:
    """Return every metric of this kind of problem that is a finite number; none without rows."""
    known = REGRESSION if classes is None else CLASSIFICATION
    if not len(truth):
        return {}
    names = [name for name in known if predicted.dtype != bool or name not in PROBABILISTIC]
    means = {name: float(np.mean(losses(name, truth, predicted, classes))) for name in names}
    if classes is None:
        means["rmse"] = means["mse"] ** 0.5
        means["bias"] = float(np.mean(predicted - truth.to_numpy()))
    return {name: round(value, 6) for name, value in means.items() if np.isfinite(value)}


def align(predicted: np.ndarray, own: Sequence[object], classes: Sequence[object]) -> np.ndarray:
    """Return the probabilities of `classes`: 0 for those that the model does not know, whose own ones are given.

    >>> align(np.array([[0.3, 0.7]]), ["no", "yes"], ["no", "yes", "maybe"]).tolist()
    [[0.3, 0.7, 0.0]]
    """
    places = pd.Index(list(own)).get_indexer(pd.Index(list(classes)))
    return np.where(places < 0, np.zeros(1, predicted.dtype), predicted[:, places])


def unknown_classes(truth: pd.Series, classes: Sequence[object] | None) -> dict[str, int]:
    """Count the rows of each class that a model does not know; none for a regression.

    >>> unknown_classes(pd.Series(["no", "maybe"]), ["no", "yes"])
    {'maybe': 1}
    """
    unknown = truth[_encode(truth, classes) < 0] if classes is not None else truth[:0]
    return {str(name): int(count) for name, count in unknown.value_counts().sort_index().items()}


def _of_truth(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return np.where(truth < 0, 0.0, predicted[np.arange(len(truth)), truth])


def _encode(truth: pd.Series, classes: Sequence[object] | None) -> np.ndarray:
    if classes is None:
        return truth.to_numpy(dtype=float)
    return pd.Index(list(classes)).get_indexer(pd.Index(truth))
