"""Which change did it: share the difference between two models out over what changed between them. Pure."""

from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from math import factorial

import numpy as np
import pandas as pd

from pipelines.documents.answers import Share
from pipelines.evaluation import bootstrap
from pipelines.params import Evaluate

# Loss per row of the model that took these parts from the new candidate, and the others from the old one.
Losses = Mapping[frozenset[str], np.ndarray]

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

    Shares are Shapley values of the mean loss (Shapley, A Value for n-Person Games, Contributions to the Theory of
    Games II, 1953, pages 307 to 317): what a part adds, averaged over every order in which the parts could have been changed. They add up to the whole.
    """
    whole = losses[frozenset(parts)] - losses[frozenset()]
    by_row = {part: _shapley(losses, parts, part) for part in parts}
    shares = [_effect([part], rows, blocks, rules, _where(rows, labels, rules)) for part, rows in by_row.items()]
    pairs = [_effect([*pair], _interaction(losses, parts, pair), blocks, rules) for pair in combinations(parts, 2)]
    weight = LARGE * sum(abs(share.effect) for share in shares)
    large = [pair for pair in pairs if abs(pair.effect) > max(pair.margin, weight)]
    shares.sort(key=lambda share: -abs(share.effect))
    return _effect([*parts], whole, blocks, rules), shares, large


def _shapley(losses: Losses, parts: Sequence[str], part: str) -> np.ndarray:
    others, count = [each for each in parts if each != part], len(parts)
    return np.sum(
        [
            factorial(len(taken)) * factorial(count - len(taken) - 1) / factorial(count)
            * (losses[frozenset({*taken, part})] - losses[frozenset(taken)])
            for taken in _subsets(others)
        ],
        axis=0,
    )  # fmt: skip


def _interaction(losses: Losses, parts: Sequence[str], pair: tuple[str, str]) -> np.ndarray:
    """Return what two parts add together beyond what each adds alone (Grabisch and Roubens, An
    Axiomatic Approach to the Concept of Interaction, International Journal of Game Theory 28, 1999, pages 547 to 565).
    """
    others, count = [each for each in parts if each not in pair], len(parts)
    one, two = pair
    return np.sum(
        [
            factorial(len(taken)) * factorial(count - len(taken) - 2) / factorial(count - 1)
            * (
                losses[frozenset({*taken, one, two})] - losses[frozenset({*taken, one})]
                - losses[frozenset({*taken, two})] + losses[frozenset(taken)]
            )
            for taken in _subsets(others)
        ],
        axis=0,
    )  # fmt: skip


def _subsets(parts: Sequence[str]) -> chain[tuple[str, ...]]:
    return chain.from_iterable(combinations(parts, size) for size in range(len(parts) + 1))


def _effect(parts: list[str], rows: np.ndarray, blocks: np.ndarray, rules: Evaluate, where: str = "") -> Share:
    middle = float(np.mean(rows))
    risk = 1 - rules.confidence  # on each side, as the gate counts
    low, high = bootstrap.interval(rows, blocks, rules.bootstrap_rounds, rules.seed, risk)
    return Share(parts=parts, effect=round(middle, 6), margin=round((high - low) / 2, 6), where=where)


def _where(rows: np.ndarray, labels: pd.DataFrame, rules: Evaluate) -> str:
    """Name the slice that felt a change most, if it felt it half as much again as all rows together."""
    middle = float(np.mean(rows))
    effects_by_slice: dict[str, float] = {}
    for column in labels:
        groups = pd.Series(rows).groupby(labels[column].to_numpy())
        means = groups.mean()[groups.size() >= rules.min_slice_rows]
        effects_by_slice |= {f"{column} {label}": float(mean) for label, mean in means.items()}
    most = max(effects_by_slice, key=lambda name: effects_by_slice[name] * np.sign(middle), default="")
    return most if most and effects_by_slice[most] * np.sign(middle) > 1.5 * abs(middle) else ""
