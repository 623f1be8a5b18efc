"""Ask whether upstream has another delivery than before, where DVC sees no file that changes."""

import os
from pathlib import Path

from pipelines import files, returned
from pipelines.errors import PipelineError
from pipelines.params import Ingest
from pipelines.problem import source as problem
from pipelines.sources.source import OutOfReach
from pipelines.stages.upstream import SOURCE

WHERE = "pipelines/problem/source.py"


def source(state: Path, params: Ingest) -> None:
    """Write which delivery there is now: while that text stays the same, ingest is not run again.

    Where the system is out of reach, the delivery of before stays, and that is said. With KEEP_DELIVERY it is not asked, as in
    CI, which judges what was committed.
    """
    asked = SOURCE.state if SOURCE else getattr(problem, "state", None)
    if asked is None:
        raise PipelineError(
            f"{WHERE} has no SOURCE and no state(params). Add one, or `dvc remove source`, which asks for it."
        )
    if os.environ.get("KEEP_DELIVERY") and state.exists():
        print(f"source: kept to the delivery that is committed: {_first_line(state.read_text(encoding='utf-8'))}")
        return
    try:
        text = returned.of_kind(asked(params), str, f"state() in {WHERE}", "a text: the same one for the same delivery")
    except OutOfReach as error:
        if not state.exists():
            raise
        print(
            f"source: {error}\n  Going on with the delivery of before: {_first_line(state.read_text(encoding='utf-8'))}"
        )
        return
    files.write_bytes(state, f"{text}\n".encode())
    print(f"source: {_first_line(text)}")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
