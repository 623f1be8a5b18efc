"""Turn the verdict into an exit code, for CI."""

from typing import Any

from pipelines.errors import PipelineError
from pipelines.judge import words
from pipelines.record import files, flow, location


def gate() -> tuple[bool, str]:
    """Return whether the current verdict is promote, or nothing changed in the model, and the reasons."""
    evaluation = _current()
    passed = evaluation["decision"] == "promote" or evaluation["reasons"] == [words.ITSELF]
    return passed, words.verdict(evaluation)


def decision() -> str:
    """Return what there is to do: promote, nothing as it is promoted already, reject or hold."""
    evaluation = _current()
    return "promoted" if location.is_settled(flow.path_of("baseline", "record.json")) else str(evaluation["decision"])


def _current() -> dict[str, Any]:
    if stale := flow.stale("evaluate"):
        raise PipelineError(f"the verdict is out of date: {', '.join(stale)} changed or failed. Run `dvc repro`.")
    evaluation: dict[str, Any] = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    return evaluation
