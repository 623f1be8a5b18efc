"""What a model loses on rows taken together: on all of them, on a part, on any resample of whole blocks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

CELLS = 10_000_000  # weights of rows that are held at once; more take memory and no less time


@dataclass(frozen=True)
class Summed:
    """A loss that is told by sums over rows."""

    by_row: np.ndarray  # what stands for each row's cost, shape (rows,); not finite where a model has no answer
    parts: np.ndarray  # what is summed, shape (rows, parts)
    of: Callable[[np.ndarray], np.ndarray]  # from sums, shape (…, parts), to losses; NaN where they tell nothing

    @property
    def total(self) -> float:
        """Return the loss on all rows."""
        return float(self.of(self.parts.sum(axis=0)))

    def at(self, rows: np.ndarray) -> "Summed":
        """Return the loss on the rows where `rows` is true."""
        return replace(self, by_row=self.by_row[rows], parts=self.parts[rows])

    def resampled(self, place: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Return the loss of each round that draws blocks so often, shape (rounds, blocks); rows are in block `place`."""
        sums = [np.bincount(place, part, draws.shape[1]) for part in self.parts.T]
        return self.of(draws @ np.stack(sums, axis=1))


Curve = Callable[[np.ndarray, np.ndarray], np.ndarray]  # from weights found and taken, by rank, to an area


@dataclass(frozen=True)
class Ranked:
    """A loss that is told by the order in which a model puts the rows: 1 - area, the mean over classes."""

    by_row: np.ndarray  # what stands for each row's cost, shape (rows,)
    came: np.ndarray  # whether a row is of the class, shape (rows, classes)
    chance: np.ndarray  # how likely it was said to be, same shape
    weights: np.ndarray  # of the rows
    area: Curve

    @property
    def total(self) -> float:
        """Return the loss on all rows."""
        return float(self._losses(self.weights[None, :])[0])

    def at(self, rows: np.ndarray) -> "Ranked":
        """Return the loss on the rows where `rows` is true."""
        parts = {name: getattr(self, name)[rows] for name in ("by_row", "came", "chance", "weights")}
        return replace(self, **parts)

    def resampled(self, place: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Return the loss of each round that draws blocks so often, shape (rounds, blocks); rows are in block `place`."""
        chunks = np.array_split(draws, 1 + len(draws) * len(place) // CELLS)
        return np.concatenate([self._losses(chunk[:, place] * self.weights) for chunk in chunks])

    def _losses(self, weights: np.ndarray) -> np.ndarray:
        """Return the loss for each row of weights; a class that these do not show, or show alone, tells nothing."""
        areas = [self._area(came, chance, weights) for came, chance in zip(self.came.T, self.chance.T, strict=True)]
        return 1 - _mean_of_told(np.stack(areas, axis=-1))

    def _area(self, came: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
        order = np.argsort(-chance, kind="stable")
        ties = np.flatnonzero(np.diff(chance[order], prepend=np.inf) != 0)  # equal chances share a rank
        sums = partial(np.add.reduceat, indices=ties, axis=1)
        taken, found = weights[:, order], (weights * came)[:, order]
        return self.area(np.cumsum(sums(found), axis=1), np.cumsum(sums(taken), axis=1))


Loss = Summed | Ranked


def mean(by_row: np.ndarray, weights: np.ndarray | None = None) -> Summed:
    """Return the mean loss of rows.

    >>> mean(np.array([1.0, 4.0]), np.array([2.0, 1.0])).total
    2.0
    """
    weights = np.ones(len(by_row)) if weights is None else weights
    return Summed(by_row, np.stack([weights * by_row, weights], axis=1), ratio)


def ratio(sums: np.ndarray) -> np.ndarray:
    """Divide the first sum by the second."""
    return over(sums[..., 0], sums[..., 1])


def over(numbers: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Divide; NaN where there is nothing to divide by."""
    return np.divide(numbers, by, out=np.full(np.shape(numbers), np.nan), where=np.asarray(by) > 0)


def root(sums: np.ndarray) -> np.ndarray:
    """Return the root of the first sum divided by the second."""
    return np.sqrt(ratio(sums))


def unexplained(sums: np.ndarray) -> np.ndarray:
    """Return 1 - R²: the squared errors' share of the target's own variation. Sums of errors, rows, values, squares."""
    errors, rows, values, squares = np.moveaxis(sums, -1, 0)
    return over(errors, squares - over(values**2, rows))


def f1(sums: np.ndarray) -> np.ndarray:
    """Return 1 - F1, the mean over classes: of each the rows that are both, and those that are or are said to be."""
    both, either = sums[..., 0::2], sums[..., 1::2]
    return 1 - _mean_of_told(over(2 * both, either))


def under_roc(found: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve, by the trapezoidal rule; both shapes are (rounds, ranks)."""
    missed = taken - found
    steps, heights = np.diff(missed, axis=1, prepend=0), found + np.concatenate([0 * found[:, :1], found[:, :-1]], 1)
    return over(np.sum(steps * heights, axis=1) / 2, found[:, -1] * missed[:, -1])


def average_precision(found: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return the mean precision at each rank, weighted by the recall that it adds; both shapes are (rounds, ranks)."""
    gained = np.diff(found, axis=1, prepend=0)
    return over(np.sum(gained * np.nan_to_num(over(found, taken)), axis=1), found[:, -1])


def _mean_of_told(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of what is a number; NaN if nothing is."""
    told = ~np.isnan(values)
    return over(np.where(told, values, 0).sum(axis=-1), told.sum(axis=-1))
