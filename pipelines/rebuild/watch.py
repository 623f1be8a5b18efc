"""How a champion does on rows that it was not trained on: what it loses, and what the world moved under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines import naive, own_loss
from pipelines.columns import ENTITY, ROW, UNIT
from pipelines.documents.model import ModelCard
from pipelines.documents.monitor import Monitor
from pipelines.evaluation import drift, losses
from pipelines.evaluation.decay import WINDOW, Days, by_day, decay
from pipelines.evaluation.holdout import blocks
from pipelines.evaluation.rows import season
from pipelines.params import SCORES, Evaluate
from pipelines.problem.names import TARGET, TIME
from pipelines.rebuild import environments
from pipelines.report import text as words

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


def with_loss(watched: Monitor, metric: float, unseen: Unseen, rows: pd.DataFrame, rules: Evaluate) -> Monitor:
    """Add its loss then and now; nothing if the rows are too few. `metric` is what it had on its holdout."""
    then = 1 - metric if rules.metric in SCORES else metric
    told = own_loss.settings(unseen.rows, rules)
    loss = losses.losses(rules.metric, unseen.rows[TARGET], unseen.predicted, unseen.card.classes, told)
    block = blocks(unseen.rows, UNIT, TIME)
    newest = np.isin(block, np.unique(block)[-WINDOW:]) if TIME else np.ones(len(block), dtype=bool)
    days = _days(by_day(loss.by_row, block, told.weights), unseen, rows, rules) if TIME else None
    answer = decay(then, loss.at(newest), block[newest], rules, days)
    if answer is None or not answer.decayed:
        return watched.model_copy(update={"loss": answer})
    why = f"{rules.loss} is {words.figure(answer.now)}, it was {words.figure(answer.then)} at promotion"
    why += f"; since {answer.since} more than its past and the season explain" if answer.since else ""
    return watched.model_copy(update={"loss": answer, "attention": {"decay": why}})


def _days(costs: pd.Series, unseen: Unseen, rows: pd.DataFrame, rules: Evaluate) -> Days:
    """Return what each day cost the champion, and the naive model fitted to the rows that the champion was trained on."""
    columns = [str(name) for name in rows if name not in (*ROW, TARGET)]
    predicted, classes = naive.answers(columns, unseen.past, rows)
    told = own_loss.settings(rows, rules)
    by_row = losses.losses(rules.metric, rows[TARGET], predicted, classes, told).by_row
    first = blocks(unseen.new, UNIT, TIME).min()
    return Days(costs, by_day(by_row, blocks(rows, UNIT, TIME), told.weights), pd.Timestamp(first))


def with_drift(watched: Monitor, unseen: Unseen, rules: Evaluate, days: int) -> tuple[Monitor, Moved]:
    """Add which columns moved in the newest days, and what that does to the predictions: only that needs attention.

    Return as well the values, before and now, of those that matter most.
    """
    card, past, new, usual = unseen.card, unseen.past, unseen.new, {}  # without time
    if TIME is not None:
        recent = (new[TIME].max() - pd.Timedelta(days=days), new[TIME].max())
        columns = [name for name in card.profile if name in past]
        new = unseen.rows[unseen.rows[TIME] > recent[0]].reset_index(drop=True)  # two days since would be no week
        usual = drift.ordinary(past[columns], season(past, TIME, ENTITY), past[TIME], recent)
    seasons = season(new, TIME, ENTITY), season(past, TIME, ENTITY)
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
