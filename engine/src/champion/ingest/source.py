"""Ask whether upstream has another delivery than before, where DVC sees no file that changes."""

import os
import sys
from pathlib import Path

from champion.core import files, returned
from champion.core.config import load_params
from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.core.problem import Problem, load
from champion.core.source import OutOfReach
from champion.core.stage import guarded

WHERE = "pipelines/problem/source.py"


def source(problem: Problem, state: Path, params: Ingest) -> None:
    """Write which delivery there is now: while that text stays the same, ingest is not run again.

    Where the system is out of reach, the delivery of before stays, and that is said. With KEEP_DELIVERY it is not asked, as in
    CI, which judges what was committed.
    """
    asked = problem.system.state if problem.system else getattr(problem.source, "state", None)
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


if __name__ == "__main__":  # `python -m champion.ingest.source data/0-source/state`, a stage of dvc.yaml
    guarded("source", lambda: source(load(), Path(sys.argv[1]), load_params().ingest))
