"""What is true of any problem, asked of yours. Put tests of what only you know beside it."""

import math
from typing import get_args

import pandas as pd
import pytest

from champion import testing
from champion.core.documents.evaluation import Choice
from champion.core.errors import ContractBroken, PipelineError
from champion.core.params import SCORES
from champion.core.records import Ingested


def test_merging_does_not_depend_on_the_order_of_rows(tmp_path, problem, params, delivery, table):
    """Where rows that disagree are quarantined, none of the others may win by its place in the file."""
    if problem.source.CONFLICTS == "merge":
        pytest.skip("`merge` decides between rows that disagree, perhaps by their order")
    places = testing.folders(tmp_path)
    shuffled = testing.delivering(problem, delivery.sample(frac=1, random_state=7).reset_index(drop=True))

    testing.run(shuffled, params, places, until="validate")

    pd.testing.assert_frame_equal(testing.taken(Ingested, "validate", places).table.rows, table)


def test_the_contract_refuses_a_spoilt_delivery(tmp_path, problem, params, delivery):
    """Half of the targets unreadable, and only a tenth of the rows: at least one of both must stop the pipeline."""
    target = next(column.upstream for column in problem.columns if column.name == problem.target)
    spoilt = {
        "unreadable": delivery.assign(**{target: delivery[target].where(delivery.index % 2 == 0, "\ufffd")}),
        "short": delivery.iloc[: max(len(delivery) // 10, 1)],
    }

    refused = []
    for name, rows in spoilt.items():
        try:
            testing.run(testing.delivering(problem, rows), params, testing.folders(tmp_path / name), until="features")
        except (ContractBroken, PipelineError):
            refused.append(name)

    assert refused, "contract.py lets both pass"


def test_from_the_delivery_to_a_verdict(evaluated):
    """Each stage takes what the others give, without a champion. Features that know the future would have stopped it."""
    found = evaluated.evaluation

    assert found.decision in get_args(Choice)
    assert found.reasons
    assert found.champion is None
    assert found.holdout.rows > 0
    assert math.isfinite(found.metrics["candidate"][found.metric])


def test_the_model_knows_neither_target_nor_key(problem, trained):
    """A feature that names the row is learned by heart."""
    assert not {name for name, _ in trained.judged.card.features} & {*problem.key, problem.target}


def test_every_row_is_in_one_slice_of_each_kind(problem, divided):
    """A row in no slice could get worse unseen."""
    rows = divided.holdout.rows

    assert len(problem.features.slices(rows)) == len(rows)


def test_the_model_is_better_than_the_naive_one(evaluated):
    """By the metric that decides; the gate asks for proof as well."""
    found = evaluated.evaluation
    candidate, naive = (found.metrics[name][found.metric] for name in ("candidate", "naive"))

    assert candidate > naive if found.metric in SCORES else candidate < naive


def test_the_same_rows_and_numbers_give_the_same_model(problem, params, trained, folders, tmp_path):
    """To the byte, or no version could be reproduced."""
    again = {**folders, "train": tmp_path}

    testing.run(problem, params, again, since="train", until="baseline")

    assert (tmp_path / "model.skops").read_bytes() == trained.judged.file.read_bytes()


def test_rules_of_your_own_can_be_asked(problem, divided, trained):
    """With and without a champion."""
    rows = divided.holdout.rows
    predicted = testing.predicted(problem, trained.judged, rows)

    for champion in (None, predicted):
        assert all(each.effect in ("reject", "hold") for each in problem.rules.rules(rows, predicted, champion))
