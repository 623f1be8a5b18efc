"""What other policies of promotion would have cost: the pipeline run anew as of many days of the past."""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import click

from pipelines import files
from pipelines.config import Params, load_params
from pipelines.documents.replay import Replay, ReplayStep
from pipelines.errors import PipelineError, Refusal
from pipelines.problem.names import TIME
from pipelines.record import dvc, identity

KEPT = Path(".replay")  # what was made at each step; whoever deletes it waits once more
USUAL_STEPS = 13  # a year of four weeks


def replay(first: date | None, last: date | None, every: int | None, workers: int) -> Replay:
    """Return what came of each policy; write reports/replay.json, .html and .png.

    `last` is by default the day up to which data is taken, `every` the length of the holdout in days, `first` a year before.

    Raises:
        PipelineError: if rows have no time, or the days are in no order.
        Refusal: if there is nothing to compare: no step, or only the last one, has a candidate that meets the floors.
    """
    from pipelines.replay import steps  # noqa: PLC0415  # scikit-learn costs seconds, mistakes are told before

    params = load_params()
    wanted = _days(first, last, every, params)
    made = steps.make(_folder(wanted, params), dvc.path("ingest", "source"), wanted, params, workers)
    answer = _compared(made, params, (wanted[1] - wanted[0]).days, workers)
    _write(answer)
    return answer


def _days(first: date | None, last: date | None, every: int | None, params: Params) -> list[date]:
    from pipelines.replay import steps  # noqa: PLC0415  # as above

    if TIME is None or params.ingest.as_of is None or params.features.holdout_days is None:
        raise PipelineError("rows have no time (TIME in pipelines/problem/names.py), so there is no past to replay.")
    every = every or params.features.holdout_days
    last = last or params.ingest.as_of
    first = first or last - timedelta(days=every * USUAL_STEPS)
    if (days := steps.days(first, last, every)) and len(days) > 1:
        return days
    raise PipelineError(
        f"from {first} to {last} there are no two steps of {every} days. Change --from, --to or --every."
    )


def _folder(wanted: list[date], params: Params) -> Path:
    """Return where these steps are kept, and forget those of other code, data or params; the gate's decide later."""
    sections = params.model_dump(mode="json", by_alias=True, exclude={"evaluate"})
    delivery = {
        str(path): files.sha256(path) for path in sorted(dvc.path("ingest", "source").rglob("*")) if path.is_file()
    }
    parts = [identity.current().code, identity.environment(), sections, delivery, [day.isoformat() for day in wanted]]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    for other in KEPT.glob("*"):
        if other.name != digest:
            shutil.rmtree(other, ignore_errors=True)
    return KEPT / digest


def _compared(made: Sequence[object], params: Params, every: int, workers: int) -> Replay:
    from pipelines.replay import policies  # noqa: PLC0415  # as above
    from pipelines.replay.made import Made  # noqa: PLC0415
    from pipelines.report import replay as report  # noqa: PLC0415  # matplotlib

    rules = params.evaluate
    steps = [each for each in made if isinstance(each, Made)]
    first = next(
        (place for place, each in enumerate(steps) if policies.decide(each, None, rules).decision == "promote"), None
    )
    stopped = {each.as_of: each.stopped for each in made if isinstance(each, ReplayStep)}
    if first is None or first + 1 == len(steps):
        why = report.stops(stopped)
        raise Refusal(
            f"of {len(made)} steps none but the last has a candidate that meets the floors: there is nothing to replace. "
            f"Begin later, with --from, or step more often, with --every.{f' {why}' if why else ''}"
        )
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        lived = list(pool.map(partial(policies.live, steps, first, rules=rules), policies.policies(rules)))
    rows = [each.rows for each in steps]
    since = rows[first][TIME].max()
    used = sum(
        int((each[TIME] > before[TIME].max()).sum())
        for before, each in zip(rows[first:], rows[first + 1 :], strict=False)
    )
    begun = min(each.loc[each[TIME] > since, TIME].min() for each in rows[first + 1 :])
    return Replay(
        metric=rules.loss, every=every, window=(steps[0].step.as_of, steps[-1].step.as_of),
        live_window=(str(begun), str(rows[-1][TIME].max())), rows=used,
        stopped=stopped, policies=lived,
    )  # fmt: skip


def _write(answer: Replay) -> None:
    from pipelines.report import replay as report  # noqa: PLC0415  # matplotlib

    drawn = io.BytesIO()
    report.picture(answer).savefig(drawn, dpi=110, format="png", metadata={"Software": None})
    answer.write(files.REPORTS / "replay.json")
    files.write_bytes(files.REPORTS / "replay.png", drawn.getvalue())
    files.write_bytes(files.REPORTS / "replay.html", report.page(answer, drawn.getvalue()).encode())


@click.command()
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the first step; by default 13 steps before the last.",
)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Day of the last step; by default ingest.as_of.")
@click.option("--every", type=click.IntRange(min=1), help="Days between two steps; by default features.holdout_days.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default=True, help="Processes."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(first: datetime | None, last: datetime | None, every: int | None, workers: int, as_json: bool) -> None:
    """Say what other policies of promotion would have cost over the past. It can be stopped and started again."""
    from pipelines.report import replay as report  # noqa: PLC0415  # matplotlib

    answer = replay(first and first.date(), last and last.date(), every, workers)
    click.echo(answer.model_dump_json(indent=2) if as_json else report.text(answer))
    click.echo("reports/replay.html shows each decision", err=True)
