"""Judge the candidate against the champion and the naive model, on the same holdout rows."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from champion.core import drift, models, pictures
from champion.core.documents.evaluation import Evaluation, HoldoutRows, Verdict
from champion.core.documents.model import CARD, ModelCard
from champion.core.errors import PipelineError
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.core.records import Divided, Evaluated, Ingested, Opponent, Trained
from champion.core.rows import labels, season, window
from champion.core.table import scratch_path
from champion.evaluate import diagnostics, figures, verdicts
from champion.evaluate.judging import Candidate, Champion
from champion.evaluate.scoring import Scored, candidate_answers
from champion.evaluate.serving import its_model, served
from champion.lineage import environments, own_features
from champion.metrics import comparable, losses, scores
from champion.metrics.importance import importance, some
from champion.metrics.slices import parts


def candidate(problem: Problem, trained: Trained, divided: Divided, params: Evaluate, *, validated: bool) -> Candidate:
    """Return the candidate with its answers to the holdout; `validated` says whether the contract holds for its table.

    Raises:
        PipelineError: if a model does not load, or does not predict each row.
    """
    past, rows = divided.training.rows, divided.holdout.rows
    judged = trained.judged.load(problem.model.TRUSTED_TYPES)
    shipped = served(problem, trained, judged, past, rows, params)
    card = trained.judged.card
    return Candidate(card, candidate_answers(judged, card, rows), shipped, validated, judged)


def champion(
    problem: Problem, opponent: Opponent, ingested: Ingested, divided: Divided, trained: Trained, params: Evaluate
) -> Champion:
    """Return the champion with its answers to the holdout, or else why it cannot be scored.

    Where today's features are not what it learned, its own code makes them, of the table or of the delivery.
    """
    known, folder, ours = opponent.known, opponent.champion, trained.judged.card
    rows = divided.holdout.rows
    if known.champion is None or known.obstacle:
        return Champion(known, obstacle=known.obstacle)
    try:
        card = ModelCard.read(folder / CARD)
        if obstacle := comparable.other_classes(card, ours.classes):
            return Champion(known, card, obstacle=obstacle)
        shown = own_features.shown_to(problem, folder, card, rows, divided.training.rows, ingested.table.path)
        place, asked = its_model(folder, card, ours)
        predicted = environments.predict(place, asked, shown.rows)
        scores.loss(problem, params, rows, predicted, card.classes)  # it may lack what that needs
        return Champion(known, card, asked, predicted, note=shown.note)
    except (PipelineError, *models.UNREADABLE) as error:
        return Champion(known, obstacle=f"champion {known.champion.name} cannot be used: {error}")


def evaluated(
    scored: Scored, verdict: Verdict, judged: Candidate, faced: Champion, divided: Divided, params: Evaluate
) -> Evaluated:
    """Return what was found, with the rows and pictures that show it. A bad candidate is a result."""
    problem, past, rows = scored.problem, divided.training.rows, divided.holdout.rows
    counted, ours = rows[scored.judged], judged.card
    moved = drift.drift((faced.asked or ours).profile, rows, season(rows, problem.time, problem.entity))
    result = Evaluation(
        **verdict.model_dump(),
        model_sha256=ours.model_sha256,
        shipped_sha256=judged.shipped.sha256,
        metric=params.metric,
        metrics=scored.metrics,
        holdout=HoldoutRows(
            rows=len(counted),
            blocks=len(np.unique(scores.blocks(problem, counted))),
            window=window(counted, problem.time),
        ),
        champion=faced.known.champion,
        faced_refit=faced.asked is not faced.card,
        tries=faced.known.tries,
        features_note=faced.note,
        unknown_classes=losses.unknown_classes(counted[problem.target], ours.classes),
        importance=_importance(problem, judged.model, ours, counted, params),
        drift=moved,
        drifted=_drifted(problem, moved, past, rows, ours.columns, params),
    )
    print(f"evaluate: {verdicts.headline(result)}\nevaluate: {verdicts.verdict(result)}")
    for said in (verdict.asked, verdicts.faced(result), faced.note, verdicts.unknown_classes(result.unknown_classes)):
        if said:
            print(f"evaluate: {said}")
    gains = {"gain": result.gain, "gain_low": result.gain_low}
    compared = {name: value for name, value in gains.items() if value is not None}
    return Evaluated(
        result,
        figures={**result.metrics, **compared},
        rows=_table(problem, scored),
        pictures=_pictures(problem, scored, result),
    )


def _drifted(
    problem: Problem,
    moved: dict[str, float],
    past: pd.DataFrame,
    rows: pd.DataFrame,
    columns: list[str],
    params: Evaluate,
) -> list[str]:
    """Return the columns that moved further than `max_drift`, and than they did in these weeks of a year before."""
    usual = {}
    if problem.time is not None:
        recent = (rows[problem.time].min(), rows[problem.time].max())
        usual = drift.ordinary(past[columns], season(past, problem.time, problem.entity), past[problem.time], recent)
    return sorted(drift.further(moved, usual, params.max_drift))


def _importance(
    problem: Problem, candidate: BaseEstimator, card: ModelCard, rows: pd.DataFrame, params: Evaluate
) -> dict[str, tuple[float, float]]:
    """Return what the candidate loses without each feature; nothing if no row is judged or the loss cannot be told."""
    rows = rows.iloc[some(len(rows))]

    def loss(features: pd.DataFrame) -> float:
        return scores.loss(problem, params, rows, models.predict(candidate, features), card.classes).total

    if rows.empty or not np.isfinite(loss(rows[card.columns])):
        return {}
    return importance(candidate, rows[card.columns], loss, params.seed)


def _table(problem: Problem, scored: Scored) -> pd.DataFrame:
    """Return what became of each holdout row: truth, each model's answer and loss, and for classes the probabilities."""
    columns: dict[str, object] = {
        "row": labels(scored.rows, problem.row),
        "actual": scored.rows[problem.target].to_numpy(),
    }
    columns |= {
        name: each if scored.classes is None else scored.decided(name) for name, each in scored.predicted.items()
    }
    columns |= {f"{name}_loss": each.by_row for name, each in scored.loss.items()}
    for name, each in scored.predicted.items():
        columns |= {f"{name}: {label}": each[:, place] for place, label in enumerate(scored.classes or ())}
    return pd.DataFrame(columns)


def _pictures(problem: Problem, scored: Scored, evaluation: Evaluation) -> dict[str, Path]:
    """Draw what there is to see; return the file of each picture."""
    compared = list(scored.predicted)
    if scored.classes is None:
        shown = pd.DataFrame({"actual": scored.rows[problem.target].to_numpy(), **scored.predicted})
        named = pd.Series(labels(scored.rows, problem.entity), index=shown.index) if problem.entity else None
        time = scored.rows[problem.time] if problem.time is not None else None
        first = figures.predictions(shown, time, problem.target, named)
        second = diagnostics.residuals(
            scored.rows[problem.target].to_numpy(dtype=float), scored.predicted, problem.target
        )
    else:
        decided = {name: scored.decided(name) for name in compared}
        first = figures.confusion(scored.rows[problem.target], decided, scored.classes)
        second = diagnostics.curves(scored.rows[problem.target], scored.predicted, scored.classes)
    drawn = {
        "predictions": first,
        "diagnostics": second,
        "slices": figures.slices(_by_slice(scored), scored.params.loss),
        "importance": figures.importance(evaluation.importance, scored.params.loss),
    }
    return {name: pictures.save(figure, scratch_path(f"{name}.png")) for name, figure in drawn.items()}


def _by_slice(scored: Scored) -> pd.DataFrame:
    """Return each model's loss, one row per slice."""
    masks = parts(scored.groups).items()
    return pd.DataFrame(
        {name: {part: loss.at(mask).total for part, mask in masks} for name, loss in scored.loss.items()}
    )
