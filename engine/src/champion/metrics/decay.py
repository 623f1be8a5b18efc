"""Whether a champion still does in use what it did when it was promoted. Pure.

With time, what its newest two weeks cost is held against its own past, twice: after what the season costs the naive model,
which knows of hard weeks too, and beside the naive model on the same days. Spread comes from resampling the days of its past.
The limits were chosen by replay for at most one false alarm a year: `python -m benchmarks.monitor`, docs/operate.md.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from champion.core.documents.monitor import Decay
from champion.core.drift import YEARS
from champion.core.params import Evaluate
from champion.metrics import bootstrap
from champion.metrics.aggregates import Loss

WINDOW = 14  # days that are judged together
MILD = 0.7  # share of them that counts, those that cost least: a holiday is no decay
YEAR = 365  # days of its past, at most
FEW = 21  # days: fewer are no past, and the holdout stands in for it
LEVEL, BESIDE_NAIVE = 3.0, 3.5  # standard deviations
ROUNDS = 500
SHIFTS = range(-7, 8)  # days around the same day of the years before


@dataclass(frozen=True)
class Days:
    """What a row costs on the average of each day, in order of time."""

    champion: pd.Series  # of rows that it was not trained on: those of its holdout, then those since
    naive: pd.Series  # of all rows
    first: pd.Timestamp  # first day after its holdout


def decay(then: float, loss: Loss, blocks: np.ndarray, rules: Evaluate, days: Days | None = None) -> Decay | None:
    """Compare the loss on the newest rows with that at promotion; None if the rows cannot tell.

    Without `days`, decayed means: surely above `then` by more than the share `max_decay`.
    """
    told = bool(np.isfinite(loss.by_row).all())  # a loss that is no number has decayed
    few = len(loss.by_row) < rules.min_rows or len(np.unique(blocks)) < rules.min_blocks
    if few or (told and np.isnan(loss.total)):
        return None
    spread = bootstrap.resamples(loss, blocks, rules.bootstrap_rounds, rules.seed)
    low, high = bootstrap.interval(spread, blocks, 1 - rules.confidence)
    since = decayed_since(days, rules) if days and told else None
    decayed = not told or (since is not None if days else low > then * (1 + rules.max_decay))
    then, now, low, high = (round(float(each), 6) for each in (then, loss.total, low, high))
    return Decay(then=then, now=now, low=low, high=high, decayed=decayed, since=since and str(since.date()))


def by_day(costs: np.ndarray, day: np.ndarray, weights: np.ndarray | None) -> pd.Series:
    """Return the mean cost of each day's rows, by day.

    >>> by_day(np.array([1.0, 3.0]), np.array(["2018-01-01", "2018-01-01"], "datetime64[ns]"), None).tolist()
    [2.0]
    """
    weights = np.ones(len(costs)) if weights is None else weights
    sums = pd.DataFrame({"cost": weights * costs, "weight": weights}).groupby(day).sum()
    return (sums["cost"] / sums["weight"]).dropna()


def decayed_since(days: Days, rules: Evaluate) -> pd.Timestamp | None:
    """Return the day from which there was an alarm on each day up to the last; None if there is none on that."""
    alarm = alarms(days, rules)
    quiet = alarm[~alarm]
    lasting = alarm if quiet.empty else alarm[quiet.index[-1] :][1:]
    return None if lasting.empty else pd.Timestamp(lasting.index[0])


def alarms(days: Days, rules: Evaluate) -> pd.Series:
    """Return for each day after the holdout whether the window up to it cost more than it should."""
    naive = days.naive.reindex(days.champion.index)
    beside = (days.champion / naive)[naive > 0]
    after_season = _too_much(days.champion, LEVEL, days.first, rules, days.naive)
    beside_naive = _too_much(beside, BESIDE_NAIVE, days.first, rules, None)
    return after_season | beside_naive.reindex(after_season.index, fill_value=False)


def episodes(alarm: pd.Series, quiet: int = 28) -> int:
    """Count alarms, of which those less than `quiet` days apart are one.

    >>> episodes(pd.Series([True, True, False, True], pd.to_datetime(["2018-01-01", "2018-01-02", "2018-01-03", "2018-03-01"])))
    2
    """
    alarmed = alarm.index[alarm]
    return int((np.diff(alarmed) > pd.Timedelta(days=quiet)).sum()) + (len(alarmed) > 0)


def _too_much(
    costs: pd.Series, limit: float, first: pd.Timestamp, rules: Evaluate, hard: pd.Series | None
) -> pd.Series:
    """Return for each day after the holdout whether the window up to it cost more than its past.

    `hard` tells what each day costs the naive model: as much more as the season costs that is expected. Days of an alarm are
    no past: what lasts long would become the usual.
    """
    values, judged = costs.to_numpy(), int((costs.index < first).sum())
    rng, usual = np.random.default_rng(rules.seed), np.ones(len(values), dtype=bool)
    told = pd.Series(False, index=costs.index[judged:])
    for place in range(judged, len(values)):
        start = max(place - WINDOW + 1, 0)
        past = values[:start][usual[:start]][-YEAR:]
        past = past if len(past) >= FEW else values[:judged]
        excess, spread = _excess(values[start : place + 1], past, rng)
        bar = max(limit * spread, np.log1p(rules.max_decay))
        if excess > bar and hard is not None:
            excess -= np.log(_hardness(hard, costs.index[place]))
        if excess > bar:
            told.iloc[place - judged] = True
            usual[max(start, judged) : place + 1] = False
    return told


def _excess(window: np.ndarray, past: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the logarithm of how much more these days cost than those of the past, and its standard deviation."""
    if not len(past):
        return 0.0, 0.0
    floor = max(float(past.mean()) / 100, np.finfo(float).tiny)  # where days cost nothing
    usual = np.maximum(_mild(past), floor)
    now = np.maximum(_mild(window), floor)
    drawn = np.maximum(_mild(past[rng.integers(0, len(past), (ROUNDS, len(window)))]), floor)
    return float(np.log(now) - np.log(usual)), float(np.log(drawn).std())


def _hardness(naive: pd.Series, day: pd.Timestamp) -> float:
    """Return how much more than usual the naive model lost in the worst two weeks of this season, any year before; 1 at least."""
    worst = 1.0
    for year in YEARS:
        then = day - year
        usual = float(naive[then - pd.Timedelta(days=YEAR) : then].median())
        for shift in SHIFTS:
            last = then + pd.Timedelta(days=shift)
            window = naive[last - pd.Timedelta(days=WINDOW - 1) : last]
            if len(window) >= WINDOW // 2 and usual > 0:
                worst = max(worst, float(_mild(window.to_numpy())) / usual)
    return worst


def _mild(costs: np.ndarray) -> np.ndarray:
    """Return the mean of the days that cost least, along the last axis."""
    kept = max(1, int(np.ceil(MILD * costs.shape[-1])))
    mean: np.ndarray = np.sort(costs, axis=-1)[..., :kept].mean(axis=-1)
    return mean
