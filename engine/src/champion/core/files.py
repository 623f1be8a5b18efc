"""Write files whole or not at all, name them by their content, and read packed ones."""

import bz2
import gzip
import hashlib
import json
import lzma
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from champion.core.errors import PipelineError

REPORTS = Path("reports")  # what commands write for people
STOPPED = REPORTS / "stopped.json"  # the stage that failed last, and its message
PREDICTIONS = Path("data/predictions")  # what was predicted, to be scored once its target is known
STATE = "state"  # the file, beside a delivery that is no file, that says which one was taken
PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def project() -> Path:
    """Return the folder of the project that this process stands in, or where it stands if in none."""
    here = Path.cwd()
    for folder in [here, *here.parents]:
        if (folder / "dvc.yaml").exists() and (folder / "pipelines").is_dir():
            return folder
    return here


def root() -> Path:
    """Return the project's folder, also from a temporary copy made by `dvc exp run --temp`."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()


def write_json(path: Path, content: object) -> None:
    """Write sorted, readable JSON.

    Raises:
        ValueError: if a number is not finite, since other readers of JSON refuse it.
    """
    write_bytes(path, as_json(content))


def as_json(content: object) -> bytes:
    """Return what `write_json` writes."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def write_bytes(path: Path, content: bytes) -> None:
    """Write next to the target and rename, so that a kill leaves the old file or the new one."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of `path` if nothing fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def refused(error: OSError) -> str:
    """Say which file the system did not hand out, and what may be the matter."""
    where = f" {error.filename}" if error.filename else ""
    return f"the system refused{where}: {error.strerror or error}. Repair it (disk space, permissions, a missing file)"


def opened(path: Path) -> IO[bytes]:
    """Open a file to read its bytes, unpacked if its name says that it is packed."""
    return cast("IO[bytes]", PACKED.get(path.suffix, open)(path, "rb"))


def sha256(path: Path) -> str:
    """Return the content's SHA-256 in hex; of a folder that of its files' names and digests."""
    if path.is_dir():
        named = (
            f"{sha256(file)} {file.relative_to(path).as_posix()}\n"
            for file in sorted(path.rglob("*"))
            if file.is_file()
        )
        return hashlib.sha256("".join(named).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parts(path: Path) -> list[Path]:
    """Return the files of a table, in the order in which they are read as one."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


@contextmanager
def unchanged(*paths: Path) -> Iterator[None]:
    """Notice inputs that change meanwhile: DVC hashes dependencies only afterwards (treeverse/dvc#11058).

    Raises:
        PipelineError: if the content of a path is another one at the end.
    """
    before = [sha256(path) for path in paths]
    yield
    for path, digest in zip(paths, before, strict=True):
        if sha256(path) != digest:
            raise PipelineError(f"{path} was changed while it was being used. Run `dvc repro` again.")


def check_merged() -> None:
    """Refuse files in the middle of a merge: two branches both ran, and both wrote what came of it.

    Raises:
        PipelineError: with the way out, a line per file.
    """
    remedies = {
        "params.yaml": "choose the values by hand",
        "dvc.yaml": "choose the lines by hand",
        "dvc.lock": "take either side (`git checkout --ours dvc.lock` or `--theirs`), it is written anew",
    }
    torn = [name for name in remedies if Path(name).exists() and "\n<<<<<<< " in f"\n{Path(name).read_text()}"]
    if torn:
        lines = "".join(f"\n  {name}: {remedies[name]}" for name in torn)
        raise PipelineError(
            f"{' and '.join(torn)} {'has' if len(torn) == 1 else 'have'} conflicts of a merge.{lines}\n"
            f"Then `git add {' '.join(torn)}` and `dvc repro`."
        )
