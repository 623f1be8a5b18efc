"""What MLflow is told of a candidate, as flat params, metrics and tags. Pure."""

import json
from typing import Any


def params(sections: dict[str, dict[str, Any]], card: dict[str, Any], python: str) -> dict[str, Any]:
    """Flatten params.yaml into what MLflow compares side by side, with the training window."""
    flat = {
        f"{section}.{key}": json.dumps(value, sort_keys=True) if isinstance(value, dict) else value
        for section, dials in sections.items()
        for key, value in dials.items()
    }
    start, end = card["window"] or ("", "")
    return {**flat, "training_rows": card["rows"], "training_from": start, "training_to": end, "python": python}


def metrics(card: dict[str, Any], evaluation: dict[str, Any]) -> dict[str, float]:
    """Return the candidate's holdout metrics under their names, the others' with whose they are."""
    found = {f"history_{name}": value for name, value in card["history"].items()}
    for model, values in evaluation["metrics"].items():
        prefix = "" if model == "candidate" else f"{model}_"
        found |= {f"{prefix}{name}": value for name, value in values.items()}
    gained = {name: evaluation[name] for name in ("gain", "gain_low") if evaluation[name] is not None}
    return {**found, **gained}


def tags(
    card: dict[str, Any], card_sha256: str, split: dict[str, Any], evaluation: dict[str, Any], experiment: str
) -> dict[str, str]:
    """Return what runs are searched by."""
    champion = evaluation["champion"]
    return {
        "verdict": evaluation["decision"],
        "reasons": "; ".join(evaluation["reasons"])[:5000],
        "model_sha256": card["model_sha256"],
        "card_sha256": card_sha256,
        "holdout": split["holdout_sha256"],
        "compared_with": f"v{champion['version']}" if champion else "nobody",
        "experiment": experiment or "no",
    }
