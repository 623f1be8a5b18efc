"""What tests share is read-only on disk, and is checked at the end; a test that writes works in a copy."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
STORES = (".dvc/cache/files", ".git/objects")  # whose files are read-only wherever they are: DVC trusts one that is
State = dict[str, tuple[int, int]]


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """Yield a folder without write permission; fail if it changed, since root ignores permissions."""
    freeze(folder)
    before = state(folder)
    yield folder
    after = state(folder)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    assert not changed, f"a test wrote to what tests share, instead of to a copy: {changed[:5]} in {folder}"


def freeze(folder: Path) -> None:
    """Take the right to write from all that is in a folder, and from the folder."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~WRITE)


def state(folder: Path) -> State:
    """Return the size and the time of the last change of all that is in a folder; a deleted file changes its folder."""
    found = {path: path.lstat() for path in [folder, *folder.rglob("*")]}
    return {path.relative_to(folder).as_posix(): (each.st_size, each.st_mtime_ns) for path, each in found.items()}


def copy(original: Path, target: Path, *ignored: str) -> Path:
    """Copy a file or a folder of what tests share, to change at will."""
    if not original.is_dir():
        shutil.copyfile(original, target)
        return target
    shutil.copytree(original, target, symlinks=True, ignore=shutil.ignore_patterns(*ignored))
    for path in [target, *target.rglob("*")]:
        is_object = not path.is_dir() and any(path.is_relative_to(target / store) for store in STORES)
        if not is_object and not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return target
