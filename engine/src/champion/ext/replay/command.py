"""What other policies of promotion would have cost: the pipeline run anew as of many days of the past."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from champion.core import files, flow, pictures
from champion.core.config import Params, load_params
from champion.core.documents.replay import Replay, ReplayStep
from champion.core.errors import PipelineError, Refusal
from champion.core.problem import Problem, load
from champion.lineage import identity

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from champion.ext.replay.made import Made

KEPT = Path(".replay")  # what was made at each step; whoever deletes it waits once more
MEASURED = ("metric", "quantile", "costs", "positive", "margin")  # params of evaluate by which steps are measured
USUAL_STEPS = 13  # a year of four weeks


def replay(problem: Problem, first: date | None, last: date | None, every: int | None, workers: int) -> Replay:
    """Return what came of each policy; write reports/replay.json, .html and .png.

    `last` is by default the day up to which data is taken, `every` the length of the holdout in days, `first` a year before.

    Raises:
        PipelineError: if rows have no time, or the days are in no order.
        Refusal: if there is nothing to compare: no step but the last has a candidate that meets the floors.
    """
    params = load_params()
    wanted = _wanted(problem, first, last, every, params)
    from champion.ext.replay import steps  # noqa: PLC0415  # scikit-learn costs seconds, and mistakes are told before

    with steps.workers(workers) as pool:
        made = steps.make(problem, _folder(wanted, params), flow.SOURCE, wanted, params, pool)
        answer = _compared(problem, made, params, (wanted[1] - wanted[0]).days, pool)
    _write(answer)
    return answer


def _wanted(problem: Problem, first: date | None, last: date | None, every: int | None, params: Params) -> list[date]:
    if problem.time is None or params.ingest.as_of is None or params.features.holdout_days is None:
        raise PipelineError("rows have no time (TIME in pipelines/problem/names.py), so there is no past to replay.")
    every = every or params.features.holdout_days
    last = last or params.ingest.as_of
    first = first or last - timedelta(days=every * USUAL_STEPS)
    if len(wanted := days(first, last, every)) > 1:
        return wanted
    raise PipelineError(
        f"from {first} to {last} there are no two steps of {every} days. Change --from, --to or --every."
    )


def days(first: date, last: date, every: int) -> list[date]:
    """Return the days of the steps, the last one included.

    >>> [day.day for day in days(date(2018, 9, 1), date(2018, 9, 30), 14)]
    [2, 16, 30]
    """
    count = (last - first).days // every
    return [last - timedelta(days=every * back) for back in range(count, -1, -1)]


def _folder(wanted: list[date], params: Params) -> Path:
    """Return where these steps are kept, and forget those of other code, data or params. How the gate decides comes later."""
    sections = params.model_dump(mode="json", by_alias=True)
    sections["evaluate"] = {name: sections["evaluate"][name] for name in MEASURED}
    delivered = (path for path in sorted(flow.SOURCE.rglob("*")) if path.is_file())
    parts = {
        "code": identity.current().code,
        "environment": identity.environment(),
        "params": {**sections, **params.own},
        "delivery": {str(path): files.sha256(path) for path in delivered},
        "days": [day.isoformat() for day in wanted],
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    for other in KEPT.glob("*"):
        if other.name != digest:
            shutil.rmtree(other, ignore_errors=True)
    return KEPT / digest


def _compared(
    problem: Problem, made: list[ReplayStep | Made], params: Params, every: int, pool: ProcessPoolExecutor
) -> Replay:
    import pandas as pd  # noqa: PLC0415  # as above

    from champion.core.rows import window  # noqa: PLC0415
    from champion.ext.replay import policies  # noqa: PLC0415

    rules = params.evaluate
    stopped = {each.as_of: each.stopped for each in made if isinstance(each, ReplayStep)}
    steps = [each for each in made if not isinstance(each, ReplayStep)]
    meets = (
        place for place, each in enumerate(steps) if policies.decide(problem, each, None, rules).decision == "promote"
    )
    first = next(meets, len(steps))
    if first + 1 >= len(steps):
        raise _nothing(len(made), stopped)
    lived = list(pool.map(partial(policies.live, problem, steps, first, rules=rules), policies.policies(rules)))
    rows = pd.concat([steps[place].rows[policies.new(problem, steps, place)] for place in range(first + 1, len(steps))])
    in_use = window(rows, problem.time)
    return Replay(
        metric=rules.loss,
        every=every,
        window=(steps[0].step.as_of, steps[-1].step.as_of),
        live_window=in_use or ("", ""),
        rows=len(rows),
        stopped=stopped,
        policies=lived,
    )


def _nothing(steps: int, stopped: dict[str, str]) -> Refusal:
    from champion.ext.replay import page as report  # noqa: PLC0415  # matplotlib

    return Refusal(
        f"of {steps} steps none but the last has a candidate that meets the floors: there is nothing to replace. Begin "
        f"later, with --from, or step more often, with --every. {report.stops(stopped)}".strip()
    )


def _write(answer: Replay) -> None:
    from champion.ext.replay import page as report  # noqa: PLC0415  # matplotlib

    drawn = pictures.save(report.picture(answer), files.REPORTS / "replay.png")
    answer.write(files.REPORTS / "replay.json")
    files.write_bytes(files.REPORTS / "replay.html", report.page(answer, drawn.read_bytes()).encode())


DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=DAY, help="Day of the first step; by default 13 steps before the last.")
@click.option("--to", "last", type=DAY, help="Day of the last step; by default ingest.as_of.")
@click.option("--every", type=click.IntRange(min=1), help="Days between steps; by default features.holdout_days.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="Processes; by default one a core."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(first: datetime | None, last: datetime | None, every: int | None, workers: int, as_json: bool) -> None:
    """Say what other policies of promotion would have cost over the past. It can be stopped, and goes on where it was."""
    problem = load()
    answer = replay(problem, first and first.date(), last and last.date(), every, workers)
    from champion.ext.replay import page as report  # noqa: PLC0415  # matplotlib

    click.echo(answer.model_dump_json(indent=2) if as_json else report.text(answer))
    click.echo("reports/replay.html shows each decision", err=True)
