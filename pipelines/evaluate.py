"""Evaluate: judge the candidate against the champion and the naive model, on the same holdout rows."""

from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.core.records import Divided, Evaluated, Ingested, Opponent, Trained, Validated
from champion.core.stage import run
from champion.evaluate import naive
from champion.evaluate.evaluate import candidate, champion, evaluated
from champion.evaluate.judging import judge


def evaluate(
    problem: Problem,
    ingested: Ingested,
    validated: Validated,
    divided: Divided,
    trained: Trained,
    opponent: Opponent,
    params: Evaluate,
) -> Evaluated:
    """Return verdict, metrics, slices and pictures. A worse candidate is a result, not an error."""
    valid = validated.report.holds_for(ingested.table.sha256)
    challenger = candidate(problem, trained, divided, params, validated=valid)
    current = champion(problem, opponent, ingested, divided, trained, params)
    simple = naive.of(problem, divided, challenger.card.columns)
    scored, verdict = judge(problem, challenger, current, simple, divided.holdout.rows, params)
    return evaluated(scored, verdict, challenger, current, divided, params)


if __name__ == "__main__":
    run(evaluate)
