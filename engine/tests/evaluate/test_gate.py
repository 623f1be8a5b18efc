"""No bad model gets past the gate, a better one does, and whoever is refused learns every reason at once."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor

from champion.core import holdout
from champion.core.documents.data import Split
from champion.core.interface import Finding
from champion.evaluate.gate import decide
from champion.metrics import bootstrap
from champion.metrics.aggregates import mean
from champion.metrics.by_row import Settings
from champion.metrics.losses import losses as judged

COLUMNS = ["hour", "weekday", "rain_mm", "temperature_k"]


def forest(leaf=5):
    return RandomForestRegressor(n_estimators=30, min_samples_leaf=leaf, random_state=7)


def first(count, evidence):
    """Return what there is to see of the first rows."""
    rows = np.arange(len(evidence.blocks)) < count
    losses = {name: getattr(evidence, name).at(rows) for name in ("candidate", "naive", "champion")}
    return replace(evidence, **losses, blocks=evidence.blocks[rows], labels=evidence.labels[rows])


# Fitted models: good ones


def test_a_better_model_is_promoted(month, champion, better, rules):
    """A gate that lets nobody through protects nothing."""
    verdict = decide(month.evidence(better, champion), rules)

    assert verdict.decision == "promote"
    assert len(verdict.texts) == 1
    assert 0.25 < verdict.gain_low < verdict.gain < 0.5
    assert not any(part.broken for part in verdict.slices)


def test_the_first_model_is_promoted_if_it_beats_the_naive_one(month, better, rules):
    """Without a champion there is still a bar."""
    verdict = decide(month.evidence(better, champion=None), rules)

    assert verdict.decision == "promote"
    assert verdict.texts == ["meets every floor; there is no champion to beat"]
    assert (verdict.gain, verdict.gain_low, verdict.noise_floor, verdict.slices) == (None, None, None, [])


# Fitted models: bad ones


def test_a_model_of_shuffled_labels_is_rejected(month, champion, rules):
    """Targets that were joined to the wrong rows teach nothing."""
    shuffled = np.random.default_rng(0).permutation(month.history["vehicles"])
    predicted = month.fitted(forest(), COLUMNS, month.history.assign(vehicles=shuffled))

    verdict = decide(month.evidence(predicted, champion), rules)

    assert verdict.decision == "reject"
    assert verdict.texts[0].startswith("not proven better than the naive model: it adds ")


def test_a_first_model_of_shuffled_labels_is_rejected(month, dials):
    """The naive model alone keeps it out, when there is neither champion nor limit."""
    shuffled = np.random.default_rng(0).permutation(month.history["vehicles"])
    predicted = month.fitted(forest(), COLUMNS, month.history.assign(vehicles=shuffled))

    verdict = decide(month.evidence(predicted, champion=None), dials(limits={}))

    assert verdict.decision == "reject"
    assert len(verdict.texts) == 1
    assert verdict.texts[0].startswith("not proven better than the naive model: it adds ")


def test_a_constant_prediction_is_rejected(month, champion, dials):
    """The median of all hours is not a forecast."""
    predicted = month.fitted(DummyRegressor(strategy="median"), COLUMNS)

    verdict = decide(month.evidence(predicted, champion), dials(limits={}))

    assert verdict.decision == "reject"
    assert len(verdict.texts) == 3  # the naive model, the champion, the slices
    assert all(part.broken for part in verdict.slices)


def test_a_model_that_is_broken_at_night_only_is_rejected(month, champion, better, rules):
    """A good average is no comfort to who is hit: better overall and on every other slice."""
    night = (month.rows["hour"] <= 5).to_numpy()
    predicted = better + np.where(night, 250, 0)

    verdict = decide(month.evidence(predicted, champion), rules)

    assert verdict.decision == "reject"
    assert verdict.gain_low > 0.05
    assert [part.name for part in verdict.slices if part.gain < 0] == ["hours: 0-5"]
    assert len(verdict.texts) == 1
    assert "hours: 0-5 by " in verdict.texts[0]
    assert "over 168 rows" in verdict.texts[0]


def test_a_model_that_was_trained_on_the_holdout_is_rejected_however_plausible_its_gain(month, champion, rules):
    """Nothing but the split on its card gives this leak away."""
    everything = pd.concat([month.history, month.rows])
    predicted = month.fitted(forest(leaf=20), COLUMNS, everything)
    seen = ~holdout.held_out(Split(start="2018-09-17"), month.rows, ["time"], "time")

    unnoticed = decide(month.evidence(predicted, champion), rules)
    verdict = decide(month.evidence(predicted, champion, leaked_rows=int(seen.sum())), rules)

    assert unnoticed.decision == "promote"
    assert verdict.decision == "reject"
    assert verdict.texts == ["it was trained on 336 of the holdout rows: a leak"]


def test_a_model_that_knows_the_answers_is_held_even_if_its_card_is_clean(month, champion, dials):
    """A target that hides among the features is found by a gain too good to be true."""
    revealed = {"answer": lambda rows: rows["vehicles"] + 7}
    rows = replace(month, history=month.history.assign(**revealed), rows=month.rows.assign(**revealed))
    predicted = rows.fitted(forest(leaf=1), [*COLUMNS, "answer"])

    verdict = decide(month.evidence(predicted, champion), dials(limits={}))

    assert verdict.decision == "hold"
    assert len(verdict.texts) == 1
    assert verdict.texts[0].endswith("evaluate.max_improvement is 0.5: look for a leak")


def test_the_champion_itself_is_rejected(month, champion, rules):
    """Retraining to the same bytes is no progress; it is said once, not once per rule."""
    verdict = decide(month.evidence(champion, champion, same_model=True), rules)

    assert verdict.decision == "reject"
    assert verdict.texts == ["it is the champion itself, to the byte"]
    assert verdict.is_champion


def test_a_tie_is_rejected_though_the_bytes_differ(month, champion, rules):
    """Equal predictions are no reason to change the model in charge."""
    verdict = decide(month.evidence(champion.copy(), champion), rules)

    assert verdict.decision == "reject"
    assert verdict.texts == [
        "saves nothing of the champion's mae; this holdout cannot see differences below 0% with 95% confidence"
    ]


def test_missing_predictions_are_rejected(month, champion, better, rules):
    """A mean over rows that skips the unknown would flatter; one is enough to refuse."""
    better = better.copy()
    better[100] = np.nan

    verdict = decide(month.evidence(better, champion), rules)

    assert verdict.decision == "reject"
    assert verdict.texts[0] == "the candidate's losses are not all finite numbers"


def test_the_luckiest_of_twenty_equals_pays_for_the_tries(month, champion, rules):
    """Who asks the same holdout often enough gets a yes by chance: one in twenty at 95 %."""
    chance = np.random.default_rng(5)
    equals = [champion + np.repeat(chance.normal(0, 40, 28), 24) for _ in range(20)]

    alone = [decide(month.evidence(each, champion), rules) for each in equals]
    counted = [decide(month.evidence(each, champion, tries=19), rules) for each in equals]

    assert "promote" in [verdict.decision for verdict in alone]
    assert {verdict.decision for verdict in counted} == {"reject"}
    lucky = [verdict.decision for verdict in alone].index("promote")
    assert "95% confidence" in counted[lucky].texts[0]
    assert counted[lucky].texts[0].endswith("of which it is number 20")


def test_a_better_model_is_promoted_even_after_many_tries(month, champion, better, rules):
    """Paying for tries raises the bar; it does not close the door."""
    verdict = decide(month.evidence(better, champion, tries=19), rules)

    assert verdict.decision == "promote"
    assert verdict.gain_low < decide(month.evidence(better, champion), rules).gain_low


def test_the_second_try_has_a_quarter_of_the_risk(month, champion, better, dials):
    """1 / k²: what all tries together risk stays under 1 - confidence, however many come."""
    alone = decide(month.evidence(better, champion), dials(confidence=0.95))
    second = decide(month.evidence(better, champion, tries=1), dials(confidence=0.8))

    assert second.gain_low == alone.gain_low
    assert sum(bootstrap.risk_of_one_try(0.95, tries) for tries in range(10_000)) == pytest.approx(0.05, abs=1e-5)


def test_a_refit_need_not_be_proven_better(plain, dials):
    """The champion's recipe on newer data is asked less; any change of the recipe asks for proof."""
    rules = dials(refit_margin=0.05)
    close = replace(plain, candidate=mean(np.full(672, 100.9)), newer=True)

    refit = decide(close, rules)
    changed = decide(replace(close, changes=("train.max_iter", "a.py", "b.py", "c.py")), rules)
    again = decide(replace(close, newer=False), rules)
    strict = decide(close, dials(refit_margin=None))
    proven = decide(replace(plain, newer=True), rules)

    assert (refit.outcome, refit.reasons[0].rule) == ("promote", "refit")
    assert refit.texts == ["adds 0.9% to the champion's mae with 95% confidence; evaluate.refit_margin is 0.05"]
    assert refit.asked == "asked: may a refit take over? Its code and params are the champion's, its data is newer"
    assert (
        changed.asked == "asked: is it proven better? train.max_iter, a.py, b.py and 1 more differ from the champion's"
    )
    assert again.asked == "asked: is it proven better? It has no newer data than the champion"
    assert {each.outcome for each in (changed, again, strict)} == {"kept: not proven better"}
    assert proven.reasons[0].rule == "proven"


def test_a_changed_recipe_waits_in_shadow(plain, dials):
    """However good it is; a refit of the champion waits for nothing."""
    rules = dials(shadow_days=14)
    changed = replace(plain, changes=["train.max_iter"])

    early, due = (decide(replace(changed, shadow_days=days), rules) for days in (13, 14))
    refit = decide(replace(plain, newer=True), rules)

    assert (early.decision, early.outcome) == ("reject", "kept: not proven better")
    assert early.texts == [
        "13 days of data have come since its recipe was first recorded; evaluate.shadow_days asks for 14"
    ]
    assert (due.decision, refit.decision) == ("promote", "promote")


def test_what_serves_is_what_was_judged(plain, rules):
    """Else somebody has to look, whatever the gain."""
    verdict = decide(replace(plain, refit="the refit loses 9% more"), rules)

    assert verdict.outcome == "cannot be judged"
    assert verdict.texts == [
        "what would serve is not what was judged: the refit loses 9% more. Look at it; with train.refit: false the judged model serves"
    ]


def test_a_refit_that_is_shown_to_be_worse_is_refused(plain, dials):
    """Beyond evaluate.margin; and so is one on a slice, or one that may be worse by more than refit_margin."""
    worse = replace(plain, candidate=mean(np.full(672, 102.0)), newer=True)
    unsure = replace(worse, candidate=mean(np.where(np.unique(plain.blocks, return_inverse=True)[1] % 2, 70.0, 130.0)))

    assert decide(worse, dials(refit_margin=0.05)).outcome == "refused: worse"
    told = decide(unsure, dials(refit_margin=0.05, max_slice_regression=0.9))
    assert told.outcome == "kept: not proven better"
    assert "; evaluate.refit_margin is 0.05; this holdout cannot see" in told.texts[0]


# Each rule alone, in round numbers


def test_the_praise_tells_how_much_is_saved_and_how_sure_that_is(plain, rules):
    """90 instead of 100 on every row saves 10 %, whatever the resample."""
    verdict = decide(plain, rules)

    assert verdict.decision == "promote"
    assert verdict.texts == ["saves 10.0% of the champion's mae, at least 10.0% with 95% confidence"]
    assert (verdict.gain, verdict.gain_low, verdict.noise_floor) == (0.1, 0.1, 0.0)


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"validated": False}, "the data contract did not pass for this very table; run `dvc repro`"),
        ({"leaked_rows": 1}, "it was trained on 1 of the holdout rows: a leak"),
        ({"rolled_back": "v3, slow"}, "this model was rolled back before (v3, slow)"),
        ({"same_model": True}, "it is the champion itself, to the byte"),
        ({"model_mb": 20.1}, "the model has 20.1 MB; evaluate.max_model_mb is 20"),
        ({"rows_per_second": 873.0}, "it serves about 900 rows/s; evaluate.min_rows_per_second is 1,000"),
        ({"metrics": {"mae": 501.0}}, "mae is 501; evaluate.limits allows at most 500"),
        ({"metrics": {"mae": 39.0}}, "mae is 39, below 40: too good to be true, look for a leak"),
        ({"metrics": {"mae": float("nan")}}, "mae is nan; evaluate.limits allows at most 500"),
        ({"metrics": {"mse": 90.0}}, "mae is nan; evaluate.limits allows at most 500"),
        (
            {"naive": mean(np.full(672, 90.0)), "champion": None},
            "not proven better than the naive model: it saves nothing of its loss",
        ),
        (
            {"candidate": mean(np.full(672, 100.0))},
            "saves nothing of the champion's mae; this holdout cannot see differences below 0% with 95% confidence",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_flaw_alone_is_rejected(plain, rules, flaw, reason):
    """Each rule does its own work; none hides behind another."""
    verdict = decide(replace(plain, **flaw), rules)

    assert verdict.decision == "reject"
    assert verdict.texts == [reason]


@pytest.mark.parametrize(
    "flaw",
    [
        {"validated": False},
        {"leaked_rows": 1},
        {"rolled_back": "v3, slow"},
        {"same_model": True},
        {"model_mb": 20.1},
        {"rows_per_second": 873.0},
        {"metrics": {"mae": 501.0}},
    ],
    ids=lambda flaw: next(iter(flaw)),
)
@pytest.mark.parametrize("mode", ["superior", "non_inferior", "replace"])
@pytest.mark.parametrize("crowned", [True, False], ids=["champion", "no champion"])
def test_no_mode_excuses_a_flaw(plain, dials, flaw, mode, crowned):
    """Modes change how a champion is met, and nothing else."""
    evidence = replace(plain, **flaw, **({} if crowned else {"champion": None}))

    assert decide(evidence, dials(mode=mode)).decision == "reject"


def test_a_floor_that_the_champion_misses_by_more_refuses_nobody(plain, rules, dials):
    """In a hard month the better of two that miss it is the better one for users; the first model has to meet it."""
    hard = replace(plain, naive=mean(np.full(672, 80.0)), metrics={"mae": 510.0}, champion_metrics={"mae": 520.0})

    assert decide(hard, rules).decision == "promote"
    for stricter in (
        decide(replace(hard, champion=None), rules),
        decide(hard, dials(mode="replace")),
        decide(replace(hard, champion_metrics={"mae": 505.0}), rules),
        decide(replace(hard, champion_metrics={}), rules),
    ):
        assert stricter.decision == "reject"
        assert "mae is 510; evaluate.limits allows at most 500" in stricter.texts


def test_a_floor_that_the_champion_meets_counts(plain, dials):
    """A candidate within the margin of the champion, that falls under it."""
    close = replace(plain, candidate=mean(np.full(672, 100.5)), naive=mean(np.full(672, 100.2)))

    verdict = decide(close, dials(mode="non_inferior", margin=0.01))

    assert verdict.texts == ["not proven better than the naive model: it adds 0.3% to its loss"]


def test_who_is_shown_to_be_worse_is_told_so(plain, dials):
    """Beyond the margin, for sure; less than that is only not better."""
    rules = dials(margin=0.02)
    worse = decide(replace(plain, candidate=mean(np.full(672, 104.0))), rules)
    close = decide(replace(plain, candidate=mean(np.full(672, 101.0))), rules)

    assert worse.outcome == "refused: worse"
    assert worse.texts[0] == "adds 4.0% to the champion's mae, at least 4.0% with 95% confidence"
    assert (worse.gain, worse.gain_high) == (-0.04, -0.04)
    assert close.outcome == "kept: not proven better"


@pytest.mark.parametrize(
    "just_allowed",
    [
        {"model_mb": 20.0},
        {"rows_per_second": 1000.0},
        {"metrics": {"mae": 500.0}},
        {"metrics": {"mae": 40.0}},
        {"candidate": mean(np.full(672, 50.0))},  # saves max_improvement
    ],
    ids=lambda value: next(iter(value)),
)
def test_what_meets_a_limit_exactly_is_allowed(plain, rules, just_allowed):
    """The dial is the last value that passes, as its name says."""
    assert decide(replace(plain, **just_allowed), rules).decision == "promote"


def test_too_few_rows_are_held(plain, rules):
    """Six days judge nobody, for or against."""
    verdict = decide(first(144, plain), rules)

    assert verdict.decision == "hold"
    assert verdict.texts == [
        "144 holdout rows in 6 blocks are too few to judge; evaluate.min_rows is 168, min_blocks 7. "
        "Rows the champion was trained on do not count: wait for new data"
    ]


def test_many_days_of_few_rows_are_held(plain, dials):
    """28 days may be enough, 672 rows are not if 673 were asked for."""
    verdict = decide(plain, dials(min_rows=673))

    assert verdict.decision == "hold"
    assert verdict.texts[0].startswith("672 holdout rows in 28 blocks are too few to judge")
    assert decide(plain, dials(min_rows=672, min_blocks=28)).decision == "promote"


def test_many_rows_of_few_days_are_held(plain, rules):
    """Hours of one day resemble each other: what counts is how many days there are."""
    three_days = plain.blocks[[0, 24, 48]]

    verdict = decide(replace(plain, blocks=np.repeat(three_days, 224)), rules)

    assert verdict.decision == "hold"
    assert verdict.texts[0].startswith("672 holdout rows in 3 blocks are too few to judge")


def test_no_rows_at_all_are_held(plain, rules):
    """A champion that was trained on the whole holdout leaves nothing to judge."""
    verdict = decide(replace(first(0, plain), metrics={}), rules)

    assert verdict.decision == "hold"
    assert verdict.texts[0].startswith("0 holdout rows in 0 blocks are too few to judge")


def test_a_champion_that_cannot_be_scored_holds_the_candidate(plain, rules):
    """Not knowing is neither yes nor no; a person decides."""
    verdict = decide(replace(plain, champion=None, obstacle="champion v4 cannot be loaded"), rules)

    assert verdict.decision == "hold"
    assert verdict.texts == [
        "champion v4 cannot be loaded. If that is a mistake, repair it; if it is meant, evaluate.mode: replace promotes "
        "without comparing",
    ]


def test_a_champion_with_missing_predictions_holds_the_candidate(plain, rules):
    """The champion's failure is not the candidate's merit."""
    verdict = decide(replace(plain, champion=mean(np.where(np.arange(672) == 5, np.nan, 100.0))), rules)

    assert verdict.decision == "hold"
    assert verdict.texts[0].startswith("the champion's losses are not all finite numbers")


def test_a_flaw_outweighs_a_hold(plain, rules):
    """What is wrong for sure stays wrong, whatever cannot be known."""
    verdict = decide(replace(plain, champion=None, obstacle="champion v4 cannot be loaded", leaked_rows=2), rules)

    assert verdict.decision == "reject"
    assert len(verdict.texts) == 2


def test_a_gain_too_good_to_be_true_is_held(plain, rules):
    """Half of the champion's loss does not vanish overnight without a leak."""
    verdict = decide(replace(plain, candidate=mean(np.full(672, 49.0))), rules)

    assert verdict.decision == "hold"
    assert verdict.texts == ["saves 51.0%; evaluate.max_improvement is 0.5: look for a leak"]


def test_a_gain_that_is_real_but_small_is_rejected(plain, dials):
    """A model in charge is changed for something."""
    verdict = decide(plain, dials(min_improvement=0.11))

    assert verdict.decision == "reject"
    assert verdict.texts == ["saves 10.0% of the champion's mae; evaluate.min_improvement is 0.11"]
    assert decide(plain, dials(min_improvement=0.09)).decision == "promote"


def test_one_lucky_day_proves_nothing(plain, rules):
    """A great saving on a single day, and none on the others, could be that day's doing."""
    one_day = np.where(np.arange(672) < 24, 10.0, 100.0)

    verdict = decide(replace(plain, candidate=mean(one_day)), rules)

    assert verdict.gain == pytest.approx(0.032143)
    assert verdict.gain_low <= 0
    assert verdict.decision == "reject"


def test_every_reason_is_given_at_once(plain, rules):
    """Nobody should have to mend one thing to learn of the next."""
    evidence = replace(
        plain,
        candidate=mean(np.full(672, 600.0)),
        metrics={"mae": 600.0},
        validated=False,
        leaked_rows=1234,
        rolled_back="v3, slow",
        tries=1,
        model_mb=25.0,
        rows_per_second=95.0,
    )

    verdict = decide(evidence, rules)

    assert verdict.decision == "reject"
    expected = [
        "not proven better than the naive model: it adds 300.0% to its loss",
        "mae is 600; evaluate.limits allows at most 500",
        "25.0 MB; evaluate.max_model_mb is 20",
        "about 100 rows/s; evaluate.min_rows_per_second is 1,000",
        "the data contract did not pass",
        "trained on 1,234 of the holdout rows",
        "rolled back before (v3, slow)",
        "adds 500.0% to the champion's mae",
        "hours: 0-5 by 500.0% over 168 rows",
    ]
    assert len(verdict.texts) == len(expected)
    assert [part in reason for part, reason in zip(expected, verdict.texts, strict=True)] == [True] * len(expected)


def test_missing_predictions_do_not_hide_other_reasons(plain, rules):
    """A model that cannot be compared can still be too large."""
    verdict = decide(replace(plain, candidate=mean(np.full(672, np.nan)), model_mb=25.0, leaked_rows=3), rules)

    assert verdict.decision == "reject"
    assert len(verdict.texts) >= 3


def test_too_few_rows_do_not_hide_a_rollback(plain, rules):
    """Waiting for data does not help a model that was rolled back."""
    verdict = decide(replace(plain, blocks=np.repeat(plain.blocks[:1], 672), rolled_back="v3, slow"), rules)

    assert verdict.decision == "reject"
    assert len(verdict.texts) == 2


def test_a_naive_model_without_predictions_is_not_blamed_on_the_candidate(plain, rules):
    """An hour that history never had leaves the naive model without an answer."""
    verdict = decide(replace(plain, naive=mean(np.where(np.arange(672) == 5, np.nan, 150.0))), rules)

    assert verdict.decision != "promote"
    assert "naive" in verdict.texts[0]


def test_a_gain_that_the_record_shows_as_zero_is_a_tie(plain, rules):
    """A difference in the twelfth digit is another order of summation, not another model."""
    verdict = decide(replace(plain, candidate=mean(np.full(672, 100 - 1e-10))), rules)

    assert verdict.gain_low == 0
    assert verdict.decision == "reject"


# Modes


def test_non_inferior_accepts_a_tie_and_a_loss_within_the_margin(plain, dials):
    """A scheduled refit on fresher data need not win, only keep up."""
    rules = dials(mode="non_inferior", margin=0.01)

    assert decide(replace(plain, candidate=mean(np.full(672, 100.0))), rules).decision == "promote"
    assert decide(replace(plain, candidate=mean(np.full(672, 100.9))), rules).decision == "promote"


def test_non_inferior_rejects_a_loss_beyond_the_margin(plain, dials):
    """The margin is all that may be lost."""
    verdict = decide(replace(plain, candidate=mean(np.full(672, 101.1))), dials(mode="non_inferior", margin=0.01))

    assert verdict.decision == "reject"
    assert len(verdict.texts) == 1
    assert verdict.texts[0].startswith("adds 1.1% to the champion's mae, at least 1.1%")


def test_non_inferior_wants_the_margin_kept_for_sure(plain, dials):
    """An average within the margin is not enough if the days disagree."""
    days = np.repeat(np.where(np.arange(28) % 2, 60.0, 140.0), 24)

    verdict = decide(replace(plain, candidate=mean(days)), dials(mode="non_inferior", margin=0.01))

    assert verdict.gain == 0
    assert verdict.decision == "reject"


def test_non_inferior_still_minds_slices_and_miracles(plain, dials):
    """Keeping up overall excuses neither a broken slice nor a leak."""
    rules = dials(mode="non_inferior")
    weekend = (plain.labels["days"] == "weekend").to_numpy()

    broken = decide(replace(plain, candidate=mean(np.where(weekend, 120.0, 80.0))), rules)
    miracle = decide(replace(plain, candidate=mean(np.full(672, 1.0))), rules)

    assert broken.decision == "reject"
    assert len(broken.texts) == 1
    assert "days: weekend by 20.0% over 192 rows" in broken.texts[0]
    assert miracle.decision == "hold"


def test_replace_promotes_a_worse_model_that_meets_the_floors(plain, dials):
    """Sometimes the champion must go: the problem changed, or it was never right."""
    verdict = decide(replace(plain, candidate=mean(np.full(672, 120.0))), dials(mode="replace"))

    assert verdict.decision == "promote"
    assert verdict.gain is None


def test_replace_promotes_where_the_champion_cannot_be_scored(plain, dials):
    """This is the way out that the hold names."""
    evidence = replace(plain, champion=None, obstacle="champion v4 cannot be loaded")

    assert decide(evidence, dials(mode="replace")).decision == "promote"


def test_replace_says_that_nothing_was_compared(plain, dials):
    """The history of promotions should tell a replacement from a first model."""
    verdict = decide(plain, dials(mode="replace"))

    assert "there is no champion" not in verdict.texts[0]


def test_replace_promotes_where_the_champion_has_missing_predictions(plain, dials):
    """A champion that answers NaN is the very one to replace."""
    verdict = decide(replace(plain, champion=mean(np.full(672, np.nan))), dials(mode="replace"))

    assert verdict.decision == "promote"


# Whatever the losses are


@st.composite
def days_of_losses(draw):
    """28 days of candidate and champion losses: shared good and bad days, and the candidate's own skill."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shared = np.repeat(chance.lognormal(4, 0.5, 28), 24)
    skill = draw(st.floats(0.55, 1.3)) * np.repeat(chance.lognormal(0, draw(st.floats(0.01, 0.4)), 28), 24)
    return shared * skill * chance.exponential(1, 672), shared * chance.exponential(1, 672)


LOSSES = st.just(0.0) | st.floats(1e-3, 1e6)
FAST = settings(max_examples=25, deadline=None)


@FAST
@given(losses=arrays(float, 28 * 6, elements=LOSSES), naive=LOSSES, tries=st.integers(0, 50))
def test_losses_equal_to_the_champions_never_win(plain, dials, losses, naive, tries):
    """A tie keeps the champion, whatever the losses and however hard they are to add up."""
    evidence = replace(
        plain,
        candidate=mean(losses),
        champion=mean(losses.copy()),
        naive=mean(np.full(168, naive)),
        blocks=np.repeat(np.arange(28), 6),
        labels=plain.labels.iloc[:168],
        metrics={"mae": 90.0},
        tries=tries,
    )

    assert decide(evidence, dials(bootstrap_rounds=1000)).decision != "promote"
    assert decide(evidence, dials(bootstrap_rounds=1000, mode="non_inferior", margin=0.0)).decision != "promote"


@FAST
@given(champion=arrays(float, 168, elements=LOSSES), worse=arrays(float, 168, elements=LOSSES))
def test_a_model_that_is_worse_on_every_row_never_wins(plain, dials, champion, worse):
    """No resample can turn a loss everywhere into a gain."""
    evidence = replace(
        plain,
        candidate=mean(champion + worse),
        champion=mean(champion),
        naive=mean(champion + worse + 1e7),
        blocks=np.repeat(np.arange(28), 6),
        labels=plain.labels.iloc[:168],
    )

    assert decide(evidence, dials(bootstrap_rounds=1000)).decision != "promote"


@FAST
@given(losses=days_of_losses(), factor=st.floats(1e-3, 1e3))
def test_the_unit_of_the_loss_does_not_matter(plain, dials, losses, factor):
    """Vehicles per hour or per minute: all shares are of the champion's loss."""
    evidence = replace(plain, candidate=mean(losses[0]), champion=mean(losses[1]), naive=mean(losses[1] * 1.5))
    scaled = {name: mean(getattr(evidence, name).by_row * factor) for name in ("candidate", "champion", "naive")}

    before = decide(evidence, dials(limits={}, bootstrap_rounds=1000))
    after = decide(replace(evidence, **scaled), dials(limits={}, bootstrap_rounds=1000))

    assert after.decision == before.decision
    assert after.texts == before.texts


@FAST
@given(losses=days_of_losses(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(plain, dials, losses, seed):
    """A verdict is about rows, not about how a file was sorted."""
    evidence = replace(plain, candidate=mean(losses[0]), champion=mean(losses[1]), naive=mean(losses[1] * 1.5))
    order = np.random.default_rng(seed).permutation(672)
    moved = {name: getattr(evidence, name).at(order) for name in ("candidate", "champion", "naive")}

    before = decide(evidence, dials(bootstrap_rounds=1000))
    rows = {"blocks": evidence.blocks[order], "labels": evidence.labels.iloc[order]}
    after = decide(replace(evidence, **moved, **rows), dials(bootstrap_rounds=1000))

    assert after.decision == before.decision
    assert after.texts == before.texts
    assert [(part.name, part.rows, part.broken) for part in after.slices] == [
        (part.name, part.rows, part.broken) for part in before.slices
    ]


@FAST
@given(losses=days_of_losses(), tries=st.integers(1, 100))
def test_more_tries_never_help(plain, dials, losses, tries):
    """Asking again can only raise the bar."""
    evidence = replace(plain, candidate=mean(losses[0]), champion=mean(losses[1]), naive=mean(losses[1] * 1.5))

    first = decide(evidence, dials(bootstrap_rounds=1000))
    later = decide(replace(evidence, tries=tries), dials(bootstrap_rounds=1000))

    assert later.gain_low <= first.gain_low
    assert later.decision != "promote" or first.decision == "promote"


@FAST
@given(losses=days_of_losses())
def test_the_same_evidence_gets_the_same_verdict(plain, dials, losses):
    """A verdict can be checked by asking again, to the last digit."""
    evidence = replace(plain, candidate=mean(losses[0]), champion=mean(losses[1]), naive=mean(losses[1] * 1.5))

    assert decide(evidence, dials(bootstrap_rounds=1000)) == decide(evidence, dials(bootstrap_rounds=1000))


def test_every_reason_names_its_rule_and_effect(plain, rules):
    """Programs read these; the text is for people."""
    refused = decide(replace(plain, leaked_rows=3, rolled_back="as v2", model_mb=900.0, obstacle="it is gone"), rules)

    assert [(reason.rule, reason.effect) for reason in refused.reasons] == [
        ("size", "reject"), ("leak", "reject"), ("rolled_back", "reject"), ("champion", "hold"),
    ]  # fmt: skip
    assert [reason.rule for reason in decide(plain, rules).reasons] == ["proven"]
    assert decide(plain, rules).reasons[0].effect == "praise"


@pytest.mark.parametrize("effect", ["reject", "hold"])
def test_a_rule_of_the_problem_counts_like_the_others(plain, rules, effect):
    """Fairness, say, or a limit of the business."""
    verdict = decide(replace(plain, findings=[Finding(effect, "weekends are 1.7 times as wrong")]), rules)

    assert verdict.decision == effect
    assert [(reason.rule, reason.text) for reason in verdict.reasons] == [("own", "weekends are 1.7 times as wrong")]


# Scores, of which the greater is the better


@pytest.fixture
def calls(plain):
    """Return evidence of models that say how likely a row is late; `sure` is how well they know."""
    chance = np.random.default_rng(3)
    late = chance.random(672) < 0.3

    def evidence(candidate, champion, **other):
        said = {
            name: np.clip(0.4 + sure * (late - 0.3) + chance.normal(0, 0.2, 672), 0, 1)
            for name, sure in {"candidate": candidate, "champion": champion, "naive": 0.0}.items()
        }
        truth = pd.Series(np.where(late, "late", "on time"))
        probabilities = {name: np.stack([each, 1 - each], axis=1) for name, each in said.items()}
        told = {
            name: judged("roc_auc", truth, each, ["late", "on time"], Settings(positive="late"))
            for name, each in probabilities.items()
        }
        return replace(plain, **told, metrics={"roc_auc": 1 - told["candidate"].total}, **other)

    return evidence


def test_a_greater_score_is_promoted_and_a_smaller_one_refused(calls, dials):
    """What is compared is what is missing to 1, and the words say so."""
    rules = dials(metric="roc_auc", limits={"roc_auc": [0.6, 0.999]}, max_improvement=1.0)

    better, worse = decide(calls(0.4, 0.2), rules), decide(calls(0.2, 0.4), rules)

    assert better.decision == "promote"
    assert re.match(r"saves \d\d\.\d% of the champion's 1 - roc_auc, at least \d", better.texts[0])
    assert worse.decision == "reject"
    assert any(text.startswith("adds ") for text in worse.texts)


def test_the_limits_of_a_score_are_its_lowest_and_its_highest(calls, dials):
    """Below is bad, above is too good to be true."""
    low = decide(calls(0.1, 0.0), dials(metric="roc_auc", limits={"roc_auc": [0.9, 0.99]}, max_improvement=1.0))
    high = decide(calls(2.0, 0.2), dials(metric="roc_auc", limits={"roc_auc": [0.6, 0.9]}, max_improvement=1.0))

    assert re.match(r"roc_auc is 0\.\d+; evaluate\.limits allows at least 0\.9$", low.texts[0])
    assert re.search(r"roc_auc is [01]\.?\d*, above 0\.9: too good to be true", "\n".join(high.texts))


def test_rows_of_one_class_are_held(calls, dials):
    """No order is right or wrong among equals."""
    rows = calls(0.4, 0.2)
    alone = {name: getattr(rows, name).at(rows.candidate.came[:, 0]) for name in ("candidate", "champion", "naive")}
    seen = rows.candidate.came[:, 0]
    evidence = replace(rows, **alone, blocks=rows.blocks[seen], labels=rows.labels[seen], metrics={})

    verdict = decide(evidence, dials(metric="roc_auc", limits={}))

    assert verdict.decision == "hold"
    assert verdict.texts == ["roc_auc tells nothing on these rows: the target does not vary among them"]
