"""A slice is called broken if it clearly is, and only then."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion.core.documents.evaluation import Slice
from champion.core.errors import PipelineError
from champion.metrics import slices
from champion.metrics.aggregates import mean
from champion.metrics.slices import labelled

DAYS = np.repeat(np.arange(28), 24)
HOURS = np.tile(np.arange(24), 28)
NIGHT = HOURS < 6
CHAMPION = np.full(672, 100.0)


def labels(mask, name="night", other="day"):
    return pd.DataFrame({"hours": np.where(mask, name, other)})


def compare(candidate, champion, *rest):
    """Compare mean losses per row."""
    return slices.compare(mean(candidate), mean(champion), *rest)


def broken(found):
    return [part.name for part in found if part.broken]


def test_each_label_of_each_column_is_a_slice(rules):
    """Names, sizes and means can be checked by hand."""
    candidate = np.where(NIGHT, 130.0, 90.0)
    both = labels(NIGHT).assign(week=np.where(DAYS < 14, 1, 2))

    found = compare(candidate, CHAMPION, DAYS, both, rules)

    assert found == [
        Slice(name="hours: day", rows=504, candidate=90.0, champion=100.0, gain=0.1, judged=True, broken=False),
        Slice(name="hours: night", rows=168, candidate=130.0, champion=100.0, gain=-0.3, judged=True, broken=True),
        Slice(name="week: 1", rows=336, candidate=100.0, champion=100.0, gain=0.0, judged=True, broken=False),
        Slice(name="week: 2", rows=336, candidate=100.0, champion=100.0, gain=0.0, judged=True, broken=False),
    ]


def test_a_loss_within_the_dial_is_allowed(dials):
    """A tenth may be lost on a slice; a hair more may not."""
    rules = dials(max_slice_regression=0.1)

    assert broken(compare(np.where(NIGHT, 109.9, 90.0), CHAMPION, DAYS, labels(NIGHT), rules)) == []
    assert broken(compare(np.where(NIGHT, 110.1, 90.0), CHAMPION, DAYS, labels(NIGHT), rules)) == ["hours: night"]


def test_a_loss_on_one_bad_day_is_an_accident(rules):
    """Twice the loss in all, from a single night of 28: no proof that the slice is broken."""
    candidate = np.where(NIGHT & (DAYS == 3), 2900.0, 100.0)

    night = compare(candidate, CHAMPION, DAYS, labels(NIGHT), rules)[1]

    assert night.gain == -1.0
    assert night.judged
    assert not night.broken


def test_a_slice_of_few_rows_is_shown_but_not_judged(dials):
    """47 rows say little, even if they say it loudly."""
    few = np.isin(np.arange(672), np.arange(0, 47 * 14, 14))
    candidate = np.where(few, 900.0, 90.0)

    small = compare(candidate, CHAMPION, DAYS, labels(few, "few"), dials(min_slice_rows=48))
    enough = compare(candidate, CHAMPION, DAYS, labels(few, "few"), dials(min_slice_rows=47))

    assert (small[1].rows, small[1].judged, small[1].broken) == (47, False, False)
    assert (enough[1].rows, enough[1].judged, enough[1].broken) == (47, True, True)


def test_a_slice_of_few_days_is_shown_but_not_judged(rules):
    """Six stormy days are one storm or two, though they have 144 hours."""
    six, seven = DAYS < 6, DAYS < 7

    storm = compare(np.where(six, 900.0, 90.0), CHAMPION, DAYS, labels(six, "storm"), rules)[1]
    longer = compare(np.where(seven, 900.0, 90.0), CHAMPION, DAYS, labels(seven, "storm"), rules)[1]

    assert (storm.rows, storm.judged, storm.broken) == (144, False, False)
    assert (longer.rows, longer.judged, longer.broken) == (168, True, True)


def test_a_slice_that_the_champion_got_perfectly_right_can_break(rules):
    """There is no share of nothing, but worse than perfect is worse."""
    champion = np.where(NIGHT, 0.0, 100.0)

    night = compare(np.where(NIGHT, 1.0, 90.0), champion, DAYS, labels(NIGHT), rules)[1]

    assert (night.gain, night.broken) == (-1.0, True)


def test_rows_without_a_label_belong_to_no_slice(rules):
    """What is not known about a row is not made up."""
    unknown = pd.DataFrame({"weather": np.where(DAYS < 14, "rain", None)})

    found = compare(np.full(672, 90.0), CHAMPION, DAYS, unknown, rules)

    assert [(part.name, part.rows) for part in found] == [("weather: rain", 336)]


def test_without_labels_there_are_no_slices(rules):
    """Slices are the problem's choice, and none is a choice."""
    assert compare(np.full(672, 90.0), CHAMPION, DAYS, pd.DataFrame(index=range(672)), rules) == []


def test_the_risk_of_a_false_alarm_is_shared_out_over_the_slices(dials):
    """What is proof for one slice alone is none when thirty were looked at."""
    chance = np.random.default_rng(1)
    candidate = CHAMPION + np.repeat(chance.normal(11, 28, 28), 24)
    alone = pd.DataFrame({"all": np.full(672, "all")})
    many = alone.assign(**{f"way {number}": chance.integers(0, 2, 672) for number in range(30)})
    rules = dials(max_slice_regression=0.05)

    first = compare(candidate, CHAMPION, DAYS, alone, rules)[0]
    again = compare(candidate, CHAMPION, DAYS, many, rules)[0]

    assert first.gain == again.gain < -0.05
    assert first.broken
    assert not again.broken


def test_slices_too_small_to_judge_cost_the_others_nothing(dials):
    """Only slices that can be called broken share the risk."""
    chance = np.random.default_rng(1)
    candidate = CHAMPION + np.repeat(chance.normal(11, 28, 28), 24)
    tiny = {f"way {number}": np.where(np.arange(672) == number, "tiny", None) for number in range(30)}
    rules = dials(max_slice_regression=0.05)

    found = compare(candidate, CHAMPION, DAYS, pd.DataFrame({"all": np.full(672, "all"), **tiny}), rules)

    assert len(found) == 31
    assert broken(found) == ["all: all"]


def test_equally_good_models_seldom_seem_broken(dials):
    """Eight slices are looked at each month; that must not make alarms a habit."""
    many = pd.DataFrame({"band": HOURS // 6, "day": DAYS % 4})
    alarms = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        candidate, champion = np.repeat(chance.lognormal(4, 0.6, (2, 28)), 24, axis=1) * chance.lognormal(
            0, 0.5, (2, 672)
        )
        alarms += bool(
            broken(compare(candidate, champion, DAYS, many, dials(max_slice_regression=0.0, bootstrap_rounds=1000)))
        )

    assert alarms <= 8


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(["str", "category", "object"]))
def test_slices_do_not_depend_on_row_order_or_on_how_labels_are_stored(rules, seed, kind):
    """Text, categories or objects, sorted or not: the same groups."""
    chance = np.random.default_rng(seed)
    candidate, champion = chance.lognormal(4, 0.5, (2, 672))
    bands = pd.DataFrame({"band": (HOURS // 6).astype(str)})
    order = chance.permutation(672)

    plain = compare(candidate, champion, DAYS, bands, rules)
    moved = compare(candidate[order], champion[order], DAYS[order], bands.astype(kind).iloc[order], rules)

    assert [part.name for part in moved] == ["band: 0", "band: 1", "band: 2", "band: 3"]
    assert [(part.rows, part.judged, part.broken) for part in moved] == [
        (part.rows, part.judged, part.broken) for part in plain
    ]
    assert [part.gain for part in moved] == pytest.approx([part.gain for part in plain])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (pd.DataFrame({"hours": ["day"]}), "returned 1 rows; a table of 2 rows"),
        (["day", "day"], "returned something of type list"),
    ],
)
def test_slices_of_another_shape_are_told(made, said):
    """One row per row."""
    with pytest.raises(PipelineError, match=said):
        labelled(made, pd.DataFrame(index=[5, 7]))


def test_labels_are_texts_of_whatever_kind_they_come():
    """Categories, numbers, and an index of their own."""
    made = pd.DataFrame({"size": pd.Categorical(["small", "large"]), "week": [1, 2]})

    found = labelled(made, pd.DataFrame(index=[5, 7]))

    assert found.to_dict("list") == {"size": ["small", "large"], "week": ["1", "2"]}
    assert found.index.tolist() == [5, 7]
