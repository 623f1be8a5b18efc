"""What is true of any problem, asked of yours. Put tests of what only you know beside it."""

import numpy as np
import pandas as pd
import pytest

from pipelines import own_loss
from pipelines.errors import ContractBroken, PipelineError
from pipelines.evaluation import losses
from pipelines.evaluation.slices import labelled
from pipelines.problem import features, model, source
from pipelines.problem.names import KEY, TARGET
from pipelines.problem.rules import rules
from pipelines.record import models, tables
from pipelines.stages.ingest import take_in
from pipelines.stages.validate import validate


def deliver(rows: pd.DataFrame, folder, params):
    """Take rows in as a delivery; return the table."""
    take_in(rows, "a test's delivery", folder, params.ingest)
    return tables.read(folder / "table.parquet")


@pytest.fixture(scope="session")
def fitted(parts, params):
    """The model that would be trained, and the naive one."""
    weights = own_loss.weights(parts.training)
    candidate = model.build(params.train)
    candidate.fit(parts.training[parts.columns], parts.training[TARGET], **models.fit_params(candidate, weights))
    return models.without_search(candidate)[0], model.naive().fit(parts.training[parts.columns], parts.training[TARGET])


def test_merging_does_not_depend_on_the_order_of_rows(tmp_path, params, delivery, ingested):
    """Where rows that disagree are set aside, none of the others may win by its place in the file."""
    if source.CONFLICTS == "merge":
        pytest.skip("`merge` decides between rows that disagree, perhaps by their order")

    again = deliver(delivery.sample(frac=1, random_state=7).reset_index(drop=True), tmp_path, params)

    pd.testing.assert_frame_equal(again, tables.read(ingested / "table.parquet"))


def test_the_contract_refuses_a_spoilt_delivery(tmp_path, params, delivery):
    """Half of the targets unreadable, and only a tenth of the rows: at least one of both must stop the pipeline."""
    target = next(column.upstream for column in source.COLUMNS if column.name == TARGET)
    spoilt = {
        "unreadable": delivery.assign(**{target: delivery[target].where(delivery.index % 2 == 0, "\ufffd")}),
        "short": delivery.iloc[: max(len(delivery) // 10, 1)],
    }

    refused = []
    for name, rows in spoilt.items():
        try:
            deliver(rows, tmp_path, params)
            validate(tmp_path, tmp_path, params.contract)
        except (ContractBroken, PipelineError):
            refused.append(name)

    assert refused, "contract.py lets both pass"


def test_features_know_no_future_and_no_target(parts):
    """The stage changes what a forecast cannot know, and looks whether a feature notices."""
    assert len(parts.training) > 0
    assert len(parts.holdout) > 0
    assert not {*parts.columns} & {*KEY, TARGET}


def test_every_row_is_in_one_slice_of_each_kind(parts):
    """A row in no slice could get worse unseen."""
    groups = labelled(features.slices(parts.holdout), parts.holdout)

    assert len(groups) == len(parts.holdout)


def test_the_model_is_better_than_the_naive_one(parts, params, fitted):
    """By the metric that decides; the gate asks for proof as well."""
    candidate, naive = (
        losses.losses(
            params.evaluate.metric,
            parts.holdout[TARGET],
            models.predict(each, parts.holdout[parts.columns]),
            models.classes(each),
            own_loss.settings(parts.holdout, params.evaluate),
        )
        for each in fitted
    )

    assert candidate.total < naive.total


def test_the_model_is_saved_loaded_and_made_again(parts, params, fitted, tmp_path):
    """The same rows and numbers give the same bytes, or no version could be reproduced."""
    again = model.build(params.train)
    weights = own_loss.weights(parts.training)
    again.fit(parts.training[parts.columns], parts.training[TARGET], **models.fit_params(again, weights))
    files = [tmp_path / "one.skops", tmp_path / "two.skops"]
    for each, file in zip((fitted[0], models.without_search(again)[0]), files, strict=True):
        models.save(each, file, model.TRUSTED_TYPES)

    loaded = models.load(files[0], model.TRUSTED_TYPES)

    predicted = models.predict(fitted[0], parts.holdout[parts.columns])
    assert np.array_equal(models.predict(loaded, parts.holdout[parts.columns]), predicted)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_rules_of_your_own_can_be_asked(parts, fitted):
    """With and without a champion."""
    predicted = models.predict(fitted[0], parts.holdout[parts.columns])

    for champion in (None, predicted):
        assert all(each.effect in ("reject", "hold") for each in rules(parts.holdout, predicted, champion))
