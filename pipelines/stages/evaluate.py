"""Judge the candidate against the champion and the naive model, on the same holdout rows."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.dials import Evaluate
from pipelines.errors import PipelineError
from pipelines.judge import comparable, drift, gate, holdout, losses, pictures, words
from pipelines.problem.features import slices
from pipelines.problem.model import TRUSTED_TYPES, naive
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import files, models, tables


def evaluate(
    table: Path, report: Path, history: Path, held_out: Path, model: Path, card: Path, champion: Path, folder: Path,
    params: Evaluate,
) -> None:  # fmt: skip
    """Write evaluation.json, metrics.json, predictions.csv and two pictures. A bad candidate is a result."""
    past, rows = tables.read(history), tables.read(held_out)
    candidate, ours = models.load(model, TRUSTED_TYPES), files.read_json(card)
    known = files.read_json(champion / "identity.json")
    classes, columns = models.classes(candidate), list(dict(ours["features"]))
    theirs, answers, obstacle = _champion(champion, known, past, rows, classes)
    predicted = {"candidate": models.predict(candidate, rows[columns])}
    if answers is not None:
        predicted["champion"] = answers
    predicted["naive"] = models.predict(naive().fit(past[columns], past[TARGET]), rows[columns])
    loss = {name: losses.losses(params.metric, rows[TARGET], each, classes) for name, each in predicted.items()}
    judged = _unseen(rows, theirs) if theirs else np.ones(len(rows), dtype=bool)
    truth = rows.loc[judged, TARGET]
    metrics = {name: losses.metrics(truth, each[judged], classes) for name, each in predicted.items()}
    labels, blocks = slices(rows), holdout.blocks(rows, KEY, TIME)
    evidence = gate.Evidence(
        candidate=loss["candidate"][judged],
        naive=loss["naive"][judged],
        champion=loss["champion"][judged] if "champion" in loss else None,
        blocks=blocks[judged],
        labels=labels[judged],
        metrics=metrics["candidate"],
        validated=tables.is_valid(table, report),
        leaked_rows=int((~_unseen(rows, ours)).sum()),
        obstacle=obstacle,
        same_model=theirs is not None and theirs["model_sha256"] == ours["model_sha256"],
        rolled_back=known["rolled_back"],
        tries=known["tries"],
        model_mb=model.stat().st_size / 1e6,
        rows_per_second=_rows_per_second(candidate, rows[columns]),
    )
    evaluation = {
        **asdict(gate.decide(evidence, params)),
        "model_sha256": ours["model_sha256"],
        "metric": params.metric,
        "metrics": metrics,
        "holdout": _holdout(rows[judged], blocks[judged]),
        **{name: known[name] for name in ("champion", "tries")},
        **_drift((theirs or ours)["profile"], rows, params),
    }
    _write(folder, evaluation, _shown(rows, predicted, classes), _by_slice(labels, loss), rows)
    print(f"evaluate: {words.headline(evaluation)}\nevaluate: {words.verdict(evaluation)}")


def _champion(
    folder: Path, known: dict[str, Any], past: pd.DataFrame, rows: pd.DataFrame, classes: list[Any] | None
) -> tuple[dict[str, Any] | None, np.ndarray | None, str]:
    """Return the champion's card, its predictions if it can be scored, and else why not."""
    if known["champion"] is None or known["obstacle"]:
        return None, None, known["obstacle"]
    card = files.read_json(folder / "card.json")
    if obstacle := comparable.obstacle(card, pd.concat([past, rows]), KEY, classes):
        return card, None, obstacle
    try:
        model = models.load(folder / "model.skops", TRUSTED_TYPES)
        return card, models.predict(model, rows[list(dict(card["features"]))]), ""
    except (PipelineError, *models.UNREADABLE) as error:
        return card, None, f"champion {known['champion']['name']} cannot be used: {error}"


def _unseen(rows: pd.DataFrame, card: dict[str, Any]) -> np.ndarray:
    """Return True for the rows that the model with this card was not trained on."""
    return holdout.Split(**card["split"]).held_out(rows, KEY, TIME)


def _rows_per_second(model: Any, features: pd.DataFrame) -> float:
    """Return the best of three: the machine's noise only ever slows down."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        models.predict(model, features.iloc[:10_000])
        best = min(best, time.perf_counter() - start)
    return min(len(features), 10_000) / best


def _holdout(judged: pd.DataFrame, blocks: np.ndarray) -> dict[str, Any]:
    return {"rows": len(judged), "blocks": len(np.unique(blocks)), "window": holdout.window(judged, TIME)}


def _drift(profile: drift.Profile, rows: pd.DataFrame, params: Evaluate) -> dict[str, Any]:
    moved = drift.drift(profile, rows, holdout.season(rows, TIME))
    return {"drift": moved, "drifted": sorted(name for name, psi in moved.items() if psi > params.max_drift)}


def _shown(rows: pd.DataFrame, predicted: dict[str, np.ndarray], classes: list[Any] | None) -> pd.DataFrame:
    """Return what a picture shows: the values, or the probability given to the class that came true."""
    shown = {
        name: each if classes is None else losses.probability_of_truth(rows[TARGET], each, classes)
        for name, each in predicted.items()
    }
    actual = rows[TARGET].to_numpy() if classes is None else 1.0
    row = rows[TIME].astype("str") if TIME is not None else holdout.labels(rows, KEY)
    return pd.DataFrame({"row": row, "actual": actual, **shown})


def _by_slice(labels: pd.DataFrame, loss: dict[str, np.ndarray]) -> pd.DataFrame:
    means = {name: pd.DataFrame(loss).groupby(labels[name].to_numpy()).mean() for name in map(str, labels)}
    table = pd.concat(means)
    return table.set_axis([f"{name}: {label}" for name, label in table.index])


def _write(
    folder: Path, evaluation: dict[str, Any], shown: pd.DataFrame, by_slice: pd.DataFrame, rows: pd.DataFrame
) -> None:
    gained = {name: evaluation[name] for name in ("gain", "gain_low") if evaluation[name] is not None}
    files.write_json(folder / "evaluation.json", evaluation)
    files.write_json(folder / "metrics.json", {**evaluation["metrics"], **gained})
    files.write_bytes(folder / "predictions.csv", shown.to_csv(index=False, float_format="%.6g").encode())
    unit = TARGET if (shown["actual"] != 1.0).any() else "probability given to the true class"
    drawn = {
        "predictions": pictures.predictions(shown.drop(columns="row"), rows[TIME] if TIME is not None else None, unit),
        "slices": pictures.slices(by_slice, evaluation["metric"]),
    }
    for name, figure in drawn.items():
        with files.replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
