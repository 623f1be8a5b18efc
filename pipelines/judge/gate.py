"""Decide: promote, reject or hold, with every reason. Pure: evidence in, verdict out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from pipelines.dials import Evaluate
from pipelines.judge import bootstrap, words
from pipelines.judge.slices import Slice, compare

Decision = Literal["promote", "reject", "hold"]


@dataclass(frozen=True)
class Evidence:
    """What the gate is shown. Losses are per holdout row, all models on the same rows."""

    candidate: np.ndarray
    naive: np.ndarray
    champion: np.ndarray | None  # None: there is no champion, or it cannot be scored (see obstacle)
    blocks: np.ndarray  # label of the day, or of the group of rows, that each row belongs to
    labels: pd.DataFrame  # one column per way to slice
    metrics: Mapping[str, float]  # of the candidate
    validated: bool  # the contract held for the very table this holdout comes from
    leaked_rows: int  # holdout rows that the candidate was trained on
    obstacle: str  # why the champion cannot be scored; empty if it can or there is none
    same_model: bool  # candidate and champion are the same bytes
    rolled_back: str  # when and why this model was rolled back; empty if it was not
    tries: int  # other models judged on this holdout before
    model_mb: float
    rows_per_second: float


@dataclass(frozen=True)
class Verdict:
    """The decision, and all that led to it."""

    decision: Decision
    reasons: list[str]
    gain: float | None = None  # share of the champion's loss saved
    gain_low: float | None = None  # one-sided bound at `confidence`, corrected for the tries
    noise_floor: float | None = None  # smaller differences cannot be seen on this holdout
    slices: list[Slice] = field(default_factory=list)


Finding = tuple[Literal["reject", "hold"], str]


def decide(evidence: Evidence, rules: Evaluate) -> Verdict:
    """Promote only if nothing speaks against it; collect everything that does."""
    unjudgeable = list(_unjudgeable(evidence, rules))
    floors = [] if unjudgeable else _floors(evidence, rules)
    findings = [*unjudgeable, *floors, *_serving(evidence, rules), *_provenance(evidence, rules)]
    if evidence.champion is not None and rules.mode != "replace" and not unjudgeable:
        return _against_champion(evidence, evidence.champion, findings, rules)
    alone = evidence.champion is None and not evidence.obstacle
    why = "there is no champion to beat" if alone else "evaluate.mode is replace: not compared with the champion"
    return _close(findings, f"meets every floor; {why}")


def _unjudgeable(evidence: Evidence, rules: Evaluate) -> Iterator[Finding]:
    """Say why losses cannot be compared at all."""
    if len(evidence.candidate) < rules.min_rows or len(np.unique(evidence.blocks)) < rules.min_blocks:
        yield "hold", _too_few(evidence, rules)
    if not np.isfinite(evidence.candidate).all():
        yield "reject", "the candidate's losses are not all finite numbers"
    if not np.isfinite(evidence.naive).all():
        yield "hold", "the naive model's losses are not all finite numbers; mend naive() in pipelines/problem/model.py"
    if evidence.champion is not None and rules.mode != "replace" and not np.isfinite(evidence.champion).all():
        yield (
            "hold",
            "the champion's losses are not all finite numbers; evaluate.mode: replace crowns without comparing",
        )


def _against_champion(evidence: Evidence, champion: np.ndarray, findings: list[Finding], rules: Evaluate) -> Verdict:
    saved = bootstrap.gain(evidence.candidate, champion)
    spread = bootstrap.gains(evidence.candidate, champion, evidence.blocks, rules.bootstrap_rounds, rules.seed)
    low = round(bootstrap.quantile(spread, (1 - rules.confidence) / (1 + evidence.tries), evidence.blocks), 6) + 0.0
    found = compare(evidence.candidate, champion, evidence.blocks, evidence.labels, rules)
    findings += [*_comparison(evidence, saved, low, rules), *_slices(found, rules)]
    proven = (
        f"saves {saved:.1%} of the champion's {rules.metric}, at least {low:.1%} with {_confidence(evidence, rules)}"
    )
    verdict = _close(findings, proven)
    return Verdict(verdict.decision, verdict.reasons, round(saved, 6), round(low, 6), round(saved - low, 6), found)


def _close(findings: list[Finding], praise: str) -> Verdict:
    reasons = [reason for _, reason in findings]
    if not findings:
        return Verdict("promote", [praise])
    return Verdict("reject" if any(kind == "reject" for kind, _ in findings) else "hold", reasons)


def _provenance(evidence: Evidence, rules: Evaluate) -> Iterator[Finding]:
    if not evidence.validated:
        yield "reject", "the data contract did not pass for this very table; run `dvc repro`"
    if evidence.leaked_rows:
        yield "reject", f"it was trained on {evidence.leaked_rows:,} of the holdout rows: a leak"
    if evidence.rolled_back:
        yield "reject", f"this model was rolled back before ({evidence.rolled_back})"
    if evidence.obstacle and rules.mode != "replace":
        yield (
            "hold",
            f"{evidence.obstacle}. If that is a mistake, mend it; if it is meant, evaluate.mode: replace crowns without comparing",
        )
    if evidence.same_model:
        yield "reject", words.ITSELF


def _floors(evidence: Evidence, rules: Evaluate) -> Iterator[Finding]:
    spread = bootstrap.gains(evidence.candidate, evidence.naive, evidence.blocks, rules.bootstrap_rounds, rules.seed)
    low = bootstrap.quantile(spread, 1 - rules.confidence, evidence.blocks)
    if not low > 0:
        saved = bootstrap.gain(evidence.candidate, evidence.naive)
        yield "reject", f"not proven better than the naive model: saves {saved:.1%}, low end {low:.1%}"
    for metric, (lowest, highest) in rules.limits.items():
        value = evidence.metrics.get(metric, float("nan"))
        if not value <= highest:
            yield "reject", f"{metric} is {value:.4g}; evaluate.limits allows at most {highest:g}"
        if value < lowest:
            yield "reject", f"{metric} is {value:.4g}, below {lowest:g}: too good to be true, look for a leak"


def _serving(evidence: Evidence, rules: Evaluate) -> Iterator[Finding]:
    if evidence.model_mb > rules.max_model_mb:
        yield (
            "reject",
            f"the model has {evidence.model_mb:.1f} MB; evaluate.max_model_mb is {rules.max_model_mb:g}",
        )
    if evidence.rows_per_second < rules.min_rows_per_second:
        rate = float(f"{evidence.rows_per_second:.1g}")  # a clock is no input: keep its noise out of the record
        yield (
            "reject",
            f"it serves about {rate:,.0f} rows/s; evaluate.min_rows_per_second is {rules.min_rows_per_second:,g}",
        )


def _comparison(evidence: Evidence, saved: float, low: float, rules: Evaluate) -> Iterator[Finding]:
    if evidence.same_model:
        return  # said already
    floor = f"this holdout cannot see differences below {saved - low:.1%} with {_confidence(evidence, rules)}"
    if rules.mode == "non_inferior":
        if not low > -rules.margin:
            yield (
                "reject",
                f"may be worse than the champion by {-low:.1%}; evaluate.margin is {rules.margin:.1%}; {floor}",
            )
    elif not low > 0:
        yield (
            "reject",
            f"not proven better: saves {saved:.1%} of the champion's {rules.metric}, low end {low:.1%}; {floor}",
        )
    elif saved < rules.min_improvement:
        yield "reject", f"saves {saved:.1%}; evaluate.min_improvement is {rules.min_improvement:.1%}"
    if saved > rules.max_improvement:
        yield (
            "hold",
            f"saves {saved:.1%}, more than evaluate.max_improvement = {rules.max_improvement:.0%}: look for a leak",
        )


def _slices(found: list[Slice], rules: Evaluate) -> Iterator[Finding]:
    broken = [f"{part.name} by {-part.gain:.1%} over {part.rows:,} rows" for part in found if part.broken]
    if broken:
        yield (
            "reject",
            f"worse by more than evaluate.max_slice_regression = {rules.max_slice_regression:.0%} on {'; '.join(broken)}",
        )


def _confidence(evidence: Evidence, rules: Evaluate) -> str:
    tries = f" shared out over {evidence.tries + 1} candidates judged on it" if evidence.tries else ""
    return f"{rules.confidence:.0%} confidence{tries}"


def _too_few(evidence: Evidence, rules: Evaluate) -> str:
    return (
        f"{len(evidence.candidate):,} holdout rows in {len(np.unique(evidence.blocks))} blocks are too few to judge; "
        f"evaluate.min_rows is {rules.min_rows}, min_blocks {rules.min_blocks}. Rows the champion was trained on "
        "do not count: wait for new data"
    )
