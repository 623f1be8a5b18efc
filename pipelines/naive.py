"""What the problem's naive model predicts. It is fitted anew wherever it is asked, and never saved."""

import numpy as np
import pandas as pd

from pipelines import interface
from pipelines.documents.model import Classes
from pipelines.errors import PipelineError
from pipelines.problem.model import naive
from pipelines.problem.names import TARGET
from pipelines.record import models


def answers(columns: list[str], past: pd.DataFrame, rows: pd.DataFrame) -> tuple[np.ndarray, Classes | None]:
    """Return what it predicts for rows after it was fitted to those of the past, and its classes.

    Raises:
        PipelineError: if it does not fit, or does not predict each row.
    """
    try:
        simple = naive().fit(past[columns], past[TARGET])
        return one_each(models.predict(simple, rows[columns]), rows), models.classes(simple)
    except Exception as error:
        if interface.blamed(error):
            raise
        raise PipelineError(f"naive() in pipelines/problem/model.py does not work: {error!r}. Repair it.") from None


def one_each(predicted: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Return predictions if there is one for each row."""
    if len(predicted) != len(rows):
        raise ValueError(f"it gave {len(predicted):,} predictions for {len(rows):,} rows")
    return predicted
