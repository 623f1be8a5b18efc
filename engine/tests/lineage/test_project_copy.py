"""A copy is set up as the project is."""

import subprocess
import sys

from champion.lineage import project_copy

SETTINGS = {
    "cache.dir": "/some where/#1/ca,che",
    "core.remote": "my store",
    "remote.my store.url": "s3://bucket/a#b,c",
    "remote.my store.endpointurl": 'https://example.org/?a="b"',
    "remote.other.url": "/größer/it's",
}


def test_dvc_reads_back_what_is_written(tmp_path):
    """Blanks, commas, quotes and what looks like a comment included."""
    (tmp_path / ".dvc").mkdir()
    project_copy.write_settings(SETTINGS, tmp_path / ".dvc/config")

    listed = subprocess.run(
        [sys.executable, "-m", "dvc", "config", "--list", "--project"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()

    assert {*listed.splitlines()} == {f"{key}={value}" for key, value in SETTINGS.items()}
