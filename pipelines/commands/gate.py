"""Turn the verdict into an exit code, for CI."""

from pipelines.judge import words
from pipelines.record import files, flow


def gate() -> tuple[bool, str]:
    """Return whether the current verdict is promote, and the reasons."""
    evaluation = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    return evaluation["decision"] == "promote", words.verdict(evaluation)
