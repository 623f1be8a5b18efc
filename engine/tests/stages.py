"""Stages as tests call them: in this process, with a path for each file, of the tests' problem."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from champion.core.documents.data import Counts, Split, ValidationReport
from champion.core.documents.model import ModelCard
from champion.core.params import Evaluate, Features, Ingest, Train, Validate
from champion.core.problem import load
from champion.core.records import Delivery, Divided, Ingested, Model, Opponent, Trained, Validated
from champion.core.table import Table, scratch
from champion.ingest.ingest import Delivered, add_up, sort_out
from pipelines.evaluate import evaluate as judged
from pipelines.features import features as divided
from pipelines.ingest import ingest as taken_in
from pipelines.train import train as trained
from pipelines.validate import validate as checked

PROBLEM = load()
NOTHING = Counts(
    source=0, table=0, merged=0, merged_exact_repeats=0, quarantined=0, after_as_of=0, window=None, days_behind=0,
    reasons={}, ignored_columns=[],
)  # fmt: skip


def ingest(source: Path, ingested: Path, params: Ingest) -> None:
    ingested.mkdir(parents=True, exist_ok=True)
    with scratch(ingested):
        taken_in(PROBLEM, Delivery(source), params).write(ingested)


def take_in(raw: pd.DataFrame, called: str, ingested: Path, params: Ingest) -> Counts:
    """Take rows in as if they had been delivered."""
    ingested.mkdir(parents=True, exist_ok=True)
    rows = Delivered(called, iter([raw]))
    with scratch(ingested):
        made = add_up(PROBLEM, rows, sort_out(PROBLEM, rows, params), params)
        made.write(ingested)
    return made.counts


def validate(ingested: Path, validation: Path, params: Validate) -> None:
    with scratch():
        checked(PROBLEM, Ingested.read(ingested), params).write(validation)


def features(table: Path, report: Path, training: Path, holdout: Path, split: Path, params: Features) -> None:
    training.parent.mkdir(parents=True, exist_ok=True)
    canonical, valid = of_table(table), Validated(ValidationReport.read(report), report.parent)
    with scratch(training.parent):
        made = divided(PROBLEM, canonical, valid, params)
        made.training.keep(training)
        made.holdout.keep(holdout)
        made.split.write(split)


def train(training: Path, holdout: Path, split: Path, model: Path, card: Path, refit: Path, params: Train) -> None:
    rows = Divided(Table(training), Table(holdout), Split.read(split))
    model.parent.mkdir(parents=True, exist_ok=True)
    with scratch(model.parent):
        made = trained(PROBLEM, rows, params)
        refit.mkdir(parents=True, exist_ok=True)
        if made.refit:
            made.refit.write(refit)
        made.judged.file.replace(model)
        made.judged.card.write(card)


def evaluate(paths: Mapping[str, Path], evaluation: Path, params: Evaluate) -> None:
    """Judge the candidate at these paths: table, report, training, holdout, model, card, refit, champion."""
    split = ModelCard.read(paths["card"]).split
    rows = Divided(Table(paths["training"]), Table(paths["holdout"]), split)
    judging = Model(paths["model"], ModelCard.read(paths["card"]))
    refit = Model.read(paths["refit"]) if judging.card.refit_sha256 else None
    valid = Validated(ValidationReport.read(paths["report"]))
    evaluation.mkdir(parents=True, exist_ok=True)
    with scratch(evaluation):
        judged(
            PROBLEM,
            of_table(paths["table"]),
            valid,
            rows,
            Trained(judging, refit),
            Opponent(paths["champion"].parent),
            params,
        ).write(evaluation)


def of_table(table: Path) -> Ingested:
    return Ingested(Table(table), Table(Path("nowhere")), Table(Path("nowhere")), NOTHING)
