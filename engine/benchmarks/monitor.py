"""How soon the monitor sees what broke, and how often it cries wolf: champions of five years, watched each day.

`python -m benchmarks.monitor` writes reports/monitor.md. It needs a table (`dvc repro ingest`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the stage train fits

import numpy as np
import pandas as pd

from benchmarks import project
from champion.core import files, flow, tables
from champion.core.config import load_params
from champion.core.problem import Problem
from champion.metrics.decay import Days, alarms, by_day, episodes

DAY = pd.Timedelta(days=1)
ORIGINS = pd.date_range("2013-10-07", "2018-03-01", freq="112D")  # each becomes champion, judged on the 28 days before
YEAR, WATCHED = 365, 84  # days: without a break, and after one
AGES = (0, 180)  # days in charge when it breaks
BREAKS = ("rush hour an hour late", "traffic halved", "traffic -10 %", "noise doubled")


@dataclass(frozen=True)
class History:
    """The table, a champion and the naive model."""

    problem: Problem
    table: pd.DataFrame
    model: object
    simple: object

    def days(self, target: np.ndarray, first: pd.Timestamp, last: pd.Timestamp) -> Days:
        """Return what each day cost, if the target is this."""
        told = self.problem.features.features(self.table.assign(**{self.problem.target: target}))
        times = self.table[self.problem.time]
        day = times.dt.normalize().to_numpy()
        mine = ((times >= first - 28 * DAY) & (times < last)).to_numpy()
        theirs = (times < last).to_numpy()
        costs = np.abs(self.model.predict(told[mine]) - target[mine])  # type: ignore[attr-defined]
        usual = np.abs(self.simple.predict(told[theirs]) - target[theirs])  # type: ignore[attr-defined]
        return Days(by_day(costs, day[mine], None), by_day(usual, day[theirs], None), first)


def broken(problem: Problem, kind: str, table: pd.DataFrame, start: pd.Timestamp) -> np.ndarray:
    """Return the target as it comes from some day on."""
    known, times = table.set_index(problem.time)[problem.target], table[problem.time]
    target, after = known.to_numpy(dtype=float), (times >= start).to_numpy()
    hour_before = known.reindex(times - pd.Timedelta(hours=1)).to_numpy(dtype=float)
    noise = np.random.default_rng(7).normal(0, 350, len(target))  # as much as the model misses
    instead = {
        "rush hour an hour late": np.where(np.isnan(hour_before), target, hour_before),
        "traffic halved": target / 2,
        "traffic -10 %": target * 0.9,
        "noise doubled": np.maximum(target + noise, 1.0),
    }
    return np.where(after, instead[kind], target)


def champions(problem: Problem, table: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, History]]:
    """Yield each champion with the first day of its charge."""
    made, params = problem.features.features(table), load_params()
    for first in ORIGINS:
        past = (table[problem.time] < first - 28 * DAY).to_numpy()
        if past.sum() >= 5000:
            models, known = (problem.model.build(params.train), problem.model.naive()), table.loc[past, problem.target]
            yield first, History(problem, table, *(each.fit(made[past], known) for each in models))


def main() -> None:
    """Watch each champion without a break, and after each."""
    problem = project.enter()
    table, rules = tables.read(flow.path("ingest", "ingested") / "table.parquet"), load_params().evaluate
    times = table[problem.time]
    false, years = 0, 0.0
    seen: dict[tuple[str, int], list[int]] = {(kind, age): [] for kind in BREAKS for age in AGES}
    for first, history in champions(problem, table):
        told = alarms(history.days(table[problem.target].to_numpy(dtype=float), first, first + YEAR * DAY), rules)
        false += episodes(told)
        years += len(told) / YEAR
        for (kind, age), days in seen.items():
            start = first + age * DAY
            after = (times >= start) & (times < start + WATCHED * DAY)
            if times[after].dt.normalize().nunique() > WATCHED * 0.8:
                target = broken(problem, kind, table, start)
                told = alarms(history.days(target, first, start + WATCHED * DAY), rules)[start:]
                days.append(int(np.argmax(told)) + 1 if told.any() else 999)
        print(first.date(), flush=True)
    lines = [f"False alarms without a break: {false / years:.1f} a year, over {years:.1f} years in charge.", ""]
    lines += ["| break | new champion: seen, median days | after 180 days |", "|---|---|---|"]
    for kind in BREAKS:
        cells = [
            f"{sum(d < 999 for d in seen[kind, a])} of {len(seen[kind, a])}, {np.median(seen[kind, a]):.0f}"
            for a in AGES
        ]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    files.write_bytes(files.REPORTS / "monitor.md", "\n".join([*lines, ""]).encode())
    print("\n".join(lines))


if __name__ == "__main__":
    main()
