"""Keep a picture: equal ones give equal bytes."""

from pathlib import Path
from typing import TYPE_CHECKING

from champion.core import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: "Figure", path: Path) -> Path:
    """Write a PNG whole or not at all; return where."""
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png", metadata={"Software": None})
    return path
