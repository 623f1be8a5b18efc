"""What is installed is told as it is, whatever the lock says."""

from importlib.metadata import version

import pytest

from champion.core.installed import not_as_locked, packages, pinned

LOCK = """\
numpy==2.1.0 ; python_version < '3' \\
    --hash=sha256:00
numpy==2.4.0 ; python_version >= '3' \\
    --hash=sha256:11
skops==0.13 \\
    --hash=sha256:22
pywin32==300 ; sys_platform == 'win32'
"""


def test_a_lock_pins_what_is_for_this_python_and_machine():
    """A universal one has lines for others, too."""
    assert pinned(LOCK) == {"numpy": "2.4.0", "skops": "0.13"}


def test_what_is_installed_is_asked_of_python():
    """Of what the model is made of, and of what every model is made with."""
    found = packages({"pandas"})

    assert set(found) == {"numpy", "pandas", "scikit-learn", "skops"}
    assert found["scikit-learn"] == version("scikit-learn")


@pytest.mark.parametrize(
    ("installed", "moved"),
    [
        ({"numpy": "2.4.0", "skops": "0.13"}, {}),
        ({"numpy": "2.3.0", "skops": "0.13"}, {"numpy": ("2.4.0", "2.3.0")}),
        ({"mine": "1"}, {}),
    ],
)
def test_another_version_than_the_locks_is_told(tmp_path, installed, moved):
    """What the lock does not have is nobody's word against it."""
    (tmp_path / "lock").write_text(LOCK)

    assert not_as_locked(installed, tmp_path / "lock") == moved
    assert not_as_locked(installed, tmp_path / "no lock") == {}
