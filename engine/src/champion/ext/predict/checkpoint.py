"""The progress of a batch, kept in a folder: who is stopped and asks the same again goes on where it was."""

import fcntl
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from champion.core import files
from champion.core.errors import PipelineError

KEPT = 7 * 24 * 60 * 60  # seconds that progress stays which nobody went on with


@contextmanager
def kept(*about: str) -> Iterator[Path]:
    """Yield the folder of a batch, which is the same one as long as all that it is about is the same.

    It is on the disk that has room for the table, and out of git. After success it is deleted.

    Raises:
        PipelineError: if another process works on the same batch.
    """
    digest = hashlib.sha256("\n".join(about).encode()).hexdigest()
    place = files.REPORTS / f".predict-{digest[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    for old in files.REPORTS.glob(".predict-*"):
        if old != place and time.time() - old.stat().st_mtime > KEPT:
            shutil.rmtree(old, ignore_errors=True)
    with (place / "lock").open("w") as lock:  # the system lets go of it, however this process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PipelineError(
                "another process predicts the same rows at this moment. Wait until it has ended, or stop it; what it has "
                "predicted by then stays."
            ) from None
        yield place
        shutil.rmtree(place, ignore_errors=True)


def filled(place: Path, fill: Callable[[Path], object]) -> list[Path]:
    """Let `fill` write what is in a folder, unless it was written before; return it by name."""
    if not place.exists():
        half = place.with_name(f"{place.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        fill(half)
        half.replace(place)
    return sorted(place.iterdir())
