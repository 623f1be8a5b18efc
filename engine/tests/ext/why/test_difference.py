"""What can have done it, and what is taken together where mixtures do not work."""

from types import SimpleNamespace

import pytest
import samples
from stages import PROBLEM

from champion.core.errors import PipelineError, Refusal
from champion.ext.why import difference
from champion.ext.why.counterfactuals import Retrained


def candidate(delivery="5ou4ce", rows=100, as_of="2018-09-30"):
    """A candidate as far as its delivery goes."""
    made_of = samples.provenance(data={"source_digest": delivery, "source_rows": rows})
    return SimpleNamespace(name="v1", provenance=made_of, run=SimpleNamespace(params={"ingest.as_of": as_of}))


def causes(parts, old=None, new=None):
    found = difference._causes(old or candidate(), new or candidate(), parts)
    return {name: sorted(taken) for name, taken in found.items()}


def test_another_table_from_the_same_delivery_is_the_doing_of_what_made_it():
    """Of code, or of packages; of both where both changed."""
    assert causes(["code", "data"]) == {"code": ["code", "data"]}
    assert causes(["data", "config", "environment"]) == {"environment": ["data", "environment"], "config": ["config"]}
    both = causes(["code", "data", "config", "environment"])
    assert both == {"code and environment": ["code", "data", "environment"], "config": ["config"]}


@pytest.mark.parametrize(
    "new",
    [candidate("other"), candidate(as_of="2018-10-31"), candidate(rows=101)],
    ids=["source", "day", "rows of a query"],
)
def test_another_delivery_is_another_cause(new):
    """A database leaves no trace in the folder of deliveries but in the number of rows."""
    assert causes(["code", "data"], new=new) == {"code": ["code"], "data": ["data"]}
    assert difference._is_remade(candidate(), candidate(), ["code", "data"])
    assert not difference._is_remade(candidate(), new, ["code", "data"])


def test_an_unknown_delivery_is_not_the_same():
    """Two candidates without a digest may be of anything."""
    assert causes(["code", "data"], candidate(""), candidate("")) == {"code": ["code"], "data": ["data"]}


class Bench:
    """A retrainer for which some mixtures do not work."""

    def __init__(self, *broken, classes=(None, None)):
        self.broken, self.trained, self.tables = [*map(frozenset, broken)], [], {}
        self.old, self.new = (SimpleNamespace(name=name) for name in ("v1", "v2"))
        self.classes = classes

    def build(self, taken):
        if taken in self.broken:
            raise PipelineError(f"no {sorted(taken)}")
        self.trained.append(sorted(taken))
        rows = dict.fromkeys([*PROBLEM.key, PROBLEM.target])
        return Retrained(samples.card(classes=self.classes[len(self.trained) > 1]), rows, None)


def train(bench, *parts):
    return difference._train(PROBLEM, bench, {part: frozenset({part}) for part in parts})


def test_one_change_takes_two_trainings():
    """No more: the two candidates themselves."""
    bench = Bench()

    joined, built, inseparable = train(bench, "data")

    assert (list(joined), len(built), inseparable) == (["data"], 2, "")
    assert bench.trained == [[], ["data"]]


@pytest.mark.parametrize(
    ("parts", "broken", "told"),
    [
        (["code", "data", "config"], [{"code"}], ["code and config", "data"]),
        (["code", "data", "config"], [{"code"}, {"data"}], ["code and data", "config"]),
        (["code", "data"], [{"code"}], ["code and data"]),
        (["code", "data", "config"], [{"code"}, {"data"}, {"config"}], ["code and data and config"]),
    ],
)
def test_what_does_not_work_apart_is_taken_together(parts, broken, told):
    """Code with its param, code with its column, or all; why is told, and nothing is trained twice."""
    bench = Bench(*broken)

    joined, _, inseparable = train(bench, *parts)

    assert sorted(joined) == sorted(told)
    assert inseparable.startswith("no [")
    assert len({*map(tuple, bench.trained)}) == len(bench.trained)


def test_a_candidate_that_does_not_work_itself_is_an_error():
    """Then there is nothing to compare."""
    with pytest.raises(PipelineError, match=r"no \['code', 'data'\]"):
        train(Bench({"code", "data"}), "code", "data")


def test_two_that_know_other_classes_are_refused_before_more_is_trained():
    """And the classes are named."""
    bench = Bench(classes=(["rain", "sun"], ["snow", "sun"]))

    with pytest.raises(Refusal, match=r"v1 knows the classes \['rain', 'sun'\], v2 \['snow', 'sun'\]"):
        train(bench, "code", "data")

    assert len(bench.trained) == 2


def test_slices_that_cannot_be_told_cost_no_answer(monkeypatch):
    """The features of today may not fit the table of then."""
    table = difference.pd.DataFrame({"old": [1, 2]})

    rows, labels, said = difference._known(PROBLEM, table)

    assert rows is table
    assert labels.shape == (2, 0)
    assert said[0].startswith("slices cannot be told: today's pipelines/problem/features.py fails on that table (")
