"""Let policies of promotion live through the same past, and tell what each would have cost."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from champion.core.documents.evaluation import ChampionIdentity, ChampionRef, Verdict
from champion.core.documents.model import REFIT
from champion.core.documents.replay import Decided, Lived
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.evaluate.judging import Candidate, Champion, judge
from champion.evaluate.scoring import Answers
from champion.evaluate.serving import Served, its_model
from champion.ext.replay.made import Made
from champion.metrics import losses, scores
from champion.metrics.decay import Days, alarms, episodes


@dataclass(frozen=True)
class Policy:
    """A way to decide, and what serves then."""

    name: str
    rules: Evaluate | None  # None: whatever comes is promoted
    retrains: bool = True  # else the first champion stays
    refits: bool = True  # else the model that was judged serves


def policies(rules: Evaluate) -> list[Policy]:
    """Return those that are compared; the first is that of params.yaml."""
    proof = rules.model_copy(update={"mode": "superior", "refit_margin": None})
    return [
        Policy("params.yaml", rules),
        Policy("params.yaml, train.refit: false", rules, refits=False),
        Policy("proof for all (without refit_margin)", proof),
        Policy("mode: non_inferior", rules.model_copy(update={"mode": "non_inferior"})),
        Policy("always the latest, no gate", None),
        Policy("never retrain", rules, retrains=False),
    ]


def new(problem: Problem, steps: list[Made], place: int) -> np.ndarray:
    """Return True for the rows of a step that came since the step before."""
    return (steps[place].rows[problem.time] > steps[place - 1].rows[problem.time].max()).to_numpy()


@dataclass
class Life:
    """What happens under a policy."""

    decided: list[Decided] = field(default_factory=list)
    champions: list[tuple[Made, int]] = field(default_factory=list)  # and the place of the step that it came at
    served: list[tuple[pd.DataFrame, Answers]] = field(default_factory=list)  # rows in use, and what they got


def live(problem: Problem, steps: list[Made], first: int, policy: Policy, rules: Evaluate) -> Lived:
    """Let a policy live from the step of the first champion, which is that of all policies.

    Loss and alarms are told by the metric of `rules`, whatever the policy decides by.
    """
    life = Life(champions=[(steps[first], first)])
    for place in range(first + 1, len(steps)):
        champion, made = life.champions[-1][0], steps[place]
        came = new(problem, steps, place)
        answers = champion.later(made, refit=policy.refits)[came]
        life.served.append((made.rows[came], Answers(answers, champion.card.classes)))
        if not policy.retrains:
            continue
        if policy.rules is None:
            life.champions.append((made, place))
            continue
        verdict = decide(problem, made, champion, policy.rules, refits=policy.refits)
        life.decided.append(_decided(made, champion, verdict))
        if verdict.decision == "promote":
            life.champions.append((made, place))
    return _told(problem, life, steps, policy, rules)


def decide(problem: Problem, made: Made, champion: Made | None, rules: Evaluate, *, refits: bool = True) -> Verdict:
    """Ask the gate about the candidate of a step against the champion of an earlier one, as the stage evaluate does."""
    shipped = Served(
        made.step.shipped_sha256, made.step.model_mb, made.step.rows_per_second, made.step.unlike if refits else ""
    )
    candidate = Candidate(made.card, made.answers, shipped, validated=True)
    return judge(problem, candidate, _faced(made, champion, refits=refits), made.naive, made.rows[made.held], rules)[1]


def _faced(made: Made, champion: Made | None, *, refits: bool) -> Champion:
    if champion is None:
        return Champion(ChampionIdentity())
    known = ChampionIdentity(champion=ChampionRef(name=champion.step.as_of))
    folder, asked = (
        its_model(champion.trained, champion.card, made.card) if refits else (champion.trained, champion.card)
    )
    predicted = champion.later(made, refit=folder.name == REFIT)[made.held]
    return Champion(known, champion.card, asked, predicted)


def _decided(made: Made, champion: Made, verdict: Verdict) -> Decided:
    return Decided(
        as_of=made.step.as_of, faced=champion.step.as_of, outcome=verdict.outcome, gain=verdict.gain,
        gain_low=verdict.gain_low, reasons=verdict.texts,
    )  # fmt: skip


def _told(problem: Problem, life: Life, steps: list[Made], policy: Policy, rules: Evaluate) -> Lived:
    rows = pd.concat([part for part, _ in life.served], ignore_index=True)
    classes, predicted = _together([answers for _, answers in life.served])
    loss = scores.loss(problem, rules, rows, predicted, classes)
    months = rows[problem.time].dt.strftime("%Y-%m").to_numpy()
    return Lived(
        name=policy.name,
        live=loss.total,
        by_month={month: loss.at(months == month).total for month in np.unique(months)},
        promotions=len(life.champions) - 1,
        alarms=sum(episodes(alarms(days, rules)) for days in _days(problem, life, steps, policy, rules)),
        decided=life.decided,
    )


def _together(answers: list[Answers]) -> tuple[list[bool | int | float | str] | None, np.ndarray]:
    """Return all answers as one, with all classes that any of the models knows."""
    if answers[0].classes is None:
        return None, np.concatenate([each.predicted for each in answers])
    classes = list(dict.fromkeys(label for each in answers for label in each.classes or ()))
    return classes, np.concatenate([losses.align(each.predicted, each.classes or [], classes) for each in answers])


def _days(problem: Problem, life: Life, steps: list[Made], policy: Policy, rules: Evaluate) -> Iterator[Days]:
    """Return what each day of a champion cost, as the monitor sees it: its holdout, then its time in use."""
    ends = [place for _, place in life.champions[1:]] + [len(steps) - 1]
    for (champion, start), end in zip(life.champions, ends, strict=True):
        if end == start:
            continue
        own = champion.rows[champion.held]
        parts = [(own, champion.answers.predicted)]
        for place in range(start + 1, end + 1):
            made, came = steps[place], new(problem, steps, place)
            parts.append((made.rows[came], champion.later(made, refit=policy.refits)[came]))
        rows = pd.concat([part for part, _ in parts], ignore_index=True)
        predicted = np.concatenate([answers for _, answers in parts])
        days = scores.daily(problem, rules, rows, predicted, champion.card.classes)
        yield Days(days, champion.usual, own[problem.time].max().normalize() + pd.Timedelta(days=1))
