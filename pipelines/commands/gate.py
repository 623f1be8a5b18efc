"""Turn the verdict into an exit code, for CI."""

from typing import Any, TextIO

from pipelines.errors import PipelineError
from pipelines.judge import words
from pipelines.record import files, flow, location


def gate(output: TextIO | None = None) -> tuple[bool, str]:
    """Return whether the current verdict is promote, or nothing changed in the model, and the reasons.

    What there is to do is added to the file `output`: decision=promote, promoted (already), reject or hold.
    """
    if stale := flow.stale("evaluate"):
        raise PipelineError(f"the verdict is out of date: {', '.join(stale)} changed or failed. Run `dvc repro`.")
    evaluation: dict[str, Any] = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    if output:
        settled = location.is_settled(flow.path_of("baseline", "record.json"))
        output.write(f"decision={'promoted' if settled else evaluation['decision']}\n")
    passed = evaluation["decision"] == "promote" or words.is_itself(evaluation)
    return passed, words.verdict(evaluation)
