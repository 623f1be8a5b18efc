"""Ingest: turn the delivery into one canonical table, and quarantine implausible rows."""

from champion.core.params import Ingest
from champion.core.problem import Problem
from champion.core.records import Delivery, Ingested
from champion.core.stage import run
from champion.ingest.ingest import add_up, delivered, sort_out


def ingest(problem: Problem, delivery: Delivery, params: Ingest) -> Ingested:
    """Return one row per key, typed; every other row of the delivery is merged, quarantined or counted."""
    rows = delivered(problem, delivery)  # as text, under upstream names
    sorted_out = sort_out(problem, rows, params)  # typed, one row per key, a reason for each implausible value
    return add_up(problem, rows, sorted_out, params)  # the counts add up to the delivery


if __name__ == "__main__":
    run(ingest)
