"""Which change did it: share the difference between two models out over what changed between them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from math import factorial

import numpy as np
import pandas as pd

from pipelines.dials import Evaluate
from pipelines.judge import bootstrap

# Loss per row of the model that took these parts from the new candidate, and the others from the old one.
Losses = Mapping[frozenset[str], np.ndarray]

LARGE = 0.1  # an interaction below this share of all effects is not worth a line


@dataclass(frozen=True)
class Effect:
    """What one part, or two together, added to the mean loss; `margin` to both sides holds at the gate's confidence."""

    parts: list[str]
    effect: float
    margin: float
    where: str = ""  # the slice where it was felt most; empty if it was felt alike


def mixtures(parts: Sequence[str]) -> list[frozenset[str]]:
    """Return every mixture of two candidates that differ in these parts, the two themselves first."""
    sizes = [0, len(parts), *range(1, len(parts))] if parts else [0]
    return [frozenset(taken) for size in sizes for taken in combinations(parts, size)]


def effects(
    losses: Losses, parts: Sequence[str], blocks: np.ndarray, labels: pd.DataFrame, rules: Evaluate
) -> tuple[Effect, list[Effect], list[Effect]]:
    """Return the whole difference, the share of each part, and the interactions that are large.

    Shares are Shapley values of the mean loss (Shapley, A Value for n-Person Games, 1953): what a part adds, averaged
    over every order in which the parts could have been changed. They add up to the whole.
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
    """Return what two parts add together beyond what each adds alone (Grabisch and Roubens, 1999)."""
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


def _effect(parts: list[str], rows: np.ndarray, blocks: np.ndarray, rules: Evaluate, where: str = "") -> Effect:
    middle = float(np.mean(rows))
    risk = 1 - rules.confidence  # on each side, as the gate counts
    low, high = bootstrap.interval(rows, blocks, rules.bootstrap_rounds, rules.seed, risk)
    return Effect(parts, round(middle, 6), round((high - low) / 2, 6), where)


def _where(rows: np.ndarray, labels: pd.DataFrame, rules: Evaluate) -> str:
    """Name the slice that felt a change most, if it felt it half as much again as all rows together."""
    middle = float(np.mean(rows))
    found: dict[str, float] = {}
    for column in labels:
        groups = pd.Series(rows).groupby(labels[column].to_numpy())
        means = groups.mean()[groups.size() >= rules.min_slice_rows]
        found |= {f"{column} {label}": float(mean) for label, mean in means.items()}
    most = max(found, key=lambda name: found[name] * np.sign(middle), default="")
    return most if most and found[most] * np.sign(middle) > 1.5 * abs(middle) else ""
