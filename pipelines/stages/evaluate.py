"""Judge the candidate against the champion and the naive model, on the same holdout rows."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from pipelines import files, naive, own_loss
from pipelines.columns import ENTITY, ROW, UNIT
from pipelines.documents.data import ValidationReport
from pipelines.documents.evaluation import ChampionIdentity, Evaluation, HoldoutRows
from pipelines.documents.model import CARD, ModelCard
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable, drift, losses
from pipelines.evaluation.holdout import blocks
from pipelines.evaluation.importance import importance, some
from pipelines.evaluation.rows import labels, season, window
from pipelines.evaluation.slices import parts
from pipelines.params import Evaluate
from pipelines.problem.names import TARGET, TIME
from pipelines.rebuild import environments, own_features
from pipelines.record import models, tables
from pipelines.report import diagnostics, figures, text
from pipelines.stages.judging import Candidate, Champion, judge
from pipelines.stages.scoring import Answers, Scored, candidate_answers
from pipelines.stages.serving import Trained, its_model, served

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def evaluate(
    table: Path, report: Path, training: Path, holdout: Path, model: Path, card: Path, refit: Path,
    champion: Path, evaluation: Path, params: Evaluate,
) -> None:  # fmt: skip
    """Write evaluation.json, metrics.json, predictions.csv and four pictures. A bad candidate is a result."""
    past, rows = tables.read(training), tables.read(holdout)
    trained = Trained.read(model, card, refit)
    candidate, ours = trained.judged, trained.card
    faced = _champion(champion, past, rows, table, ours, params)
    shipped = served(trained, past, rows, params)
    valid = ValidationReport.read(report).holds_for(files.sha256(table))
    judged_one = Candidate(ours, candidate_answers(candidate, ours, rows), shipped, valid)
    usual = Answers(*naive.answers(ours.columns, past, rows))
    scored, verdict = judge(judged_one, faced, usual, rows, params)
    judged = rows[scored.judged]
    moved = drift.drift((faced.asked or ours).profile, rows, season(rows, TIME, ENTITY))
    result = Evaluation(
        decision=verdict.decision,
        reasons=verdict.reasons,
        gain=verdict.gain,
        gain_low=verdict.gain_low,
        gain_high=verdict.gain_high,
        noise_floor=verdict.noise_floor,
        asked=verdict.asked,
        slices=verdict.slices,
        model_sha256=ours.model_sha256,
        shipped_sha256=shipped.sha256,
        metric=params.metric,
        metrics=scored.metrics,
        holdout=HoldoutRows(
            rows=len(judged), blocks=len(np.unique(blocks(judged, UNIT, TIME))), window=window(judged, TIME)
        ),
        champion=faced.known.champion,
        faced_refit=faced.asked is not faced.card,
        tries=faced.known.tries,
        features_note=faced.note,
        unknown_classes=losses.unknown_classes(judged[TARGET], ours.classes),
        importance=_importance(candidate, ours, rows[scored.judged], params),
        drift=moved,
        drifted=_drifted(moved, past, rows, ours.columns, params),
    )
    _write(evaluation, result, scored)
    print(f"evaluate: {text.headline(result)}\nevaluate: {text.verdict(result)}")
    for said in (verdict.asked, text.faced(result), faced.note, text.unknown_classes(result.unknown_classes)):
        if said:
            print(f"evaluate: {said}")


def _drifted(
    moved: dict[str, float], past: pd.DataFrame, rows: pd.DataFrame, columns: list[str], params: Evaluate
) -> list[str]:
    """Return the columns that moved further than `max_drift`, and than they did in these weeks of a year before."""
    usual = {}
    if TIME is not None:
        recent = (rows[TIME].min(), rows[TIME].max())
        usual = drift.ordinary(past[columns], season(past, TIME, ENTITY), past[TIME], recent)
    return sorted(drift.further(moved, usual, params.max_drift))


def _champion(
    folder: Path, past: pd.DataFrame, rows: pd.DataFrame, table: Path, ours: ModelCard, params: Evaluate
) -> Champion:
    """Return the champion's card and its predictions, or else why it cannot be scored."""
    known = ChampionIdentity.read(folder / "identity.json")
    if known.champion is None or known.obstacle:
        return Champion(known, obstacle=known.obstacle)
    try:
        card = ModelCard.read(folder / CARD)
        if obstacle := comparable.other_classes(card, ours.classes):
            return Champion(known, card, obstacle=obstacle)
        shown = own_features.shown_to(folder, card, rows, past, table)
        place, asked = its_model(folder, card, ours)
        predicted = environments.predict(place, asked, shown.rows)
        told = own_loss.settings(rows, params)
        losses.losses(params.metric, rows[TARGET], predicted, card.classes, told)  # it may lack what that needs
        return Champion(known, card, asked, predicted, note=shown.note)
    except (PipelineError, *models.UNREADABLE) as error:
        return Champion(known, obstacle=f"champion {known.champion.name} cannot be used: {error}")


def _importance(
    candidate: BaseEstimator, card: ModelCard, rows: pd.DataFrame, params: Evaluate
) -> dict[str, tuple[float, float]]:
    """Return what the candidate loses without each feature; nothing if no row is judged or the loss cannot be told."""
    rows = rows.iloc[some(len(rows))]
    told = own_loss.settings(rows, params)

    def loss(features: pd.DataFrame) -> float:
        predicted = models.predict(candidate, features)
        return losses.losses(params.metric, rows[TARGET], predicted, card.classes, told).total

    if rows.empty or not np.isfinite(loss(rows[card.columns])):
        return {}
    return importance(candidate, rows[card.columns], loss, params.seed)


def _table(scored: Scored) -> pd.DataFrame:
    """Return what became of each holdout row: truth, each model's answer and loss, and for classes the probabilities."""
    columns: dict[str, object] = {"row": labels(scored.rows, ROW), "actual": scored.rows[TARGET].to_numpy()}
    columns |= {
        name: each if scored.classes is None else scored.decided(name) for name, each in scored.predicted.items()
    }
    columns |= {f"{name}_loss": each.by_row for name, each in scored.loss.items()}
    for name, each in scored.predicted.items():
        columns |= {f"{name}: {label}": each[:, place] for place, label in enumerate(scored.classes or ())}
    return pd.DataFrame(columns)


def _pictures(scored: Scored, evaluation: Evaluation) -> "dict[str, Figure]":
    models = list(scored.predicted)
    if scored.classes is None:
        shown = pd.DataFrame({"actual": scored.rows[TARGET].to_numpy(), **scored.predicted})
        named = pd.Series(labels(scored.rows, ENTITY), index=shown.index) if ENTITY else None
        first = figures.predictions(shown, scored.rows[TIME] if TIME is not None else None, TARGET, named)
        second = diagnostics.residuals(scored.rows[TARGET].to_numpy(dtype=float), scored.predicted, TARGET)
    else:
        first = figures.confusion(scored.rows[TARGET], {name: scored.decided(name) for name in models}, scored.classes)
        second = diagnostics.curves(scored.rows[TARGET], scored.predicted, scored.classes)
    return {
        "predictions": first,
        "diagnostics": second,
        "slices": figures.slices(_by_slice(scored), scored.params.loss),
        "importance": figures.importance(evaluation.importance, scored.params.loss),
    }


def _by_slice(scored: Scored) -> pd.DataFrame:
    """Return each model's loss, one row per slice."""
    masks = parts(scored.groups).items()
    return pd.DataFrame(
        {name: {part: loss.at(mask).total for part, mask in masks} for name, loss in scored.loss.items()}
    )


def _write(folder: Path, evaluation: Evaluation, scored: Scored) -> None:
    gains = {"gain": evaluation.gain, "gain_low": evaluation.gain_low}
    compared = {name: value for name, value in gains.items() if value is not None}
    evaluation.write(folder / "evaluation.json")
    files.write_json(folder / "metrics.json", {**evaluation.metrics, **compared})  # as DVC compares them
    table = _table(scored).to_csv(index=False, float_format="%.6g")
    files.write_bytes(folder / "predictions.csv", table.encode())
    for name, figure in _pictures(scored, evaluation).items():
        with files.replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
