"""A challenger in shadow: scored beside the champion on rows that neither has seen, though nobody uses what it says."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from champion.core.documents.model import CARD, REFIT, ModelCard
from champion.core.documents.monitor import Challenger
from champion.core.errors import Refusal
from champion.core.holdout import blocks
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.core.rows import window
from champion.lineage import environments, own_features
from champion.metrics import own_loss, scores, shadow
from champion.metrics.aggregates import Loss
from champion.metrics.decay import by_day


@dataclass(frozen=True)
class Served:
    """A model as it would serve: the refit, or where there is none the model that was judged. `folder` holds both."""

    problem: Problem
    folder: Path
    judged: ModelCard
    card: ModelCard

    @classmethod
    def of(cls, problem: Problem, folder: Path) -> "Served":
        """Read the cards in a folder."""
        judged = ModelCard.read(folder / CARD)
        return cls(problem, folder, judged, judged.refit(folder / REFIT) or judged)

    def unseen(self, rows: pd.DataFrame) -> np.ndarray:
        """Return True for the rows that it was not fitted to."""
        return scores.unseen(self.problem, self.card.split, rows)

    def costs(self, rows: pd.DataFrame, asked: np.ndarray, table: Path, rules: Evaluate) -> Loss:
        """Return what it loses on the rows that are asked about, with the features that its own code makes of them."""
        shown = own_features.shown_to(self.problem, self.folder, self.judged, rows[asked], rows[~asked], table)
        every = np.ones(int(asked.sum()), dtype=bool)
        predicted = environments.answers(self.folder, self.judged, shown.rows, every)
        return scores.loss(self.problem, rules, rows[asked], predicted, self.card.classes)


def compared(
    problem: Problem, name: str, champion: Path, challenger: Path, rows: pd.DataFrame, table: Path, rules: Evaluate
) -> Challenger:
    """Compare the models in two folders on the rows that came after both were fitted.

    Raises:
        Refusal: if rows have no time, or none came since.
        ChampionUnusable: if one of the two cannot be asked.
    """
    if problem.time is None:
        raise Refusal("rows have no time (TIME in pipelines/problem/names.py): nothing comes after a model was fitted.")
    both = Served.of(problem, champion), Served.of(problem, challenger)
    asked = np.logical_and(*(each.unseen(rows) for each in both))
    if not asked.any():
        raise Refusal(f"no row came since both the champion and {name} were fitted. Wait for new data.")
    theirs, ours = (each.costs(rows, asked, table, rules) for each in both)
    told = own_loss.settings(problem, rows[asked], rules)
    days = blocks(rows[asked], problem.unit, problem.time)
    by_model = [by_day(each.by_row, days, told.weights) for each in (theirs, ours)]
    low, high = shadow.bounds((by_model[0] - by_model[1]).to_numpy(), 1 - rules.confidence)
    scale = float(by_model[0].mean())
    few = len(by_model[0]) < 2 * rules.min_blocks or not scale > 0
    return Challenger(
        name=name,
        rows=int(asked.sum()),
        days=len(by_model[0]),
        window=window(rows[asked], problem.time),
        loss=round(ours.total, 6),
        champion_loss=round(theirs.total, 6),
        gain_low=None if few else round(low / scale, 6),
        gain_high=None if few else round(high / scale, 6),
    )
