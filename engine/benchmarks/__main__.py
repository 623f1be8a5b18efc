"""Measure the pipeline against what its tools alone cost, and how it grows. `python -m benchmarks [--quick]`."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import growth, speed

REPORTS = speed.PROJECT / "reports"
COLD, NO_OP, LINEAR, MEMORY = 1.4, 1.25, 1.0, 3.0  # targets, all of them upper limits


def main() -> None:
    """Measure everything, write reports/benchmark.md and reports/benchmark-growth.png."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="one repeat, ten times the rows instead of a hundred")
    quick = arguments.parse_args().quick
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["TMPDIR"] = temporary
        template = speed.clone(folder / "template")
        rounds = speed.pairs(template, folder, 1 if quick else 5)
        grown = growth.grow(template, folder, [1, 10] if quick else [1, 10, 1, 10, 100, 1])
    REPORTS.mkdir(exist_ok=True)
    text = "\n".join(_report(rounds, grown))
    (REPORTS / "benchmark.md").write_text(text, encoding="utf-8")
    growth.draw(grown, REPORTS / "benchmark-growth.png")
    print(text)


def _report(rounds: list[dict[str, float]], grown: dict[str, Any]) -> Iterator[str]:
    most, found = max(grown["cells"]), list(growth.summary(grown))
    yield "# Benchmark\n"
    yield f"Ratios are medians (and extremes) of {len(rounds)} rounds; in a round all sides are measured one after the other.\n"
    yield from _table("what", "target", "figure", "")
    yield _ratio(rounds, "cold `dvc repro` / bare imports and fit", "cold run", "imports and fit", COLD)
    yield _ratio(
        rounds,
        "no-op `dvc repro` / empty stages and `import mlflow`",
        "no-op run",
        "empty stages and import mlflow",
        NO_OP,
    )
    yield _ratio(rounds, "cold `dvc repro` / one bare script", "cold run", "script", None)
    for each in found:
        yield _row(
            f"{each['stage']}: row-dependent time at {most}x / {most} x that at 1x",
            f"≤ {LINEAR}",
            f"{each['linear']:.2f}",
            _verdict(each["linear"], LINEAR),
        )
    for each in found:
        yield _row(
            f"{each['stage']}: extra peak memory at {most}x / delivery in memory",
            f"≤ {MEMORY}",
            f"{each['delivery']:.2f}",
            _verdict(each["delivery"], MEMORY),
        )
    yield from ("\n## Seconds, medians\n", *_table("part", "seconds"))
    yield from (_row(name, f"{median(each[name] for each in rounds):.2f}") for name in rounds[0])
    yield from ("\n## Growth\n", *_growth(grown, found))


def _ratio(rounds: list[dict[str, float]], what: str, ours: str, theirs: str, limit: float | None) -> str:
    ratios = sorted(each[ours] / each[theirs] for each in rounds)
    figure = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return _row(what, f"≤ {limit}", figure, _verdict(median(ratios), limit)) if limit else _row(what, "", figure, "")


def _growth(grown: dict[str, Any], found: list[dict[str, Any]]) -> Iterator[str]:
    cells, times = grown["cells"], sorted(grown["cells"])
    yield from _table("stage", "start-up s", *(f"{each}x: s" for each in times), *(f"{each}x: rows/s" for each in times),
                      "last slope / slope before")  # fmt: skip
    for each in found:
        stage = each["stage"]
        seconds = [cells[size][stage]["seconds"] for size in times]
        rates = [grown["sizes"][size]["delivery"]["rows"] / spent for size, spent in zip(times, seconds, strict=True)]
        tail = f"{each['tail']:.2f}" if each["tail"] else ""
        yield _row(
            stage,
            f"{grown['start'][stage]:.2f}",
            *(f"{spent:.2f}" for spent in seconds),
            *(f"{rate:,.0f}" for rate in rates),
            tail,
        )
    yield ""
    yield from _table("stage", *(f"{each}x: peak MB" for each in times), "extra MB", "/ delivery", "/ table")
    for each in found:
        peaks = [f"{cells[size][each['stage']]['peak_mb']:,.0f}" for size in times]
        yield _row(each["stage"], *peaks, f"{each['extra_mb']:,.0f}", f"{each['delivery']:.2f}", f"{each['table']:.2f}")
    yield ""
    yield from _table(
        "size",
        "delivery: rows",
        "delivery: MB as pandas loads it",
        "canonical table: rows",
        "canonical table: MB",
        "critical checks that failed, overruled",
    )
    for size in times:
        known = grown["sizes"][size]
        yield _row(
            f"{size}x",
            *(f"{known[name][unit]:,.0f}" for name in growth.TABLES for unit in ("rows", "mb")),
            "; ".join(grown["failed"][size]) or "none",
        )
    yield "\n![Growth](benchmark-growth.png)\n"


def _table(*names: str) -> list[str]:
    return [_row(*names), "|---" * len(names) + "|"]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(figure: float, limit: float) -> str:
    return "pass" if figure <= limit else "miss"


if __name__ == "__main__":
    main()
