"""Baseline: fetch the current champion from the registry, or record that there is none. Never writes to the registry."""

from champion.baseline.baseline import fetch
from champion.core.problem import Problem
from champion.core.records import Divided, Opponent, Trained
from champion.core.stage import run


def baseline(problem: Problem, divided: Divided, trained: Trained, last: Opponent) -> Opponent:
    """Return the champion's files and what the registry knows of this candidate; `last` is what the last run fetched."""
    return fetch(problem, divided, trained, last)


if __name__ == "__main__":
    run(baseline)
