"""What MLflow is told of a candidate: flat params, metrics and tags. Pure."""

import json
from collections.abc import Mapping

from champion.core.documents.data import Split
from champion.core.documents.evaluation import Evaluation
from champion.core.documents.model import ModelCard
from champion.core.documents.provenance import Changed
from champion.evaluate import verdicts

Sections = Mapping[str, Mapping[str, object]]  # params.yaml


def params(sections: Sections, card: ModelCard, python: str) -> dict[str, object]:
    """Flatten params.yaml into what MLflow compares side by side, with the training window."""
    flat = {
        f"{section}.{key}": json.dumps(value, sort_keys=True) if isinstance(value, dict) else value
        for section, values in sections.items()
        for key, value in values.items()
    }
    start, end = card.window or ("", "")
    return {**flat, "training_rows": card.rows, "training_from": start, "training_to": end, "python": python}


def metrics(card: ModelCard, evaluation: Evaluation) -> dict[str, float]:
    """Return the candidate's holdout metrics under their names, the others' with whose they are."""
    named = {f"train_{name}": value for name, value in card.train_metrics.items()}
    for model, values in evaluation.metrics.items():
        prefix = "" if model == "candidate" else f"{model}_"
        named |= {f"{prefix}{name}": value for name, value in values.items()}
    return named | gains(evaluation)


def gains(evaluation: Evaluation) -> dict[str, float]:
    """Return how much it saves, if it was compared."""
    known = {"gain": evaluation.gain, "gain_low": evaluation.gain_low}
    return {name: value for name, value in known.items() if value is not None}


def tags(
    card: ModelCard, card_sha256: str, split: Split, evaluation: Evaluation, experiment: str
) -> dict[str, str]:  # fmt: skip
    """Return what runs are searched by."""
    return {
        "verdict": evaluation.decision,
        "outcome": evaluation.outcome,
        "reasons": verdicts.reasons(evaluation)[:5000],
        "rules": ", ".join(dict.fromkeys(reason.rule for reason in evaluation.reasons)),
        "model_sha256": card.model_sha256,
        "card_sha256": card_sha256,
        "shipped_sha256": evaluation.shipped_sha256,
        "holdout": split.holdout_sha256,
        "compared_with": evaluation.champion.name if evaluation.champion else "nobody",
        "experiment": experiment or "no",
    }


def columns(metric: str) -> list[str]:
    """Return what MLflow's list of candidates shows of each.

    >>> columns("mae")[:2]
    ['tags.`outcome`', 'metrics.`mae`']
    """
    return ["tags.`outcome`", f"metrics.`{metric}`", "metrics.`gain`", "tags.`compared_with`"]


def changed(theirs: Mapping[str, str], ours: Mapping[str, object]) -> Changed:
    """Return the params that differ between a run on record and this candidate, as text; None where one has none."""
    both = [
        name for name in sorted({**theirs, **ours}) if "." in name and not name.startswith("ingest.")
    ]  # that is data
    told = {name: str(value) for name, value in ours.items()}
    return {name: (theirs.get(name), told.get(name)) for name in both if theirs.get(name) != told.get(name)}
