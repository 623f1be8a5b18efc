"""Measure the pipeline against what its tools alone cost, and how it grows. `python -m benchmarks [--quick]`."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import growth, speed

REPORTS = speed.PROJECT / "reports"
COLD, NO_OP, LINEAR, MEMORY = 1.4, 1.25, 1.0, 3.0  # targets, all of them upper limits
NOISE = 0.05  # seconds; less growth than this is no growth


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="one repeat, ten times the rows instead of a hundred")
    quick = arguments.parse_args().quick
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["TMPDIR"] = temporary
        template = speed.clone(folder / "template")
        rounds = speed.pairs(template, folder, 1 if quick else 5)
        grown = growth.grow(template, folder, [1, 10] if quick else [1, 10, 1, 10, 100, 1, 10])
    REPORTS.mkdir(exist_ok=True)
    text = "\n".join(_report(rounds, grown))
    (REPORTS / "benchmark.md").write_text(text, encoding="utf-8")
    growth.draw(grown, REPORTS / "benchmark-growth.png")
    print(text)
