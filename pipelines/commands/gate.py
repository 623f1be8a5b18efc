"""Turn the verdict into an exit code, for CI."""

from pipelines.errors import PipelineError
from pipelines.judge import words
from pipelines.record import files, flow


def gate() -> tuple[bool, str]:
    """Return whether the current verdict is promote, or nothing changed in the model, and the reasons."""
    if stale := flow.stale("evaluate"):
        raise PipelineError(f"the verdict is out of date: {', '.join(stale)} changed or failed. Run `dvc repro`.")
    evaluation = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    passed = evaluation["decision"] == "promote" or evaluation["reasons"] == [words.ITSELF]
    return passed, words.verdict(evaluation)
