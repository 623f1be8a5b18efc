"""Pictures of how a model errs: by scikit-learn's displays, every model beside the others."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import PrecisionRecallDisplay, PredictionErrorDisplay, RocCurveDisplay

from champion.evaluate.figures import COLOURS

MOST_DOTS = 2000  # more hide each other


def residuals(actual: np.ndarray, predicted: Mapping[str, np.ndarray], unit: str) -> Figure:
    """Draw values predicted against actual ones, and below what was missed against what was predicted, for each model."""
    figure = Figure(figsize=(1 + 3.2 * len(predicted), 6.4), layout="constrained")
    for column, (name, values) in zip(
        figure.subplots(2, len(predicted), squeeze=False, sharex=True, sharey="row").T, predicted.items(), strict=True
    ):
        finite = np.isfinite(values)
        for axes, kind in zip(column, ("actual_vs_predicted", "residual_vs_predicted"), strict=True):
            if finite.any():
                PredictionErrorDisplay.from_predictions(
                    actual[finite], values[finite], kind=kind, ax=axes, subsample=MOST_DOTS, random_state=0,
                    scatter_kwargs={"s": 5, "alpha": 0.5, "color": COLOURS[name]},
                    line_kwargs={"color": COLOURS["actual"], "linewidth": 1},
                )  # fmt: skip
            axes.set(xlabel=f"{unit}, predicted", ylabel="", aspect="auto")
            axes.xaxis.set_major_locator(MaxNLocator(5))
            axes.yaxis.set_major_locator(MaxNLocator(5))
        column[0].set(title=name, xlabel="")
    figure.axes[0].set_ylabel(f"{unit}, actual")
    figure.axes[len(predicted)].set_ylabel(f"{unit}, actual - predicted")
    figure.suptitle("Rows of the holdout")
    return figure


def curves(truth: pd.Series, predicted: Mapping[str, np.ndarray], classes: Sequence[object]) -> Figure:
    """Draw ROC, precision against recall, and calibration, a line per model that gives probabilities.

    Of two classes the second is the positive one; of more, each is taken against the rest and all are pooled (micro average).
    """
    told = {name: values for name, values in predicted.items() if values.dtype != bool and np.isfinite(values).all()}
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    roc, precision, calibration = figure.subplots(1, 3)
    positive = np.equal.outer(truth.to_numpy(dtype=object), np.array(classes, dtype=object))
    picked, of = slice(None), "of all classes, each against the rest"
    if len(classes) == 2:
        picked, of = slice(1, 2), f"of the class {classes[1]}"
    for name, values in told.items():
        came, chance = positive[:, picked].ravel(), np.clip(values[:, picked].ravel(), 0, 1)
        if came.any() and not came.all():
            style = {"color": COLOURS[name]}
            RocCurveDisplay.from_predictions(came, chance, name=name, ax=roc, curve_kwargs=style)
            PrecisionRecallDisplay.from_predictions(came, chance, name=name, ax=precision, curve_kwargs=style)
            CalibrationDisplay.from_predictions(
                came, chance, n_bins=10, strategy="quantile", name=name, ax=calibration, **style
            )
    roc.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")
    precision.set(title="Precision and recall", xlabel="recall", ylabel="precision")
    calibration.set(title="Calibration", xlabel="mean probability in its bin", ylabel="share that came true")
    figure.suptitle(f"Probabilities {of}" if told else "The model decides without probabilities: there is no curve")
    return figure
