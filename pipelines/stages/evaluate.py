"""Judge the candidate against the champion and the naive model, on the same holdout rows."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.entry import run_stage
from pipelines.errors import PipelineError
from pipelines.judge import comparable, drift, gate, holdout, losses, pictures
from pipelines.judge.rules import Evaluate
from pipelines.problem.features import slices
from pipelines.problem.model import TRUSTED_TYPES, naive
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import files, models


@dataclass(frozen=True)
class Scored:
    """One model's predictions on the judged rows."""

    loss: np.ndarray
    metrics: dict[str, float]
    shown: np.ndarray  # what a picture shows of it: values, or the probability of the true class


def evaluate(
    table: Path, report: Path, history: Path, held_out: Path, model: Path, card: Path, champion: Path, folder: Path,
    params: Evaluate,
) -> None:  # fmt: skip
    """Write evaluation.json, metrics.json, predictions.csv and two pictures. A bad candidate is a result."""
    past, rows = pd.read_parquet(history), pd.read_parquet(held_out)
    candidate, ours = models.load(model, TRUSTED_TYPES), files.read_json(card)
    known = files.read_json(champion / "identity.json")
    theirs, opponent, obstacle = _champion(champion, known, pd.concat([past, rows]))
    judged = _unseen(rows, theirs) if theirs else rows
    score = _Scorer(judged, params.metric, models.classes(candidate))
    scored = {"candidate": score(candidate, list(ours["features"]))}
    scored["naive"] = score(naive().fit(*_columns(past)), list(ours["features"]))
    if opponent is not None and theirs and not obstacle:
        scored["champion"] = score(opponent, list(theirs["features"]))
    evidence = gate.Evidence(
        candidate=scored["candidate"].loss,
        naive=scored["naive"].loss,
        champion=scored["champion"].loss if "champion" in scored else None,
        blocks=holdout.blocks(judged, KEY, TIME),
        labels=slices(judged),
        metrics=scored["candidate"].metrics,
        validated=_validated(report, table),
        leaked_rows=len(rows) - len(_unseen(rows, ours)),
        obstacle=obstacle,
        same_model=theirs is not None and theirs["model_sha256"] == ours["model_sha256"],
        rolled_back=known["rolled_back"],
        tries=known["tries"],
        model_mb=model.stat().st_size / 1e6,
        rows_per_second=_rows_per_second(candidate, judged[list(ours["features"])]),
    )
    verdict = gate.decide(evidence, params)
    reference = theirs or ours
    moved = drift.drift(reference["profile"], rows, holdout.season(rows, TIME))
    _write(folder, judged, scored, verdict, evidence, moved, known, params)
    print(_sentence(scored, verdict, known, params))


def _champion(folder: Path, known: dict[str, Any], rows: pd.DataFrame) -> tuple[dict[str, Any] | None, Any, str]:
    """Return the champion's card, the champion, and why it cannot be scored."""
    if known["champion"] is None:
        return None, None, ""
    if known["obstacle"]:
        return None, None, known["obstacle"]
    card = files.read_json(folder / "card.json")
    try:
        return card, models.load(folder / "model.skops", TRUSTED_TYPES), comparable.obstacle(card, rows, KEY)
    except PipelineError as error:
        return card, None, f"champion v{known['champion']['version']} cannot be loaded: {error}"


def _unseen(rows: pd.DataFrame, card: dict[str, Any]) -> pd.DataFrame:
    """Keep the rows that the model with this card was not trained on."""
    return rows[holdout.Split(**card["split"]).held_out(rows, KEY, TIME)].reset_index(drop=True)


def _columns(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    return rows.drop(columns=[*KEY, TARGET]), rows[TARGET]


class _Scorer:
    def __init__(self, rows: pd.DataFrame, metric: str, classes: list[Any] | None) -> None:
        self.rows, self.metric, self.classes = rows, metric, classes

    def __call__(self, model: Any, features: list[str]) -> Scored:
        if not len(self.rows):
            return Scored(np.empty(0), {}, np.empty(0))
        truth, predicted = self.rows[TARGET], models.predict(model, self.rows[features])
        shown = predicted if self.classes is None else losses.probability_of_truth(truth, predicted, self.classes)
        loss = losses.losses(self.metric, truth, predicted, self.classes)
        return Scored(loss, losses.metrics(truth, predicted, self.classes), shown)


def _validated(report: Path, table: Path) -> bool:
    found = files.read_json(report)
    return bool(found["success"] and found["table_sha256"] == files.sha256(table))


def _rows_per_second(model: Any, features: pd.DataFrame) -> float:
    """Return the best of three: the machine's noise only ever slows down."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        models.predict(model, features.iloc[:10_000])
        best = min(best, time.perf_counter() - start)
    return min(len(features), 10_000) / best


def _write(
    folder: Path, judged: pd.DataFrame, scored: dict[str, Scored], verdict: gate.Verdict, evidence: gate.Evidence,
    moved: dict[str, float], known: dict[str, Any], params: Evaluate,
) -> None:  # fmt: skip
    metrics = {name: each.metrics for name, each in scored.items()}
    shown = pd.DataFrame({name: scored[name].shown for name in ("candidate", "champion", "naive") if name in scored})
    is_value = "bias" in scored["candidate"].metrics
    shown.insert(0, "actual", judged[TARGET].to_numpy() if is_value else 1.0)
    files.write_json(
        folder / "evaluation.json",
        {
            **asdict(verdict),
            "metric": params.metric,
            "metrics": metrics,
            "holdout": {
                "rows": len(judged),
                "blocks": len(np.unique(evidence.blocks)),
                "window": [str(judged[TIME].min()), str(judged[TIME].max())] if TIME and len(judged) else None,
            },
            "champion": known["champion"],
            "tries": known["tries"],
            "drift": moved,
            "drifted": sorted(name for name, psi in moved.items() if psi > params.max_drift),
            "model_mb": round(evidence.model_mb, 3),
        },
    )
    gained = {"gain": verdict.gain, "gain_low": verdict.gain_low} if verdict.gain is not None else {}
    files.write_json(folder / "metrics.json", {**metrics, **gained})
    if TIME is not None:
        shown.insert(0, "time", judged[TIME].astype("str"))
    else:
        shown.insert(0, "time", np.arange(len(shown)))
    files.write_bytes(folder / "predictions.csv", shown.to_csv(index=False, float_format="%.6g").encode())
    _draw(folder, shown.drop(columns="time"), judged, scored, evidence, params)


def _draw(
    folder: Path, shown: pd.DataFrame, judged: pd.DataFrame, scored: dict[str, Scored], evidence: gate.Evidence,
    params: Evaluate,
) -> None:  # fmt: skip
    unit = TARGET if "bias" in scored["candidate"].metrics else "probability given to the true class"
    time_of = judged[TIME] if TIME is not None else None
    rows = {}
    for column in evidence.labels:
        for label, places in evidence.labels.groupby(str(column)).indices.items():
            rows[f"{column}: {label}"] = {name: each.loss[places].mean() for name, each in scored.items()}
    for name, figure in (
        ("predictions", pictures.predictions(shown, time_of, unit)),
        ("slices", pictures.slices(pd.DataFrame(rows).T, params.metric)),
    ):
        with files.replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=110, format="png", metadata={"Software": None})


def _sentence(scored: dict[str, Scored], verdict: gate.Verdict, known: dict[str, Any], params: Evaluate) -> str:
    names = {"champion": f"champion v{known['champion']['version']}"} if known["champion"] else {}
    figures = ", ".join(
        f"{names.get(name, name)} {each.metrics.get(params.metric, float('nan')):.4g}" for name, each in scored.items()
    )
    reasons = "".join(f"\n  {reason}" for reason in verdict.reasons)
    return f"evaluate: {params.metric} {figures}\nevaluate: {verdict.decision}{reasons}"


if __name__ == "__main__":
    run_stage(evaluate)
