"""Files at an address such as s3://bucket/rows.csv: copied here before the work, and what it wrote copied there after it."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from champion.core.errors import PipelineError
from champion.core.source import unanswered


def with_files(asked: str, out: str, work: Callable[[Path, Path], str]) -> str:
    """Let `work` read and write files, wherever they are; return what it says, with their addresses.

    Raises:
        PipelineError: what `work` raises, or if an address does not answer or has no such file.
    """
    with tempfile.TemporaryDirectory() as name:
        places = {
            address: Path(name) / kind / _last(address)
            for kind, address in (("in", asked), ("out", out))
            if "://" in address
        }
        try:
            if asked in places:
                _copied(asked, places[asked])
            said = work(places.get(asked, Path(asked)), places.get(out, Path(out)))
        except PipelineError as error:
            if name not in str(error):
                raise
            raise PipelineError(_named(str(error), places)) from None
        if out in places:
            _replaced(places[out], out)
    return _named(said, places)


def _named(text: str, places: dict[str, Path]) -> str:
    for address, place in places.items():
        text = text.replace(str(place.parent), address.rstrip("/").rpartition("/")[0])
    return text


def _last(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _opened(address: str) -> tuple[AbstractFileSystem, str]:
    try:
        storage, path = url_to_fs(address)
    except (ValueError, ImportError) as error:  # an unknown kind of address; a package that is missing
        raise PipelineError(f"{address} cannot be reached: {error}.") from None
    return storage, str(path)


def _copied(address: str, place: Path) -> None:
    storage, path = _opened(address)
    place.parent.mkdir()
    try:
        storage.get(path, str(place), recursive=storage.isdir(path))
    except FileNotFoundError:
        raise PipelineError(f"{address} does not exist.") from None
    except Exception as error:  # noqa: BLE001  # each storage has exceptions of its own
        raise unanswered(address, error) from None


def _replaced(place: Path, address: str) -> None:
    """Copy what was written, and delete what was set aside beside answers of before."""
    storage, path = _opened(address)
    parent = path.rpartition("/")[0]
    aside = f"{parent}/{place.stem}.quarantine{place.suffix}"
    try:
        if storage.exists(aside):
            storage.rm(aside)
        for file in sorted(place.parent.iterdir()):
            storage.put(str(file), f"{parent}/{file.name}")
    except Exception as error:  # noqa: BLE001  # as above
        raise unanswered(address, error) from None
