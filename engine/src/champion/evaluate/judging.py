"""Hold a candidate's answers against a champion's and the naive model's, and let the gate decide."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from champion.core import returned
from champion.core.documents.evaluation import ChampionIdentity, Verdict
from champion.core.documents.model import ModelCard
from champion.core.holdout import blocks
from champion.core.interface import Finding
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.evaluate import gate, verdicts
from champion.evaluate.scoring import Answers, Scored, score, unseen
from champion.evaluate.serving import Served


@dataclass(frozen=True)
class Candidate:
    """Who is judged."""

    card: ModelCard
    answers: Answers  # for each holdout row
    shipped: Served
    validated: bool  # the contract held for the very table this holdout comes from
    model: BaseEstimator | None = None  # to look into it; the gate needs its answers only


@dataclass(frozen=True)
class Champion:
    """Who is faced, as far as it can be had."""

    known: ChampionIdentity
    card: ModelCard | None = None
    asked: ModelCard | None = None  # of the one of its two models that is faced
    predicted: np.ndarray | None = None  # of each holdout row
    obstacle: str = ""  # why it cannot be scored
    note: str = ""  # what is to be told of the features that it was given


def judge(
    problem: Problem, candidate: Candidate, champion: Champion, naive: Answers, rows: pd.DataFrame, params: Evaluate
) -> tuple[Scored, Verdict]:
    """Score all on the holdout rows that the champion was not trained on, and decide.

    Raises:
        PipelineError: if the metric cannot be told, or a rule of the problem's own returns no findings.
    """
    answers, judged = {"candidate": candidate.answers}, np.ones(len(rows), dtype=bool)
    if champion.predicted is not None and champion.asked is not None:
        answers["champion"] = Answers(champion.predicted, champion.asked.classes)
        judged = unseen(problem, rows, champion.asked)
    scored = score(problem, {**answers, "naive": naive}, rows, judged, params)
    return scored, gate.decide(_evidence(problem, scored, candidate, champion), params)


def _evidence(problem: Problem, scored: Scored, candidate: Candidate, champion: Champion) -> gate.Evidence:
    judged, rows, card, shipped = scored.judged, scored.rows, candidate.card, candidate.shipped
    predicted = {name: each[judged] for name, each in scored.predicted.items()}
    loss = {name: each.at(judged) for name, each in scored.loss.items()}
    return gate.Evidence(
        candidate=loss["candidate"],
        naive=loss["naive"],
        champion=loss.get("champion"),
        blocks=blocks(rows, problem.unit, problem.time)[judged],
        labels=scored.groups[judged],
        metrics=scored.metrics["candidate"],
        champion_metrics=scored.metrics.get("champion", {}),
        validated=candidate.validated,
        leaked_rows=int((~unseen(problem, rows, card)).sum()),
        unknown=champion.known.unknown,
        anew=verdicts.anew(champion.known.anew),
        obstacle=champion.obstacle,
        same_model=champion.card is not None and champion.card.model_sha256 == card.model_sha256,
        rolled_back=champion.known.rolled_back,
        former=champion.known.former,
        changes=champion.known.changes,
        shadow_days=_shadow_days(problem, rows, champion.known.shadow_from),
        newer=champion.card is not None and champion.card.split.holdout_sha256 != card.split.holdout_sha256,
        tries=champion.known.tries,
        model_mb=shipped.mb,
        rows_per_second=shipped.rows_per_second,
        refit=shipped.unlike,
        findings=_findings(problem.rules.rules(rows[judged], predicted["candidate"], predicted.get("champion"))),
    )


def _shadow_days(problem: Problem, rows: pd.DataFrame, since: str) -> int:
    """Return how many days of the holdout came after this recipe was first recorded."""
    return (
        (rows[problem.time].max().normalize() - pd.Timestamp(since)).days if since and problem.time is not None else 0
    )


def _findings(own: object) -> list[Finding]:
    """Hold what the problem's own rules say to a list of findings."""
    where, expected = (
        "rules() in pipelines/problem/rules.py",
        "a list with a Finding for each thing that speaks against it",
    )
    said = list(own) if isinstance(own, Iterable) else returned.of_kind(own, list, where, expected)
    return [returned.of_kind(each, Finding, where, expected) for each in said]
