"""The folder that a question is answered in, part by part. Who is stopped and asks again goes on where it was."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import files

KEPT = 7 * 24 * 60 * 60  # seconds that the folder of a question stays which nobody asked again


@contextmanager
def folder(*about: str) -> Iterator[Path]:
    """Yield the folder of a question, which is the same one as long as all that it is about is the same.

    It is on the disk that has room for the table, and out of git. Once it is answered the folder is deleted.
    """
    digest = hashlib.sha256("\n".join(about).encode()).hexdigest()
    place = files.REPORTS / f".predict-{digest[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    for old in files.REPORTS.glob(".predict-*"):
        if old != place and time.time() - old.stat().st_mtime > KEPT:
            shutil.rmtree(old)
    yield place
    shutil.rmtree(place)


def once(place: Path, fill: Callable[[Path], object]) -> list[Path]:
    """Let `fill` write what is in a folder, unless it was written before; return it by name."""
    if not place.exists():
        half = place.with_name(f"{place.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        fill(half)
        half.replace(place)
    return sorted(place.iterdir())
