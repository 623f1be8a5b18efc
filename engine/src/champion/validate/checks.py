"""A data contract in words. Pure."""

from champion.core import words
from champion.core.documents.data import Check, ValidationReport


def check(failed: Check, called: str = "") -> str:
    """Say what is wrong so that a data engineer can act on it; `called` is the column as upstream knows it as well."""
    shown = "".join(
        "\n      " + ", ".join(f"{name} {value}" for name, value in example.items()) for example in failed.examples
    )
    place = f"{failed.view}.{called}" if called else failed.where
    where = f"[{failed.severity}] {place}: {failed.expectation}"
    return f"{where}\n      expected {failed.expected}; observed {failed.observed}{shown}"


def contract(report: ValidationReport) -> str:
    """Say how many checks there were and how many failed, in one line."""
    failed = words.plural(len(report.failed), "warning" if report.success else "failure")
    return f"{words.plural(len(report.checks), 'check')}, {failed}"


def quarantined(report: ValidationReport) -> str:
    """Say how many rows cannot be true."""
    return f"{report.counts.quarantined:,} of {report.counts.source:,}"
