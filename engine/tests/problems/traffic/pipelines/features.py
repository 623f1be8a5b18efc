"""Features: divide the table into training rows and holdout, each with the columns of the model."""

from champion.core.params import Features
from champion.core.problem import Problem
from champion.core.records import Divided, Ingested, Validated
from champion.core.stage import run
from champion.features.features import check_contract, divide, split


def features(problem: Problem, ingested: Ingested, validated: Validated, params: Features) -> Divided:
    """Return training rows and holdout; refuse a feature that knows what a forecast cannot know."""
    check_contract(validated)
    division = split(problem, ingested.table, params)  # the latest days, or a share of the keys
    return divide(problem, ingested.table, division)


if __name__ == "__main__":
    run(features)
