"""Train: fit the candidate on the training rows, and its refit on all rows."""

import pandas as pd

from champion.core.problem import Problem
from champion.core.records import Divided, Trained
from champion.core.stage import run
from champion.train.train import fit, packed, refit
from pipelines.problem.params import Train


def train(problem: Problem, divided: Divided, params: Train) -> Trained:
    """Return the model that is judged, and the one that serves once it has passed the gate."""
    with divided.unchanged():  # DVC looks at inputs only afterwards
        training, holdout = divided.training.rows, divided.holdout.rows
        judged = fit(problem, training, divided.split, params)
        serving = refit(problem, judged, pd.concat([training, holdout]), params)  # None without train.refit
    return packed(problem, judged, serving)  # as files, each with a card


if __name__ == "__main__":
    run(train)
