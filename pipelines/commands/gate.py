"""Turn the verdict into an exit code, for CI."""

from pipelines.errors import PipelineError
from pipelines.judge import words
from pipelines.record import files, flow


def gate() -> tuple[bool, str]:
    """Return whether the current verdict is promote, and the reasons."""
    if stale := flow.stale():
        raise PipelineError(f"the verdict is out of date: {', '.join(stale)} changed or failed. Run `dvc repro`.")
    evaluation = files.read_json(flow.path_of("evaluate", "6-evaluate") / "evaluation.json")
    return evaluation["decision"] == "promote", words.verdict(evaluation)
