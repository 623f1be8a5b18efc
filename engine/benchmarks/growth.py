"""How time and memory of each stage grow with the rows: the sample's years, again and again."""

import gzip
import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.speed import run
from champion.core import flow

NOISE = 0.05  # seconds; a smaller difference is none
WEEKS = timedelta(weeks=313)  # a copy of the six years starts on the weekday and nearly on the day they began
TABLES = {"delivery": "from pipelines.problem.source import read; rows = read(flow.SOURCE)",
          "table": "rows = tables.read(flow.path('ingest', 'ingested') / 'table.parquet')"}  # fmt: skip

Cell = dict[str, float]
Runs = dict[int, dict[str, Cell]]  # {times: {stage: {seconds, peak_mb}}}


def grow(template: Path, folder: Path, plan: list[int]) -> dict[str, Any]:
    """Run every stage as its process on each delivery of the plan; the best counts, as noise only ever slows down."""
    deliveries = {times: _deliver(template, folder / f"{times}.csv.gz", times) for times in set(plan)}
    samples: dict[int, list[dict[str, Cell]]] = {times: [] for times in deliveries}
    sizes, failed, starts = {}, {}, []
    run(template, sys.executable, "-m", "compileall", "-q", "pipelines", "engine/src")  # else each copy does it again
    for number, times in enumerate(plan):
        copy = shutil.copytree(template, folder / f"grown-{number}")
        _move_time_on(copy, deliveries[times], times)
        measured, failed[times] = _stages(copy)
        samples[times].append(measured)
        sizes[times] = {name: _size(copy, read) for name, read in TABLES.items()}
        if times == 1:
            shutil.rmtree(copy / "data")
            starts.append({stage: _start(copy, stage) for stage in measured})
        shutil.rmtree(copy)
    stages = samples[1][0]
    cells = {
        times: {stage: _best([each[stage] for each in found]) for stage in stages} for times, found in samples.items()
    }
    return {"cells": cells, "start": _best(starts), "sizes": sizes, "failed": failed}


def _deliver(template: Path, path: Path, times: int) -> Path:
    """Write the delivery `times` times, one after the other in time."""
    (sample,) = (template / flow.SOURCE).glob("*.csv.gz")
    header, *lines = gzip.decompress(sample.read_bytes()).decode().splitlines()
    place = header.split(",").index("date_time")
    parts = [
        (*(row := line.split(","))[:place], datetime.fromisoformat(row[place]), *row[place + 1 :]) for line in lines
    ]
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(f"{header}\n")
        for number in range(times):
            for row in parts:
                file.write(",".join([*row[:place], str(row[place] + number * WEEKS), *row[place + 1 :]]) + "\n")
    return path


def _move_time_on(copy: Path, delivery: Path, times: int) -> None:
    (sample,) = (copy / flow.SOURCE).glob("*.csv.gz")
    shutil.copy(delivery, sample)
    params = yaml.safe_load((copy / "params.yaml").read_text())
    last = date.fromisoformat(params["ingest"]["as_of"]) + (times - 1) * WEEKS
    params["ingest"]["as_of"] = last.isoformat()
    (copy / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def _stages(copy: Path) -> tuple[dict[str, Cell], list[str]]:
    """Run the stages as dvc.yaml does; a broken contract is noted and overruled."""
    measured, failed = {}, []
    for stage, described in flow.declared(copy).items():
        ran = run(copy, *shlex.split(str(described["cmd"])), check=stage != "validate")
        measured[stage] = {"seconds": ran.seconds, "peak_mb": ran.peak_mb}
        if stage == "validate":
            failed = _overrule(flow.path("validate", "validation", copy) / "report.json", ran.output)
    return measured, failed


def _overrule(report: Path, output: str) -> list[str]:
    if not report.exists():
        sys.exit(f"validate wrote no report:\n{output}")
    found = json.loads(report.read_text())
    report.write_text(json.dumps({**found, "success": True}))
    broken = [each for each in found["checks"] if not each["success"] and each["severity"] == "critical"]
    return [f"{each['view']}.{each['column']}: {each['observed']}" for each in broken]


def _size(copy: Path, read: str) -> Cell:
    shown = "print(len(rows), rows.memory_usage(deep=True).sum() / 2**20)"
    code = f"from champion.core import flow, tables; {read}; {shown}"
    rows, mb = run(copy, sys.executable, "-c", code).output.split()
    return {"rows": int(rows), "mb": float(mb)}


def _start(copy: Path, stage: str) -> float:
    """Measure a stage where there are no data: it loads everything, says what it misses and ends."""
    ran = run(copy, sys.executable, "-m", f"pipelines.{stage}", check=False)
    if f"{stage}: " not in ran.output:
        sys.exit(f"{stage} did not say that there are no data:\n{ran.output}")
    return ran.seconds


def _best(cells: list[Cell]) -> Cell:
    return {name: min(cell[name] for cell in cells) for name in cells[0]}


def summary(grown: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Per stage: how time and memory at the most rows compare with one delivery, and with the tables."""
    cells, sizes = grown["cells"], grown["sizes"]
    most = max(cells)
    for stage, one in cells[1].items():
        top, start = cells[most][stage], grown["start"][stage]
        extra = top["peak_mb"] - one["peak_mb"]
        yield {
            "stage": stage,
            "linear": (top["seconds"] - start) / max(one["seconds"] - start, NOISE) / most,
            "tail": _tail({times: cell[stage]["seconds"] for times, cell in cells.items()}),
            "extra_mb": extra,
            **{name: extra / sizes[most][name]["mb"] for name in TABLES},
        }


def _tail(seconds: dict[int, float]) -> float | None:
    """Return the slope of the last step over that of the step before: what no fixed cost can hide in."""
    if len(seconds) < 3:
        return None
    one, middle, most = sorted(seconds)
    before, last = seconds[middle] - seconds[one], seconds[most] - seconds[middle]
    return last / before * (middle - one) / (most - middle) if before > NOISE else None


def draw(grown: dict[str, Any], path: Path) -> None:
    """Draw seconds and peak memory against rows, one line per stage, both axes logarithmic."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # only now may this process grow

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    times = sorted(grown["cells"])
    rows = [grown["sizes"][each]["delivery"]["rows"] for each in times]
    for axes, unit, label in zip(
        figure.subplots(1, 2), ("seconds", "peak_mb"), ("seconds", "peak memory, MB"), strict=True
    ):
        for stage in grown["cells"][1]:
            axes.loglog(rows, [grown["cells"][each][stage][unit] for each in times], marker="o", label=stage)
        axes.set(xlabel="rows delivered", ylabel=label)
        axes.grid(visible=True, which="both", alpha=0.2)
        axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)
