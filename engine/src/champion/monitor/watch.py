"""How a champion does on rows that it was not trained on: what it loses, and what the world moved under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from champion.core import drift, words
from champion.core.documents.model import ModelCard
from champion.core.documents.monitor import Monitor
from champion.core.params import SCORES, Evaluate
from champion.core.problem import Problem
from champion.core.rows import season
from champion.evaluate import naive
from champion.lineage import environments
from champion.metrics import scores
from champion.metrics.decay import WINDOW, Days, decay

Moved = dict[str, tuple[pd.Series, pd.Series]]  # by column, values of the same season before, and now
SHOWN = 3  # columns of which a picture is drawn


@dataclass(frozen=True)
class Unseen:
    """Rows that the champion was not trained on, with its own features, and what it predicts for them."""

    folder: Path  # of the champion
    card: ModelCard
    past: pd.DataFrame  # the rows that it was trained on
    rows: pd.DataFrame
    predicted: np.ndarray
    since: np.ndarray  # True for those after its promotion; the others were its holdout

    @cached_property
    def new(self) -> pd.DataFrame:
        """Return the rows since its promotion."""
        return self.rows[self.since].reset_index(drop=True)


def with_loss(
    problem: Problem, watched: Monitor, metric: float, unseen: Unseen, rows: pd.DataFrame, rules: Evaluate
) -> Monitor:
    """Add its loss then and now; nothing if the rows are too few. `metric` is what it had on its holdout."""
    then = 1 - metric if rules.metric in SCORES else metric
    asked = problem, rules, unseen.rows, unseen.predicted, unseen.card.classes
    loss, block = scores.loss(*asked), scores.blocks(problem, unseen.rows)
    newest = np.isin(block, np.unique(block)[-WINDOW:]) if problem.time else np.ones(len(block), dtype=bool)
    days = _days(problem, scores.daily(*asked), unseen, rows, rules) if problem.time else None
    answer = decay(then, loss.at(newest), block[newest], rules, days)
    if answer is None or not answer.decayed:
        return watched.model_copy(update={"loss": answer})
    why = f"{rules.loss} is {words.figure(answer.now)}, it was {words.figure(answer.then)} at promotion"
    why += f"; since {answer.since} more than its past and the season explain" if answer.since else ""
    return watched.model_copy(update={"loss": answer, "attention": {"decay": why}})


def _days(problem: Problem, costs: pd.Series, unseen: Unseen, rows: pd.DataFrame, rules: Evaluate) -> Days:
    """Return what each day cost the champion, and the naive model fitted to the rows that the champion was trained on."""
    columns = [str(name) for name in rows if name not in (*problem.row, problem.target)]
    predicted, classes = naive.answers(problem, columns, unseen.past, rows)
    first = scores.blocks(problem, unseen.new).min()
    return Days(costs, scores.daily(problem, rules, rows, predicted, classes), pd.Timestamp(first))


def with_drift(problem: Problem, watched: Monitor, unseen: Unseen, rules: Evaluate, days: int) -> tuple[Monitor, Moved]:
    """Add which columns moved in the newest days, and what that does to the predictions: only that needs attention.

    Return as well the values, before and now, of those that matter most.
    """
    card, past, new, usual = unseen.card, unseen.past, unseen.new, {}  # without time
    if problem.time is not None:
        recent = (new[problem.time].max() - pd.Timedelta(days=days), new[problem.time].max())
        columns = [name for name in card.profile if name in past]
        new = unseen.rows[unseen.rows[problem.time] > recent[0]].reset_index(
            drop=True
        )  # two days since would be no week
        usual = drift.ordinary(past[columns], season(past, problem.time, problem.entity), past[problem.time], recent)
    seasons = season(new, problem.time, problem.entity), season(past, problem.time, problem.entity)
    moved = drift.drift(card.profile, new, seasons[0])
    drifted = [name for name in drift.further(moved, usual, rules.max_drift) if name in past]
    before = {name: drift.as_before(new, past, name, seasons, rules.seed) for name in drifted}
    effects = _effects(unseen, new, before)
    drifted.sort(key=lambda name: -effects[name])
    attention, harm = dict(watched.attention), [name for name in drifted if effects[name] > rules.max_decay]
    if harm:
        attention["drift"] = (
            f"{', '.join(harm)} moved from what the champion was trained on, and its predictions with it"
        )
    found = {"drift": moved, "drifted": drifted, "effects": effects, "attention": attention}
    return watched.model_copy(update=found), {name: (before[name][name], new[name]) for name in drifted[:SHOWN]}


def _effects(unseen: Unseen, rows: pd.DataFrame, before: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Ask the champion once more, with each column as it was before."""
    kinds = dict(unseen.card.features)
    together = pd.concat([rows, *before.values()], ignore_index=True).astype(kinds)
    every = np.ones(len(together), dtype=bool)
    predicted = np.split(environments.answers(unseen.folder, unseen.card, together, every), 1 + len(before))
    return drift.effects(predicted[0], dict(zip(before, predicted[1:], strict=True)))
