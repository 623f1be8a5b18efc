"""What tests share stays as it is, and what is copied from it can be changed."""

from pathlib import Path

import pytest
import shared


@pytest.fixture
def original(tmp_path: Path) -> Path:
    for name in ("reports/old.json", ".dvc/cache/files/md5/ab/cd"):
        (tmp_path / "original" / name).parent.mkdir(parents=True)
        (tmp_path / "original" / name).write_text("as it was")
    return tmp_path / "original"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "reports/old.json").write_text("another"),
        lambda folder: (folder / "reports/new.json").touch(),
        lambda folder: (folder / "reports/old.json").unlink(),
    ],
    ids=["written", "made", "deleted"],
)
def test_a_test_that_writes_to_it_fails(original: Path, change):
    """Where it is not refused, since root may write anywhere, it is found at the end."""
    with pytest.raises((AssertionError, PermissionError)), shared.read_only(original):
        change(original)


def test_a_copy_can_be_changed_and_its_cache_is_protected_as_dvc_does_it(original: Path, tmp_path: Path):
    """DVC takes a read-only file of its cache as it is, and hashes any other."""
    with shared.read_only(original):
        copy = shared.copy(original, tmp_path / "copy")
        (copy / "reports/old.json").write_text("another")
        (copy / "reports/new.json").touch()

    assert (copy / ".dvc/cache/files/md5/ab/cd").stat().st_mode & 0o777 == 0o444
    assert (copy / "reports/old.json").stat().st_mode & 0o200
