"""What is installed, whether that is what the lock says, and on what kind of machine."""

import platform
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np  # noqa: F401  # its libraries are asked
from packaging.markers import InvalidMarker, Marker
from threadpoolctl import ThreadpoolController

BASE = ("numpy", "scikit-learn", "skops")  # what every model is made with


def machine() -> str:
    """Return the kind of machine: system, instruction set, and the CPU for which numpy's linear algebra was chosen.

    Two kinds may round sums in another order, so that the last digits differ.
    """
    chosen = {str(each["architecture"]) for each in ThreadpoolController().info() if each.get("architecture")}
    return " ".join([platform.system(), platform.machine(), *sorted(chosen)])


def packages(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each of these packages and of what every model is made with.

    >>> sorted(packages([])) == sorted(BASE)
    True
    """
    return {name: version(name) for name in sorted({*names, *BASE})}


def not_as_locked(installed: dict[str, str], lock: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return the packages whose version is another one than the lock has for this Python: {name: (locked, installed)}."""
    locked = pinned(lock.read_text(encoding="utf-8")) if lock.exists() else {}
    return {name: (locked[name], found) for name, found in installed.items() if locked.get(name, found) != found}


def pinned(lock: str) -> dict[str, str]:
    r"""Return the versions that a lock has for this Python and machine.

    >>> pinned('numpy==2.1.0 \\\n    --hash=sha256:0\nuv==1 ; python_version < "3"\n')
    {'numpy': '2.1.0'}
    """
    lines = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)(?: *; *([^\\\n]+))?", lock, re.MULTILINE)
    return {name: number for name, number, marker in lines if not marker or _holds(marker)}


def _holds(marker: str) -> bool:
    try:
        return Marker(marker).evaluate()
    except InvalidMarker:
        return False
