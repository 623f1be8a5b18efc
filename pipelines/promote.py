"""Promote: record the candidate in MLflow and, if the verdict says so, make it champion."""

import os

from champion.core.problem import Problem
from champion.core.records import Decided, Divided, Evaluated, Ingested, Opponent, Trained, Validated
from champion.core.stage import run
from champion.promote.candidate import Candidate
from champion.promote.promote import settle


def promote(
    problem: Problem,
    ingested: Ingested,
    validated: Validated,
    divided: Divided,
    trained: Trained,
    opponent: Opponent,
    evaluated: Evaluated,
    decided: Decided,
) -> Decided:
    """Return the decision, once the registry agrees with it; safe to repeat, to kill, and beside another promotion."""
    experiment = os.environ.get("DVC_EXP_NAME", "")  # of `dvc exp run`: recorded, never promoted
    candidate = Candidate(ingested, validated, divided, trained, opponent, evaluated, decided, experiment)
    return settle(problem, candidate)


if __name__ == "__main__":
    run(promote)
