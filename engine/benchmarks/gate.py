"""How often the gate is wrong: promotions by luck, gains that it does not see, slices that it lets through, bounds that do not hold.

`python -m benchmarks.gate` writes reports/gate.md and reports/gate.png. It needs the features of a run (`dvc repro`).
What is compared are real candidates of five years on the four weeks that each was judged on. Whose loss is whose is swapped
at random, day by day: then neither is better, whatever their errors are like.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from benchmarks import project
from benchmarks.decisions import KINDS, STEP, Fitted, History, read
from champion.core import files
from champion.core.config import load_params
from champion.core.documents.evaluation import Verdict
from champion.core.params import Evaluate
from champion.evaluate import gate
from champion.metrics import bootstrap, scores
from champion.metrics.aggregates import mean

EQUAL, PLANTED, SEQUENCES, TRIES = 2000, 300, 300, 20
GAINS, HARMS = (0.01, 0.02, 0.05, 0.1), (0.1, 0.15, 0.2, 0.3)
NIGHT = 6  # hours that a planted harm falls on
AHEAD = 3  # windows after the judged one, on which a bound is held against what came
LAGS = 24  # hours


@dataclass(frozen=True)
class Pair:
    """Two models' errors on the rows of one window."""

    times: pd.Series
    days: np.ndarray  # of each row
    labels: pd.DataFrame
    candidate: np.ndarray
    champion: np.ndarray

    def gains(self, rules: Evaluate) -> np.ndarray:
        """Return what the candidate saves in each resample of the days."""
        return bootstrap.gains(mean(self.candidate), mean(self.champion), self.days, rules.bootstrap_rounds, rules.seed)

    def swapped(self, chance: np.random.Generator) -> "Pair":
        """Swap who lost what, day by day."""
        names, place = np.unique(self.days, return_inverse=True)
        swap = chance.random(len(names))[place] < 0.5
        one, other = (
            np.where(swap, *each) for each in ((self.champion, self.candidate), (self.candidate, self.champion))
        )
        return replace(self, candidate=one, champion=other)

    def scaled(self, share: np.ndarray | float) -> "Pair":
        """Let the candidate lose this share of what it loses."""
        return replace(self, candidate=self.candidate * share)


def pairs(history: History, chance: np.random.Generator) -> Iterator[Pair]:
    """Yield pairs for ever: any candidate on its own window, against one of the twenty before it."""
    while True:
        step = int(chance.integers(1, len(history.steps)))
        yield pair(history, step, int(chance.integers(max(0, step - TRIES), step)))


def pair(history: History, step: int, champion: int, window: int | None = None) -> Pair:
    """Return the errors of a candidate and an earlier one on the candidate's window, or on a later one."""
    held = history.window(history.steps[step if window is None else window] - STEP)
    errors = (history.judged[Fitted(number, KINDS[0])][held] for number in (step, champion))
    rows, labels = (each[held].reset_index(drop=True) for each in (history.rows, history.labels))
    return Pair(rows[history.problem.time], scores.blocks(history.problem, rows), labels, *errors)


def verdict(asked: Pair, rules: Evaluate) -> Verdict:
    """Ask the gate, with floors that nobody misses."""
    evidence = gate.Evidence(
        candidate=mean(asked.candidate), champion=mean(asked.champion), naive=mean(asked.champion * 3),
        blocks=asked.days, labels=asked.labels, metrics={}, validated=True, leaked_rows=0, unknown="", anew="",
        obstacle="", same_model=False, rolled_back="", tries=0, model_mb=1.0, rows_per_second=1e6,
    )  # fmt: skip
    return gate.decide(evidence, rules)


def by_rows(asked: Pair) -> bool:
    """Test the mean difference as if rows were independent."""
    return bool(stats.ttest_1samp(asked.champion - asked.candidate, 0, alternative="greater").pvalue < 0.05)


def diebold_mariano(asked: Pair) -> bool:
    """Test the mean difference with its autocovariances (Diebold and Mariano, J. of Business & Economic Statistics 13, 1995)."""
    difference = asked.champion - asked.candidate
    centred, count = difference - difference.mean(), len(difference)
    covariances = [float(centred[lag:] @ centred[: count - lag]) / count for lag in range(LAGS + 1)]
    weights = 1 - np.arange(1, LAGS + 1) / (LAGS + 1)  # Newey and West, Econometrica 55, 1987
    variance = (covariances[0] + 2 * float(weights @ covariances[1:])) / count
    return bool(difference.mean() / np.sqrt(max(variance, np.finfo(float).tiny)) > stats.norm.ppf(0.95))


def methods(rules: Evaluate) -> dict[str, Callable[[Pair], bool]]:
    """Return ways to decide that the candidate is better."""
    return {
        "point estimate": lambda asked: bool(asked.candidate.mean() < asked.champion.mean()),
        "t test of rows": by_rows,
        "Diebold-Mariano, 24 h": diebold_mariano,
        "the gate": lambda asked: verdict(asked, rules).decision == "promote",
    }


def shares(asked: list[Pair], rules: Evaluate) -> dict[str, float]:
    """Return how often each method would promote."""
    return {name: float(np.mean([method(each) for each in asked])) for name, method in methods(rules).items()}


def sequences(history: History, chance: np.random.Generator, rules: Evaluate) -> dict[str, np.ndarray]:
    """Return how often one of the first k equal candidates on one holdout is promoted by luck, by k; as the gate and without."""
    lows = np.empty((SEQUENCES, TRIES)), np.empty((SEQUENCES, TRIES))
    for number in range(SEQUENCES):
        step = int(chance.integers(TRIES, len(history.steps)))
        for tried in range(TRIES):
            asked = pair(history, step, step - 1 - tried).swapped(chance)
            spread = asked.gains(rules)
            for place, spent in enumerate((tried, 0)):
                risk = bootstrap.risk_of_one_try(rules.confidence, spent)
                lows[place][number, tried] = bootstrap.quantile(spread, risk, asked.days)
    told = (np.maximum.accumulate(each > 0, axis=1).mean(axis=0) for each in lows)
    return dict(zip(("the gate", "each as if it were the only one"), told, strict=True))


def slices(history: History, chance: np.random.Generator, rules: Evaluate) -> dict[float, float]:
    """Return how often a candidate is refused for its nights, by how much worse it is there; it is 5 % better overall."""
    refused = {}
    for harm in (0.0, *HARMS):
        told = []
        for each, _ in zip(pairs(history, chance), range(PLANTED), strict=False):
            asked = each.swapped(chance)
            night = (asked.times.dt.hour < NIGHT).to_numpy()
            wanted = 0.95 * asked.champion.sum() - (1 + harm) * asked.champion[night].sum()
            share = np.where(
                night,
                (1 + harm) * asked.champion[night].sum() / asked.candidate[night].sum(),
                wanted / asked.candidate[~night].sum(),
            )
            told.append(any(reason.rule == "slice" for reason in verdict(asked.scaled(share), rules).reasons))
        refused[harm] = float(np.mean(told))
    return refused


def coverage(history: History, rules: Evaluate) -> tuple[float, int]:
    """Return how often the bound lay below what the candidate saved in the three months after, and of how many."""
    held = []
    for step in range(1, len(history.steps) - AHEAD):
        for champion in range(max(0, step - 5), step):
            asked = pair(history, step, champion)
            spread = asked.gains(rules)
            low = bootstrap.quantile(spread, 1 - rules.confidence, asked.days)
            later = [pair(history, step, champion, window) for window in range(step + 1, step + 1 + AHEAD)]
            candidate, theirs = (
                np.concatenate([getattr(each, name) for each in later]) for name in ("candidate", "champion")
            )
            held.append(low <= bootstrap.gain(mean(candidate), mean(theirs)))
    return float(np.mean(held)), len(held)


def tables(
    equal: dict[str, float], power: dict[float, dict[str, float]], tried: dict[str, np.ndarray],
    nights: dict[float, float], covered: tuple[float, int],
) -> str:  # fmt: skip
    """Return the figures as Markdown."""
    gains = " | ".join(f"{gain:.0%}" for gain in power)
    lines = [f"| promoted, of {EQUAL:,} or {PLANTED} | equal | {gains} |", "|---" * (len(power) + 2) + "|"]
    lines += [
        f"| {name} | {share:.1%} | {' | '.join(f'{found[name]:.0%}' for found in power.values())} |"
        for name, share in equal.items()
    ]
    lines += ["", f"| promoted by luck, of {SEQUENCES} sequences | 1 try | 5 | 10 | {TRIES} |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {' | '.join(f'{told[k - 1]:.1%}' for k in (1, 5, 10, TRIES))} |" for name, told in tried.items()
    ]
    lines += [
        "",
        f"| worse at night, {PLANTED} each | {' | '.join(f'{harm:.0%}' for harm in nights)} |",
        "|---" * (len(nights) + 1) + "|",
    ]
    lines += [f"| refused for a slice | {' | '.join(f'{share:.1%}' for share in nights.values())} |", ""]
    lines += [
        f"The lower bound held over the next {AHEAD * 4} weeks in {covered[0]:.1%} of {covered[1]} comparisons.",
        "",
    ]
    return "\n".join(lines)


def picture(equal: dict[str, float], power: dict[float, dict[str, float]], tried: dict[str, np.ndarray]) -> Figure:
    """Draw promotions by luck, by tries and by method, and how often a gain is seen."""
    drawn = Figure(figsize=(12, 4), layout="constrained")
    luck, tries, seen = drawn.subplots(1, 3)
    luck.barh(
        list(equal), [100 * share for share in equal.values()], color=["#aaaaaa"] * (len(equal) - 1) + ["#1f77b4"]
    )
    luck.axvline(5, color="#444444", linewidth=1, linestyle="--")
    luck.invert_yaxis()
    luck.set(xlabel="% promoted", title="Two equal models")
    for name, told in tried.items():
        tries.plot(np.arange(1, TRIES + 1), 100 * told, label=name)
    tries.axhline(5, color="#444444", linewidth=1, linestyle="--")
    tries.set(
        xlabel="equal candidates on one holdout", ylabel="% one of them promoted", ylim=(0, None), title="Trying again"
    )
    gains = [0, *(100 * gain for gain in power)]
    for name, share in equal.items():
        found = [100 * share, *(100 * each[name] for each in power.values())]
        seen.plot(gains, found, label=name, marker="o", markersize=3)
    seen.set(xlabel="% that the candidate truly saves", ylabel="% promoted", title="What is seen")
    for axes in (tries, seen):
        axes.legend(frameon=False)
    for axes in (luck, tries, seen):
        axes.spines[["top", "right"]].set_visible(False)
    return drawn


def main() -> None:
    """Measure, write and print."""
    problem, chance = project.enter(), np.random.default_rng(7)
    rules = load_params().evaluate.model_copy(update={"refit_margin": None, "limits": {}})
    history = read(problem, KINDS[:1])
    null = [each.swapped(chance) for each, _ in zip(pairs(history, chance), range(EQUAL), strict=False)]
    equal = shares(null, rules)
    print("gate: equal models are done", flush=True)
    power = {gain: shares([each.scaled(1 - gain) for each in null[:PLANTED]], rules) for gain in GAINS}
    print("gate: planted gains are done", flush=True)
    tried = sequences(history, chance, rules)
    print("gate: sequences are done", flush=True)
    told = tables(equal, power, tried, slices(history, chance, rules), coverage(history, rules))
    files.write_bytes(files.REPORTS / "gate.md", told.encode())
    picture(equal, power, tried).savefig(files.REPORTS / "gate.png", dpi=110)
    print(told)


if __name__ == "__main__":
    main()
