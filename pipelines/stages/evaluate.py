"""Judge the candidate against the champion and the naive model, on the same holdout rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from pipelines import files, interface
from pipelines.columns import ROW, UNIT
from pipelines.documents.data import ValidationReport
from pipelines.documents.evaluation import ChampionIdentity, Evaluation, HoldoutRows
from pipelines.documents.model import Classes, ModelCard
from pipelines.errors import PipelineError
from pipelines.evaluation import comparable, drift, gate, losses
from pipelines.evaluation.holdout import blocks, held_out
from pipelines.evaluation.rows import labels, season, window
from pipelines.evaluation.slices import labelled
from pipelines.params import Evaluate
from pipelines.problem.features import slices
from pipelines.problem.model import TRUSTED_TYPES, naive
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.problem.rules import rules as own_rules
from pipelines.record import models, tables
from pipelines.report import figures, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ByModel = dict[str, np.ndarray]  # candidate, champion (if it can be scored) and naive


@dataclass(frozen=True)
class Champion:
    """The champion as far as it can be had."""

    known: ChampionIdentity
    card: ModelCard | None = None
    predicted: np.ndarray | None = None  # of each holdout row
    obstacle: str = ""  # why it cannot be scored


@dataclass(frozen=True)
class Scored:
    """The holdout rows, what each model predicts for them, and what that costs."""

    rows: pd.DataFrame
    predicted: ByModel
    loss: ByModel
    judged: np.ndarray  # True for the rows that the champion was not trained on
    classes: Classes | None  # all that any of the models knows

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Return every metric of each model on the rows that are judged."""
        truth = self.rows.loc[self.judged, TARGET]
        return {name: losses.metrics(truth, each[self.judged], self.classes) for name, each in self.predicted.items()}

    def decided(self, name: str) -> np.ndarray:
        """Return the class that a model gives each row."""
        return np.asarray(self.classes, dtype=object)[self.predicted[name].argmax(axis=1)]


def evaluate(
    table: Path, report: Path, training: Path, holdout: Path, model: Path, card: Path, champion: Path,
    evaluation: Path, params: Evaluate,
) -> None:  # fmt: skip
    """Write evaluation.json, metrics.json, predictions.csv and two pictures. A bad candidate is a result."""
    past, rows = tables.read(training), tables.read(holdout)
    candidate, ours = models.load(model, TRUSTED_TYPES), ModelCard.read(card)
    faced = _champion(champion, past, rows, ours.classes, params)
    scored = _scored(candidate, ours, faced, past, rows, params)
    valid = ValidationReport.read(report).holds_for(files.sha256(table))
    verdict = gate.decide(_evidence(scored, candidate, ours, faced, model, valid=valid), params)
    judged = rows[scored.judged]
    moved = drift.drift((faced.card or ours).profile, rows, season(rows, TIME))
    result = Evaluation(
        decision=verdict.decision,
        reasons=verdict.reasons,
        gain=verdict.gain,
        gain_low=verdict.gain_low,
        noise_floor=verdict.noise_floor,
        slices=verdict.slices,
        model_sha256=ours.model_sha256,
        metric=params.metric,
        metrics=scored.metrics,
        holdout=HoldoutRows(
            rows=len(judged), blocks=len(np.unique(blocks(judged, UNIT, TIME))), window=window(judged, TIME)
        ),
        champion=faced.known.champion,
        tries=faced.known.tries,
        unknown_classes=losses.unknown_classes(judged[TARGET], ours.classes),
        drift=moved,
        drifted=sorted(name for name, psi in moved.items() if psi > params.max_drift),
    )
    _write(evaluation, result, scored)
    print(f"evaluate: {text.headline(result)}\nevaluate: {text.verdict(result)}")
    if unknown := text.unknown_classes(result.unknown_classes):
        print(f"evaluate: {unknown}")


def _champion(
    folder: Path, past: pd.DataFrame, rows: pd.DataFrame, classes: Classes | None, params: Evaluate
) -> Champion:
    """Return the champion's card and its predictions, or else why it cannot be scored."""
    known = ChampionIdentity.read(folder / "identity.json")
    if known.champion is None or known.obstacle:
        return Champion(known, obstacle=known.obstacle)
    try:
        card = ModelCard.read(folder / "card.json")
        if obstacle := comparable.obstacle(card, pd.concat([past, rows]), KEY, classes):
            return Champion(known, card, obstacle=obstacle)
        model = models.load(folder / "model.skops", TRUSTED_TYPES)
        predicted = models.predict(model, rows[card.columns])
        losses.losses(params.metric, rows[TARGET], predicted, card.classes)  # it may not have what the metric needs
        return Champion(known, card, predicted)
    except (PipelineError, *models.UNREADABLE) as error:
        return Champion(known, obstacle=f"champion {known.champion.name} cannot be used: {error}")


def _scored(
    candidate: BaseEstimator, card: ModelCard, champion: Champion, past: pd.DataFrame, rows: pd.DataFrame,
    params: Evaluate,
) -> Scored:  # fmt: skip
    predicted = {"candidate": _answers(candidate, rows[card.columns])}
    known = {"candidate": card.classes}
    if champion.predicted is not None and champion.card is not None:
        predicted["champion"], known["champion"] = champion.predicted, champion.card.classes
    predicted["naive"], known["naive"] = _naive(card, past, rows)
    classes = None
    if card.classes is not None:
        classes = list(dict.fromkeys(label for each in known.values() for label in each or ()))
        predicted = {name: losses.align(each, known[name] or [], classes) for name, each in predicted.items()}
    loss = {name: losses.losses(params.metric, rows[TARGET], each, classes) for name, each in predicted.items()}
    judged = _unseen(rows, champion.card) if champion.card else np.ones(len(rows), dtype=bool)
    return Scored(rows, predicted, loss, judged, classes)


def _answers(candidate: BaseEstimator, features: pd.DataFrame) -> np.ndarray:
    """Let the candidate predict the holdout; that it cannot is a mistake of the recipe, as is a gap it never met."""
    try:
        return models.predict(candidate, features)
    except Exception as error:  # noqa: BLE001  # whatever library it is of
        said = (str(error) or repr(error)).splitlines()[0].rstrip(".")
        raise PipelineError(
            f"the candidate does not predict the {len(features):,} holdout rows: {said}. "
            "It fitted the training rows: do these have a gap or a type that those have not? Change "
            "pipelines/problem/features.py or model.py."
        ) from None


def _naive(card: ModelCard, past: pd.DataFrame, rows: pd.DataFrame) -> tuple[np.ndarray, Classes | None]:
    """Return what the naive model predicts, and its classes."""
    try:
        simple = naive().fit(past[card.columns], past[TARGET])
        return models.predict(simple, rows[card.columns]), models.classes(simple)
    except Exception as error:
        if interface.blamed(error):
            raise
        raise PipelineError(f"naive() in pipelines/problem/model.py does not work: {error!r}. Repair it.") from None


def _evidence(
    scored: Scored, model: BaseEstimator, card: ModelCard, champion: Champion, file: Path, *, valid: bool
) -> gate.Evidence:
    judged, rows = scored.judged, scored.rows
    predicted = {name: each[judged] for name, each in scored.predicted.items()}
    loss = {name: each[judged] for name, each in scored.loss.items()}
    return gate.Evidence(
        candidate=loss["candidate"],
        naive=loss["naive"],
        champion=loss.get("champion"),
        blocks=blocks(rows, UNIT, TIME)[judged],
        labels=labelled(slices(rows), rows)[judged],
        metrics=scored.metrics["candidate"],
        validated=valid,
        leaked_rows=int((~_unseen(rows, card)).sum()),
        unknown=champion.known.unknown,
        anew=text.anew(champion.known.anew),
        obstacle=champion.obstacle,
        same_model=champion.card is not None and champion.card.model_sha256 == card.model_sha256,
        rolled_back=champion.known.rolled_back,
        tries=champion.known.tries,
        model_mb=file.stat().st_size / 1e6,
        rows_per_second=_rows_per_second(lambda some: models.predict(model, some), rows[card.columns]),
        findings=own_rules(rows[judged], predicted["candidate"], predicted.get("champion")),
    )


def _unseen(rows: pd.DataFrame, card: ModelCard) -> np.ndarray:
    """Return True for the rows that the model with this card was not trained on."""
    return held_out(card.split, rows, UNIT, TIME)


def _rows_per_second(predict: Callable[[pd.DataFrame], np.ndarray], features: pd.DataFrame) -> float:
    """Return the best of three: the machine's noise only ever slows down."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        predict(features.iloc[:10_000])
        best = min(best, time.perf_counter() - start)
    return min(len(features), 10_000) / best


def _table(scored: Scored) -> pd.DataFrame:
    """Return what became of each holdout row: truth, each model's answer and loss, and for classes the probabilities."""
    columns: dict[str, object] = {"row": labels(scored.rows, ROW), "actual": scored.rows[TARGET].to_numpy()}
    columns |= {
        name: each if scored.classes is None else scored.decided(name) for name, each in scored.predicted.items()
    }
    columns |= {f"{name}_loss": each for name, each in scored.loss.items()}
    for name, each in scored.predicted.items():
        columns |= {f"{name}: {label}": each[:, place] for place, label in enumerate(scored.classes or ())}
    return pd.DataFrame(columns)


def _pictures(scored: Scored, metric: str) -> "dict[str, Figure]":
    models = list(scored.predicted)
    if scored.classes is None:
        shown = pd.DataFrame({"actual": scored.rows[TARGET].to_numpy(), **scored.predicted})
        first = figures.predictions(shown, scored.rows[TIME] if TIME is not None else None, TARGET)
    else:
        first = figures.confusion(scored.rows[TARGET], {name: scored.decided(name) for name in models}, scored.classes)
    return {"predictions": first, "slices": figures.slices(_by_slice(scored), metric)}


def _by_slice(scored: Scored) -> pd.DataFrame:
    """Return each model's mean loss, one row per slice."""
    groups, loss = labelled(slices(scored.rows), scored.rows), pd.DataFrame(scored.loss)
    table = pd.concat({name: loss.groupby(groups[name].to_numpy()).mean() for name in map(str, groups)})
    return table.set_axis([f"{name}: {label}" for name, label in table.index])


def _write(folder: Path, evaluation: Evaluation, scored: Scored) -> None:
    gains = {"gain": evaluation.gain, "gain_low": evaluation.gain_low}
    compared = {name: value for name, value in gains.items() if value is not None}
    evaluation.write(folder / "evaluation.json")
    files.write_json(folder / "metrics.json", {**evaluation.metrics, **compared})  # as DVC compares them
    table = _table(scored).to_csv(index=False, float_format="%.6g")
    files.write_bytes(folder / "predictions.csv", table.encode())
    for name, figure in _pictures(scored, evaluation.metric).items():
        with files.replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
