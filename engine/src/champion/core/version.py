"""Which engine this is: its version, its digest, and since which versions the same data gives other models."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ENGINE = Path(__file__).parents[1]
MAKERS = ("core", "metrics", "ingest", "features", "train")  # what models are made with
# A version is added by hand when tests/test_golden.py turns red: from it on, the same inputs give another model.
OTHER_MODELS_SINCE = ("1.0.0",)


@cache
def number() -> str:
    """Return the engine's version."""
    file = ENGINE.parents[1] / "VERSION"  # of an engine in the project's folder; it may have been upgraded meanwhile
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    try:
        return version("champion-engine")
    except PackageNotFoundError:
        return "unknown"


@cache
def digest() -> str:
    """Return the digest of what models are made with, whoever edited it."""
    files = sorted(path for room in MAKERS for path in (ENGINE / room).rglob("*.py"))
    content = (path.relative_to(ENGINE).as_posix().encode() + b"\0" + path.read_bytes() for path in files)
    return hashlib.sha256(b"\0".join(content)).hexdigest()


def recipe(of: str) -> int:
    """Return which recipe an engine of a version follows: equal recipes make equal models of equal inputs.

    >>> recipe("1.0.0"), recipe("")
    (1, 1)
    """
    known = [since for since in OTHER_MODELS_SINCE if _parts(since) <= _parts(of)]
    return max(len(known), 1)  # engines of before 1.0 made the models of 1.0


def _parts(of: str) -> list[int]:
    return [int(part) for part in of.split(".") if part.isdecimal()]
