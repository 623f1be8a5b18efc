"""Validate: check the canonical table against the data contract. Nothing downstream runs on data that breaks it."""

from champion.core.problem import Problem
from champion.core.records import Ingested, Validated
from champion.core.stage import run
from champion.validate.validate import check
from pipelines.problem.params import Validate


def validate(problem: Problem, ingested: Ingested, params: Validate) -> Validated:
    """Return the report of every expectation; if a critical one fails, the pipeline stops once it is written."""
    return check(problem, ingested, params)


if __name__ == "__main__":
    run(validate)
