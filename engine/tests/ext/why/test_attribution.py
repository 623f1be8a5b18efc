"""What changed the loss gets the blame for it: all of it, shared fairly, and no more sure than the rows allow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion.core.documents.answers import Share
from champion.ext.why.attribution import coalitions, effects
from champion.metrics.aggregates import mean

PARTS = ["code", "data", "config", "environment"]
DAYS = np.repeat(np.arange(28), 24)
ALIKE = pd.DataFrame({"days": np.full(672, "any")})
games = settings(max_examples=12, deadline=None)


def losses(parts, loss):
    """Return the losses of every mixture, as `loss(taken)` has it; one number goes for all rows."""
    return {taken: mean(np.broadcast_to(np.asarray(loss(taken), dtype=float), 672)) for taken in coalitions(parts)}


def chances(parts, seed):
    """Return losses of which nothing is known: any mixture may do anything."""
    chance = np.random.default_rng(seed)
    return {taken: mean(chance.normal(100, 20, 672)) for taken in coalitions(parts)}


def shared(found):
    return {" and ".join(share.parts): share.effect for share in found}


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16)])
def test_every_mixture_is_named_once(count, expected):
    """Each part comes from the old candidate or from the new one."""
    found = coalitions(PARTS[:count])

    assert len(found) == len(set(found)) == expected


def test_the_two_candidates_come_first():
    """If they cannot be rebuilt, no mixture is worth the wait."""
    assert coalitions(["code", "data"]) == [frozenset(), {"code", "data"}, {"code"}, {"data"}]
    assert coalitions(PARTS)[:2] == [frozenset(), set(PARTS)]


@games
@given(count=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_the_shares_add_up_to_the_whole(rules, count, seed):
    """Whatever the mixtures did: nothing is left unexplained, nothing is explained twice."""
    loss = chances(PARTS[:count], seed)

    whole, shares, _ = effects(loss, PARTS[:count], DAYS, ALIKE, rules)

    assert sum(share.effect for share in shares) == pytest.approx(whole.effect, abs=1e-5)
    assert whole.effect == pytest.approx(loss[frozenset(PARTS[:count])].total - loss[frozenset()].total, abs=1e-5)
    assert sorted(share.parts[0] for share in shares) == sorted(PARTS[:count])


@games
@given(seed=st.integers(0, 2**32 - 1))
def test_a_part_that_does_nothing_gets_nothing(rules, seed):
    """However wildly the others play together; and that is certain."""
    loss = chances(PARTS[:3], seed)
    loss |= {taken: loss[taken - {"environment"}] for taken in coalitions(PARTS) if "environment" in taken}

    _, shares, interactions = effects(loss, PARTS, DAYS, ALIKE, rules)

    assert next(share for share in shares if share.parts == ["environment"]) == Share(
        parts=["environment"], effect=0.0, margin=0.0
    )
    assert not [pair for pair in interactions if "environment" in pair.parts]


@games
@given(seed=st.integers(0, 2**32 - 1))
def test_parts_that_do_the_same_get_the_same(rules, seed):
    """Code and data may be swapped in every mixture; the config does something else."""
    chance = np.random.default_rng(seed)
    known = {(count, config): chance.normal(100, 20, 672) for count in range(3) for config in (True, False)}
    loss = losses(PARTS[:3], lambda taken: known[len(taken & {"code", "data"}), "config" in taken])

    _, shares, _ = effects(loss, PARTS[:3], DAYS, ALIKE, rules)

    code, data = (next(share for share in shares if share.parts == [part]) for part in ("code", "data"))
    assert code.effect == pytest.approx(data.effect, abs=2e-6)
    assert code.margin == pytest.approx(data.margin, abs=2e-6)


@pytest.mark.parametrize("cause", PARTS)
def test_a_single_cause_gets_all_the_blame(rules, cause):
    """Four parts changed, one of them did it."""
    whole, shares, interactions = effects(
        losses(PARTS, lambda taken: 130 if cause in taken else 100), PARTS, DAYS, ALIKE, rules
    )

    assert whole == Share(parts=PARTS, effect=30.0, margin=0.0)
    assert shares[0] == Share(parts=[cause], effect=30.0, margin=0.0)
    assert {share.effect for share in shares[1:]} == {0.0}
    assert interactions == []


def test_what_helped_and_what_harmed_are_told_apart(rules):
    """A whole of nearly nothing may hide two large effects; the larger comes first, whatever its sign."""
    costs = {"code": -40, "data": 45, "config": 2}
    loss = losses(PARTS[:3], lambda taken: 100 + sum(costs[part] for part in taken))

    whole, shares, _ = effects(loss, PARTS[:3], DAYS, ALIKE, rules)

    assert whole.effect == 7.0
    assert [(share.parts, share.effect) for share in shares] == [(["data"], 45.0), (["code"], -40.0), (["config"], 2.0)]


def test_what_two_parts_do_together_only_is_found_and_split(rules):
    """New data harms with the new code only: neither did it alone, so each has half, and it is said."""
    loss = losses(PARTS[:2], lambda taken: 112 if len(taken) == 2 else 100)

    _, shares, interactions = effects(loss, PARTS[:2], DAYS, ALIKE, rules)

    assert shared(shares) == {"code": 6.0, "data": 6.0}
    assert interactions == [Share(parts=["code", "data"], effect=12.0, margin=0.0)]


def test_what_three_parts_do_together_only_is_split_in_three(rules):
    """Each order of change blames the last of the three; each is last as often."""
    loss = losses(PARTS[:3], lambda taken: 112 if len(taken) == 3 else 100)

    _, shares, interactions = effects(loss, PARTS[:3], DAYS, ALIKE, rules)

    assert shared(shares) == {"code": 4.0, "data": 4.0, "config": 4.0}
    assert [pair.effect for pair in interactions] == [6.0, 6.0, 6.0]  # of each pair, with the third or without


def test_what_a_third_part_undoes_counts_by_half(rules):
    """Code and data clash unless the config is new: an interaction is averaged over what else changed."""
    loss = losses(PARTS[:3], lambda taken: 112 if taken == {"code", "data"} else 100)

    whole, shares, interactions = effects(loss, PARTS[:3], DAYS, ALIKE, rules)

    assert whole.effect == 0.0
    assert shared(shares) == {"code": 2.0, "data": 2.0, "config": -4.0}
    assert {tuple(pair.parts): pair.effect for pair in interactions} == {
        ("code", "data"): 6.0,
        ("code", "config"): -6.0,
        ("data", "config"): -6.0,
    }


@pytest.mark.parametrize(("together", "found"), [(122.1, []), (122.3, [["code", "data"]])])
def test_a_small_interaction_is_not_worth_a_line(rules, together, found):
    """A tenth of all that the parts did is where it begins: 2.2 of 22."""
    alone = {frozenset(): 100, frozenset({"code"}): 110, frozenset({"data"}): 110}
    loss = losses(PARTS[:2], lambda taken: alone.get(taken, together))

    _, _, interactions = effects(loss, PARTS[:2], DAYS, ALIKE, rules)

    assert [pair.parts for pair in interactions] == found


def test_an_interaction_within_chance_is_not_told(rules):
    """Large on one day out of 28 is no finding."""
    one_day = 28 * np.where(DAYS == 5, 12, 0)
    loss = losses(PARTS[:2], lambda taken: 100 + (one_day if len(taken) == 2 else 0))

    whole, _, interactions = effects(loss, PARTS[:2], DAYS, ALIKE, rules)

    assert whole.effect == 12.0
    assert whole.margin > 12
    assert interactions == []


def test_parts_taken_together_are_one_part(rules):
    """Code and config that do not work apart share one line."""
    loss = losses(["code and config", "data"], lambda taken: 100 + 10 * ("code and config" in taken))

    _, shares, _ = effects(loss, ["code and config", "data"], DAYS, ALIKE, rules)

    assert shares[0] == Share(parts=["code and config"], effect=10.0, margin=0.0)


def noisy(seed, spread=40.0, days=28):
    """Return losses of two candidates, of which the new one costs 10 more, and their blocks; days go well or badly."""
    chance = np.random.default_rng(seed)
    noise = np.repeat(chance.normal(0, spread, days), 24) + chance.normal(0, spread, 24 * days)
    losses = {frozenset(): mean(np.full(24 * days, 100.0)), frozenset({"code"}): mean(110 + noise)}
    return losses, np.repeat(np.arange(days), 24)


def margin(rules, *made_of):
    loss, blocks = noisy(*made_of)
    return effects(loss, ["code"], blocks, pd.DataFrame(index=range(len(blocks))), rules)[0].margin


def test_less_noise_and_more_days_make_it_surer(rules):
    """Half the noise, half the margin; four times the days, about half the margin."""
    assert margin(rules, 0, 20.0) == pytest.approx(margin(rules, 0, 40.0) / 2, rel=1e-3)
    assert 0.3 < margin(rules, 0, 40.0, 112) / margin(rules, 0, 40.0, 28) < 0.7


def test_more_hours_of_the_same_days_do_not_make_it_surer(rules):
    """Neighbouring hours go wrong together: days are drawn, not rows."""
    loss, days = noisy(0)
    none = pd.DataFrame(index=range(672))

    by_day, by_hour = (effects(loss, ["code"], blocks, none, rules)[0].margin for blocks in (days, np.arange(672)))

    assert by_day > 2 * by_hour


def test_the_margin_holds_about_as_often_as_promised(rules):
    """95 % on each side, so the truth lies within it 90 times in 100."""
    held = []
    for seed in range(200):
        loss, blocks = noisy(seed)
        whole, _, _ = effects(loss, ["code"], blocks, pd.DataFrame(index=range(672)), rules)
        held.append(abs(whole.effect - 10) <= whole.margin)

    assert 0.86 <= np.mean(held) <= 0.94


def test_whole_and_share_of_an_only_part_are_the_same(rules):
    """One thing changed: the same rows, the same draws, the same margin."""
    loss, blocks = noisy(3)

    whole, (share,), interactions = effects(loss, ["code"], blocks, ALIKE, rules)

    assert (whole.parts, whole.effect, whole.margin) == (share.parts, share.effect, share.margin)
    assert interactions == []


WEEKEND = DAYS % 7 >= 5
SLICES = pd.DataFrame(
    {"days": np.where(WEEKEND, "weekend", "weekday"), "hours": np.where(np.arange(672) % 24 < 12, "am", "pm")}
)


@pytest.mark.parametrize(
    ("felt", "named"),
    [
        pytest.param(np.where(WEEKEND, 40, 0), "days weekend", id="harm on weekends"),
        pytest.param(np.where(WEEKEND, -40, 0), "days weekend", id="help on weekends"),
        pytest.param(np.where(np.arange(672) % 24 < 12, 40, 0), "hours am", id="harm in the morning"),
        pytest.param(np.where(WEEKEND, 5, 40), "", id="all but weekends is hardly a place"),
        pytest.param(np.full(672, 40), "", id="everywhere alike"),
        pytest.param(np.where(WEEKEND, 13, 10), "", id="a little more on weekends"),
        pytest.param(np.where(WEEKEND, 5, -2), "", id="harm here, help there, nothing in all"),
        pytest.param(np.zeros(672), "", id="nowhere"),
    ],
)
def test_the_place_where_it_was_felt_most_is_named(rules, felt, named):
    """Half as much again as on all rows together, in the direction of the whole."""
    loss = losses(["code", "data"], lambda taken: 100 + (felt if "data" in taken else 0))

    _, shares, _ = effects(loss, ["code", "data"], DAYS, SLICES, rules)

    assert {share.parts[0]: share.where for share in shares} == {"code": "", "data": named}


@pytest.mark.parametrize(("rows", "named"), [(47, "days weekend"), (48, "weather Squall")])
def test_a_place_of_few_rows_is_not_named(rules, rows, named):
    """As the gate has it: 48 rows are a slice, 47 are an anecdote, of a weekend in this case."""
    squall = np.arange(672) >= 672 - rows
    labels = SLICES.assign(weather=np.where(squall, "Squall", "Clear"))
    loss = losses(["data"], lambda taken: 100 + (1000 * squall if taken else 0))

    _, (share,), _ = effects(loss, ["data"], DAYS, labels, rules)

    assert share.where == named


def test_rows_without_a_label_belong_to_no_place(rules):
    """What is not known cannot be blamed."""
    labels = pd.DataFrame({"weather": np.where(WEEKEND, None, "Clear")})
    loss = losses(["data"], lambda taken: 100 + (40 * WEEKEND if taken else 0))

    _, (share,), _ = effects(loss, ["data"], DAYS, labels, rules)

    assert share.where == ""
