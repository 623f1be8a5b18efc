"""Which change did it: share the difference between two models out over what changed between them. Pure."""

from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from math import factorial

import numpy as np
import pandas as pd

from champion.core.documents.answers import Share
from champion.core.params import Evaluate
from champion.metrics import bootstrap, slices
from champion.metrics.aggregates import Loss

# Of the model that took these parts from the new candidate, and the others from the old one:
Losses = Mapping[frozenset[str], Loss]
Values = Mapping[frozenset[str], np.ndarray]  # its loss on all rows and then in each resample, shape (1 + rounds,)

LARGE = 0.1  # an interaction below this share of all effects is not worth a line


def coalitions(parts: Sequence[str]) -> list[frozenset[str]]:
    """Return every set of parts that can be taken from the new candidate, none and all of them first.

    >>> [sorted(taken) for taken in coalitions(["code", "data"])]
    [[], ['code', 'data'], ['code'], ['data']]
    """
    sizes = [0, len(parts), *range(1, len(parts))] if parts else [0]
    return [frozenset(taken) for size in sizes for taken in combinations(parts, size)]


def effects(
    losses: Losses, parts: Sequence[str], blocks: np.ndarray, labels: pd.DataFrame, rules: Evaluate
) -> tuple[Share, list[Share], list[Share]]:
    """Return the whole difference, the share of each part, and the interactions that are large.

    Shares are Shapley values of the loss (Shapley, A Value for n-Person Games, Contributions to the Theory of
    Games II, 1953, pages 307 to 317): what a part adds, averaged over every order in which the parts could have been changed. They add up to the whole.
    """
    values = {taken: _values(loss, blocks, rules) for taken, loss in losses.items()}
    totals = {
        name.replace(": ", " ", 1): {taken: np.array(loss.at(rows).total) for taken, loss in losses.items()}
        for name, rows in slices.parts(labels).items()
        if rows.sum() >= rules.min_slice_rows
    }
    by_part = {part: _shapley(values, parts, part) for part in parts}
    shares = [
        _effect([part], effect, blocks, rules, _where(totals, float(effect[0]), parts, part))
        for part, effect in by_part.items()
    ]
    pairs = [_effect([*pair], _interaction(values, parts, pair), blocks, rules) for pair in combinations(parts, 2)]
    weight = LARGE * sum(abs(share.effect) for share in shares)
    large = [pair for pair in pairs if abs(pair.effect) > max(pair.margin, weight)]
    shares.sort(key=lambda share: -abs(share.effect))
    return _effect([*parts], values[frozenset(parts)] - values[frozenset()], blocks, rules), shares, large


def _values(loss: Loss, blocks: np.ndarray, rules: Evaluate) -> np.ndarray:
    return np.array([loss.total, *bootstrap.resamples(loss, blocks, rules.bootstrap_rounds, rules.seed)])


def _shapley(values: Values, parts: Sequence[str], part: str) -> np.ndarray:
    others, count = [each for each in parts if each != part], len(parts)
    return np.sum(
        [
            factorial(len(taken)) * factorial(count - len(taken) - 1) / factorial(count)
            * (values[frozenset({*taken, part})] - values[frozenset(taken)])
            for taken in _subsets(others)
        ],
        axis=0,
    )  # fmt: skip


def _interaction(values: Values, parts: Sequence[str], pair: tuple[str, str]) -> np.ndarray:
    """Return what two parts add together beyond what each adds alone (Grabisch and Roubens, An
    Axiomatic Approach to the Concept of Interaction, International Journal of Game Theory 28, 1999, pages 547 to 565).
    """
    others, count = [each for each in parts if each not in pair], len(parts)
    one, two = pair
    return np.sum(
        [
            factorial(len(taken)) * factorial(count - len(taken) - 2) / factorial(count - 1)
            * (
                values[frozenset({*taken, one, two})] - values[frozenset({*taken, one})]
                - values[frozenset({*taken, two})] + values[frozenset(taken)]
            )
            for taken in _subsets(others)
        ],
        axis=0,
    )  # fmt: skip


def _subsets(parts: Sequence[str]) -> chain[tuple[str, ...]]:
    return chain.from_iterable(combinations(parts, size) for size in range(len(parts) + 1))


def _effect(parts: list[str], values: np.ndarray, blocks: np.ndarray, rules: Evaluate, where: str = "") -> Share:
    risk = 1 - rules.confidence  # on each side, as the gate counts
    low, high = bootstrap.interval(values[1:], blocks, risk)
    return Share(parts=parts, effect=round(float(values[0]), 6), margin=round((high - low) / 2, 6), where=where)


def _where(totals: Mapping[str, Values], middle: float, parts: Sequence[str], part: str) -> str:
    """Name the slice that felt a change most, if it felt it half as much again as all rows together."""
    told = {name: float(_shapley(values, parts, part)) for name, values in totals.items()}
    most = max(told, key=lambda name: np.nan_to_num(told[name]) * np.sign(middle), default="")
    return most if most and told[most] * np.sign(middle) > 1.5 * abs(middle) else ""
