"""What a policy of promotion costs over years: every four weeks a candidate, judged by the gate itself, then four weeks in use.

`python -m benchmarks.decisions` writes reports/decisions.md. It needs the features of a run (`dvc repro`).
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the stage train fits

import numpy as np
import pandas as pd

from benchmarks import project
from champion.core import files, flow, tables
from champion.core.config import load_params
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.evaluate import gate
from champion.metrics import scores
from champion.metrics.aggregates import mean
from champion.metrics.slices import labelled

STEP, FIRST = pd.Timedelta(days=28), pd.Timestamp("2013-10-07")
FEW_ROWS = 168  # a window with fewer hours, in the great outage, is left out
SHORT = 120 * 24  # rows: 120 days
DRAWS = 30
KINDS = ("sound", "30 trees", "120 days")  # the recipe, and two ways to spoil it


class Fitted(NamedTuple):
    """A candidate: at which step it was made, and how."""

    step: int
    kind: str


@dataclass(frozen=True)
class History:
    """All rows with their features, the steps, and how much each candidate, and its refit, misses each row."""

    problem: Problem
    rows: pd.DataFrame
    steps: list[pd.Timestamp]
    judged: dict[Fitted, np.ndarray]  # absolute, NaN where it was fitted
    refit: dict[Fitted, np.ndarray]
    naive: list[np.ndarray]
    labels: pd.DataFrame

    def window(self, start: pd.Timestamp) -> np.ndarray:
        """Return True for the rows of four weeks."""
        return _window(self.rows[self.problem.time], start)


@dataclass
class Policy:
    """A way to decide; None promotes whatever comes."""

    name: str
    rules: Evaluate | None
    refits: bool = True  # else the model that was judged serves
    known: dict[tuple[Fitted, Fitted, int, bool], bool] = field(default_factory=dict)

    def promotes(self, history: History, candidate: Fitted, champion: Fitted, step: int, *, change: bool) -> bool:
        """Ask the gate; what was asked before is remembered."""
        asked = (candidate, champion, step, change)
        if asked not in self.known:
            errors = history.judged[candidate], self.served(history)[champion]
            self.known[asked] = self.rules is None or _decide(history, errors, step, self.rules, change)
        return self.known[asked]

    def served(self, history: History) -> dict[Fitted, np.ndarray]:
        """Return what each candidate misses in use."""
        return history.refit if self.refits else history.judged


def _decide(history: History, errors: tuple[np.ndarray, np.ndarray], step: int, rules: Evaluate, change: bool) -> bool:
    """Ask the gate about a candidate's and a champion's errors. A champion's refit never knows more: it is of a step before."""
    held = history.window(history.steps[step] - STEP)
    rows = history.rows[held]
    loss = {name: mean(each[held]) for name, each in zip(("candidate", "champion"), errors, strict=True)}
    evidence = gate.Evidence(
        candidate=loss["candidate"], champion=loss["champion"], naive=mean(history.naive[step][held]),
        blocks=scores.blocks(history.problem, rows), labels=history.labels[held],
        metrics={"mae": loss["candidate"].total}, champion_metrics={"mae": loss["champion"].total},
        validated=True, leaked_rows=0, unknown="", anew="", obstacle="", same_model=False, rolled_back="", tries=0,
        model_mb=1.0, rows_per_second=1e6, changes=("recipe",) if change else (), newer=True,
    )  # fmt: skip
    return gate.decide(evidence, rules).decision == "promote"


def _window(times: pd.Series, start: pd.Timestamp) -> np.ndarray:
    return ((times >= start) & (times < start + STEP)).to_numpy()


def read(problem: Problem, kinds: Sequence[str] = KINDS) -> History:
    """Fit every candidate of these kinds, and its refit: minutes of one core.

    Raises:
        PipelineError: if there are no features yet.
    """
    parts = [tables.read(flow.path("features", name)) for name in ("training", "holdout")]
    rows = pd.concat(parts).sort_values(problem.row, ignore_index=True)
    times, target = rows[problem.time], rows[problem.target]
    last = times.max().normalize() + pd.Timedelta(days=1) - STEP
    steps = [
        step
        for step in pd.date_range(FIRST, last, freq=STEP)
        if all(_window(times, start).sum() >= FEW_ROWS for start in (step - STEP, step))
    ]
    columns, params = list(rows.columns.drop([*problem.row, problem.target])), load_params().train

    @cache  # a candidate's training rows are often those of the refit before it
    def missed(end: pd.Timestamp, kind: str) -> np.ndarray:
        known, later = rows[times < end], (times >= end).to_numpy()
        taken = known.tail(SHORT) if kind == "120 days" else known
        train = params.model_copy(update={"max_iter": 30}) if kind == "30 trees" else params
        model = problem.model.build(train).fit(taken[columns], taken[problem.target])
        errors = np.full(len(rows), np.nan)
        errors[later] = np.abs(model.predict(rows.loc[later, columns]) - target[later])
        return errors

    judged, refit, simple = {}, {}, []
    for number, step in enumerate(steps):
        for kind in kinds:
            judged[Fitted(number, kind)], refit[Fitted(number, kind)] = missed(step - STEP, kind), missed(step, kind)
        known = rows[times < step - STEP]
        usual = problem.model.naive().fit(known[columns], known[problem.target])
        simple.append(np.abs(np.asarray(usual.predict(rows[columns])) - target.to_numpy()))
        print(f"decisions: fitted {number + 1} of {len(steps)}", flush=True)
    return History(problem, rows, steps, judged, refit, simple, labelled(problem.features.slices(rows), rows))


class Lived(NamedTuple):
    """What came of a policy."""

    live: np.ndarray  # mean loss of each step, of the champion in charge after it
    promotions: int
    spoilt: float  # share of the time that a spoilt model was in charge


def live(history: History, policy: Policy, kinds: list[str], *, told: bool) -> Lived:
    """Let candidates of these kinds come one after the other; `told`: a spoilt one is a change of the recipe."""
    champion, lost, bad = Fitted(0, "sound"), [], 0
    promotions = 0
    for step, kind in enumerate(kinds):
        candidate = Fitted(step, kind)
        if step and policy.promotes(history, candidate, champion, step, change=told and kind != champion.kind):
            champion, promotions = candidate, promotions + 1
        lost.append(float(policy.served(history)[champion][history.window(history.steps[step])].mean()))
        bad += champion.kind != "sound"
    return Lived(np.array(lost), promotions, bad / len(kinds))


def table(history: History) -> Iterator[str]:
    """Yield a Markdown table: policy by share of spoilt candidates."""
    rules = load_params().evaluate
    superior = rules.model_copy(update={"refit_margin": None})
    policies = [
        Policy("never retrain", rules.model_copy(update={"min_improvement": 0.99, "refit_margin": None})),
        Policy("always the latest, train.refit: false", None, refits=False),
        Policy("always the latest", None),
        Policy("params.yaml, train.refit: false", rules, refits=False),
        Policy("proof for all (without refit_margin)", superior),
        *(
            Policy(f"refit_margin {margin:g}", rules.model_copy(update={"refit_margin": margin}))
            for margin in (0.02, 0.05, 0.1)
        ),
    ]
    cases = [(0.0, True), (0.1, True), (0.2, True), (0.1, False), (0.2, False)]
    yield (
        "| policy | promotions | "
        + " | ".join(
            f"{share:.0%} spoilt{'' if not share else ', a change' if told else ', unnoticed'}" for share, told in cases
        )
        + " |"
    )
    yield "|---" * (len(cases) + 2) + "|"
    for policy in policies:
        cells = [_cell(history, policy, share, told=told) for share, told in cases]
        yield f"| {policy.name} | {cells[0][1]} | " + " | ".join(cell for cell, _ in cells) + " |"
        print(f"decisions: {policy.name} is done", flush=True)


def _cell(history: History, policy: Policy, share: float, *, told: bool) -> tuple[str, int]:
    chance, lived = np.random.default_rng(7), []
    for _ in range(DRAWS if share else 1):
        spoilt = chance.random(len(history.steps)) < share
        which = chance.choice(KINDS[1:], len(history.steps))
        kinds = [
            "sound" if not bad or not step else str(kind)
            for step, (bad, kind) in enumerate(zip(spoilt, which, strict=True))
        ]
        lived.append(live(history, policy, kinds, told=told))
    mae = float(np.mean([each.live.mean() for each in lived]))
    bad = float(np.mean([each.spoilt for each in lived]))
    return f"{mae:.1f}" + (f" ({bad:.1%})" if share else ""), lived[0].promotions


def main() -> None:
    """Write and print the table."""
    history = read(project.enter())
    text = "\n".join(
        [
            f"Mean absolute error in use, {len(history.steps)} steps of four weeks; in brackets the share of the time that a "
            "spoilt model was in charge.\n",
            *table(history),
            "",
        ]
    )
    files.write_bytes(files.REPORTS / "decisions.md", text.encode())
    print(text)


if __name__ == "__main__":
    main()
