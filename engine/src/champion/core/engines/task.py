"""What is done for one part, and by how many."""

from dataclasses import dataclass
from pathlib import Path

# Of the environment: they change no byte of what comes out, so they are no params.
ENGINE, WORKERS = "PIPELINE_ENGINE", "PIPELINE_WORKERS"


@dataclass(frozen=True)
class Task:
    """The files of one part. A function that works on it touches no other, since it may run on another machine."""

    reads: tuple[Path, ...]  # files, or folders of files
    writes: tuple[Path, ...]  # each a file, which it may leave out
