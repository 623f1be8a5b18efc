"""What the problem's naive model predicts. It is fitted anew wherever it is asked, and never saved."""

import numpy as np
import pandas as pd

from champion.core import interface, models
from champion.core.documents.model import Classes
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.core.records import Divided
from champion.evaluate import scoring
from champion.evaluate.scoring import Answers


def answers(
    problem: Problem, columns: list[str], past: pd.DataFrame, rows: pd.DataFrame
) -> tuple[np.ndarray, Classes | None]:
    """Return what it predicts for rows after it was fitted to those of the past, and its classes.

    Raises:
        PipelineError: if it does not fit, or does not predict each row.
    """
    try:
        simple = problem.model.naive().fit(past[columns], past[problem.target])
        return scoring.one_each(models.predict(simple, rows[columns]), rows), models.classes(simple)
    except Exception as error:
        if interface.blamed(error):
            raise
        raise PipelineError(f"naive() in pipelines/problem/model.py does not work: {error!r}. Repair it.") from None


def of(problem: Problem, divided: Divided, columns: list[str]) -> Answers:
    """Return its answers to the holdout, fitted to these columns of the training rows.

    Raises:
        PipelineError: as `answers`.
    """
    return Answers(*answers(problem, columns, divided.training.rows, divided.holdout.rows))
