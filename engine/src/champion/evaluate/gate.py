"""Decide: promote, reject or hold, with every reason. Pure: evidence in, verdict out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from champion.core import words
from champion.core.documents.evaluation import Reason, Rule, Slice, Verdict
from champion.core.interface import Finding
from champion.core.params import SCORES, Evaluate
from champion.evaluate.question import Question, praise, question, shortfall
from champion.metrics import bootstrap
from champion.metrics.aggregates import Loss
from champion.metrics.slices import compare


@dataclass(frozen=True)
class Evidence:
    """What the gate is shown. Losses are on the holdout rows, all models on the same ones."""

    candidate: Loss
    naive: Loss
    champion: Loss | None  # None: there is no champion, or it cannot be scored (see obstacle)
    blocks: np.ndarray  # label of the day, or of the group of rows, that each row belongs to
    labels: pd.DataFrame  # one column per way to slice
    metrics: Mapping[str, float]  # of the candidate
    validated: bool  # the contract held for the very table this holdout comes from
    leaked_rows: int  # holdout rows that the candidate was trained on
    unknown: str  # why it cannot be told who is champion; empty if it can
    anew: str  # who begins anew and where, though there was a champion before; empty if there was none
    obstacle: str  # why the champion cannot be scored; empty if it can or there is none
    same_model: bool  # candidate and champion are the same bytes
    rolled_back: str  # when and why this model was rolled back; empty if it was not
    tries: int  # other models judged on this holdout before
    model_mb: float
    rows_per_second: float
    champion_metrics: Mapping[str, float] = field(default_factory=dict)
    former: str = ""  # number of the version that it was before; empty if it is new
    changes: Sequence[str] = ()  # by which its recipe differs from the champion's
    shadow_days: int = 0  # days of the holdout that came after its recipe was first recorded
    newer: bool = False  # the champion was made before these rows were held out
    refit: str = ""  # where the refit, which would serve, is not what was judged; empty if it is
    findings: Iterable[Finding] = ()  # what the problem's own rules say


def decide(evidence: Evidence, rules: Evaluate) -> Verdict:
    """Promote only if nothing speaks against it; collect everything that does."""
    unjudgeable = list(_unjudgeable(evidence, rules))
    floors = [] if unjudgeable else list(_floors(evidence, rules))
    against = [*unjudgeable, *floors, *_serving(evidence, rules), *_origin(evidence, rules), *_own(evidence)]
    if evidence.champion is not None and rules.mode != "replace" and not unjudgeable:
        return _against_champion(evidence, evidence.champion, against, rules)
    if evidence.champion is None and not evidence.obstacle:
        anew = f": {evidence.anew}" if evidence.anew else ""
        return _close(against, _praise("first", f"meets every floor; there is no champion to beat{anew}"))
    why = "evaluate.mode is replace: not compared with the champion"
    return _close(against, _praise("replace", f"meets every floor; {why}"))


def _unjudgeable(evidence: Evidence, rules: Evaluate) -> Iterator[Reason]:
    """Say why losses cannot be compared at all."""
    if len(evidence.candidate.by_row) < rules.min_rows or len(np.unique(evidence.blocks)) < rules.min_blocks:
        yield _hold("rows", _too_few(evidence, rules))
    if not np.isfinite(evidence.candidate.by_row).all():
        yield _reject("finite", "the candidate's losses are not all finite numbers")
    if not np.isfinite(evidence.naive.by_row).all():
        text = "the naive model's losses are not all finite numbers; repair naive() in pipelines/problem/model.py"
        yield _hold("finite", text)
    if evidence.champion is not None and rules.mode != "replace" and not np.isfinite(evidence.champion.by_row).all():
        text = "the champion's losses are not all finite numbers; evaluate.mode: replace promotes without comparing"
        yield _hold("finite", text)
    answered = len(evidence.candidate.by_row) and np.isfinite(evidence.candidate.by_row).all()
    if answered and np.isnan(evidence.candidate.total):
        yield _hold("finite", f"{rules.metric} tells nothing on these rows: the target does not vary among them")


def _against_champion(evidence: Evidence, champion: Loss, against: list[Reason], rules: Evaluate) -> Verdict:
    saved = bootstrap.gain(evidence.candidate, champion)
    spread = bootstrap.gains(evidence.candidate, champion, evidence.blocks, rules.bootstrap_rounds, rules.seed)
    risk = bootstrap.risk_of_one_try(rules.confidence, evidence.tries)
    low = round(bootstrap.quantile(spread, risk, evidence.blocks), 6) + 0.0
    high = bootstrap.quantile(spread, rules.confidence, evidence.blocks)
    slices = compare(evidence.candidate, champion, evidence.blocks, evidence.labels, rules)
    asked = question(evidence.changes, rules, newer=evidence.newer)
    shown = praise(asked, saved, low, _confidence(evidence, rules), rules)
    verdict = _close(
        [*against, *_comparison(evidence, asked, (low, saved, high), rules), *_slices(slices, rules)],
        _praise("proven" if low > 0 else "refit", shown),
    )
    return verdict.model_copy(
        update={
            "gain": round(saved, 6),
            "gain_low": round(low, 6),
            "gain_high": round(high, 6),
            "noise_floor": round(saved - low, 6),
            "asked": "" if evidence.same_model else asked.text,
            "slices": slices,
        }
    )


def _close(against: list[Reason], praise: Reason) -> Verdict:
    if not against:
        return Verdict(decision="promote", reasons=[praise])
    rejected = any(reason.effect == "reject" for reason in against)
    return Verdict(decision="reject" if rejected else "hold", reasons=against)


def _origin(evidence: Evidence, rules: Evaluate) -> Iterator[Reason]:
    """Say what speaks against it whatever it predicts: where it comes from, and what it was trained on."""
    if evidence.unknown:
        yield _hold("unknown", f"it cannot be told who is champion: {evidence.unknown}")
    if not evidence.validated:
        yield _reject("contract", "the data contract did not pass for this very table; run `dvc repro`")
    if evidence.leaked_rows:
        yield _reject("leak", f"it was trained on {evidence.leaked_rows:,} of the holdout rows: a leak")
    if evidence.rolled_back:
        yield _reject("rolled_back", f"this model was rolled back before ({evidence.rolled_back})")
    if evidence.obstacle and rules.mode != "replace":
        way_out = "If that is a mistake, repair it; if it is meant, evaluate.mode: replace promotes without comparing"
        yield _hold("champion", f"{evidence.obstacle}. {way_out}")
    if evidence.same_model:
        yield _reject("same_model", "it is the champion itself, to the byte")


def _own(evidence: Evidence) -> Iterator[Reason]:
    for finding in evidence.findings:
        yield Reason(rule="own", effect=finding.effect, text=finding.text)


def _floors(evidence: Evidence, rules: Evaluate) -> Iterator[Reason]:
    """Say which floors it misses. One that the champion misses on the same rows, by more, refuses nobody: a hard month hits all."""
    saved, low = _over_naive(evidence, evidence.candidate, rules)
    champion = None if rules.mode == "replace" else evidence.champion
    if not low > 0 and (champion is None or _over_naive(evidence, champion, rules)[1] > min(low, 0)):
        yield _reject("floor", f"not proven better than the naive model: it {words.bounded(saved, low, 'its loss')}")
    for metric, (lowest, highest) in rules.limits.items():
        faced = evidence.champion_metrics if champion is not None else {}
        value, theirs = (told.get(metric, float("nan")) for told in (evidence.metrics, faced))
        yield from _limit(metric, value, theirs, (lowest, highest))


def _over_naive(evidence: Evidence, model: Loss, rules: Evaluate) -> tuple[float, float]:
    """Return what a model saves of the naive model's loss, and the lower bound of that."""
    spread = bootstrap.gains(model, evidence.naive, evidence.blocks, rules.bootstrap_rounds, rules.seed)
    return bootstrap.gain(model, evidence.naive), bootstrap.quantile(spread, 1 - rules.confidence, evidence.blocks)


def _limit(metric: str, value: float, theirs: float, limits: tuple[float, float]) -> Iterator[Reason]:
    """Say which of its limits a metric is beyond; a score is better the greater it is. `theirs` is NaN if nobody is faced."""
    lowest, highest = limits
    if metric in SCORES:
        bad, allowed, missed_by_more = not value >= lowest, f"at least {lowest:g}", theirs <= min(value, lowest)
        too_good, beyond = value > highest, f"above {highest:g}"
    else:
        bad, allowed, missed_by_more = not value <= highest, f"at most {highest:g}", theirs >= max(value, highest)
        too_good, beyond = value < lowest, f"below {lowest:g}"
    if bad and not missed_by_more:
        yield _reject("limit", f"{metric} is {value:.4g}; evaluate.limits allows {allowed}")
    if too_good:
        yield _reject("too_good", f"{metric} is {value:.4g}, {beyond}: too good to be true, look for a leak")


def _serving(evidence: Evidence, rules: Evaluate) -> Iterator[Reason]:
    if evidence.refit:
        way_out = "Look at it; with train.refit: false the judged model serves"
        yield _hold("shipped", f"what would serve is not what was judged: {evidence.refit}. {way_out}")
    if evidence.model_mb > rules.max_model_mb:
        text = f"the model has {evidence.model_mb:.1f} MB; evaluate.max_model_mb is {rules.max_model_mb:g}"
        yield _reject("size", text)
    if evidence.rows_per_second < rules.min_rows_per_second:
        rate = float(f"{evidence.rows_per_second:.1g}")  # a clock is no input: keep its noise out of the record
        text = f"it serves about {rate:,.0f} rows/s; evaluate.min_rows_per_second is {rules.min_rows_per_second:,g}"
        yield _reject("speed", text)


def _comparison(
    evidence: Evidence, asked: Question, gains: tuple[float, float, float], rules: Evaluate
) -> Iterator[Reason]:
    """Say what the lower end of the gain, the gain itself and the upper end speak against."""
    low, saved, high = gains
    if evidence.same_model:
        return  # said already
    of, former = f"the champion's {rules.loss}", evidence.former
    was = f". It is v{former}, champion before: `pipeline rollback {former}` gives it back" if former else ""
    if high < -rules.margin:
        shown = f"at least {words.percent(-high)} with {words.confidence(rules.confidence)}"
        yield _reject("worse", f"{words.saved(saved, of)}, {shown}{was}")
        return
    if evidence.changes and evidence.shadow_days < rules.shadow_days:
        waited = f"{evidence.shadow_days} days of data have come since its recipe was first recorded"
        yield _reject("shadow", f"{waited}; evaluate.shadow_days asks for {rules.shadow_days}")
    if short := shortfall(asked, saved, low, rules):
        sees = f"; this holdout cannot see differences below {words.percent(saved - low)} with {_confidence(evidence, rules)}"
        yield _reject("improvement", f"{short}{'' if asked.answered(low) else sees}{was}")
    if saved > rules.max_improvement:
        text = f"saves {saved:.1%}; evaluate.max_improvement is {rules.max_improvement:g}: look for a leak"
        yield _hold("too_good", text)


def _slices(slices: list[Slice], rules: Evaluate) -> Iterator[Reason]:
    broken = [f"{part.name} by {-part.gain:.1%} over {part.rows:,} rows" for part in slices if part.broken]
    if broken:
        limit = f"evaluate.max_slice_regression is {rules.max_slice_regression:g}"
        yield _reject("slice", f"worse on {'; '.join(broken)}; {limit}")


def _confidence(evidence: Evidence, rules: Evaluate) -> str:
    tries = f" over all candidates judged on it, of which it is number {evidence.tries + 1}" if evidence.tries else ""
    return f"{words.confidence(rules.confidence)}{tries}"


def _too_few(evidence: Evidence, rules: Evaluate) -> str:
    return (
        f"{len(evidence.candidate.by_row):,} holdout rows in {len(np.unique(evidence.blocks))} blocks are too few to judge; "
        f"evaluate.min_rows is {rules.min_rows}, min_blocks {rules.min_blocks}. Rows the champion was trained on "
        "do not count: wait for new data"
    )


def _reject(rule: Rule, text: str) -> Reason:
    return Reason(rule=rule, effect="reject", text=text)


def _hold(rule: Rule, text: str) -> Reason:
    return Reason(rule=rule, effect="hold", text=text)


def _praise(rule: Rule, text: str) -> Reason:
    return Reason(rule=rule, effect="praise", text=text)
