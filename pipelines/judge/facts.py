"""What MLflow is told of a candidate: flat params, metrics and tags, and where it came from. Pure."""

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
        "compared_with": champion["name"] if champion else "nobody",
        "experiment": experiment or "no",
    }


def lineage(
    parts: dict[str, dict[str, Any]],
    counts: dict[str, Any],
    card: dict[str, Any],
    evaluation: dict[str, Any],
    theirs: dict[str, str],
    ours: dict[str, Any],
) -> dict[str, Any]:
    """Return lineage.json: the four parts a candidate was made of, and what came of it.

    `theirs` are the params on record of the champion it was compared with, empty if there was none; `ours` are its own.
    """
    champion = evaluation["champion"]
    rows = {"rows": counts["table"], "window": counts["window"]}
    upstream = {"source_rows": counts["source"], "quarantined": counts["quarantined"]}
    return {
        "data": {**parts["data"], **rows, **upstream},
        "code": parts["code"],
        "config": {**parts["config"], "changed": changed(theirs, ours) if theirs else {}},
        "environment": parts["environment"],
        "training": {"rows": card["rows"], "window": card["window"]},
        "holdout": evaluation["holdout"],
        "metric": evaluation["metric"],
        "metrics": evaluation["metrics"],
        "verdict": evaluation["decision"],
        "reasons": evaluation["reasons"],
        "compared_with": champion["name"] if champion else None,
    }


def changed(theirs: dict[str, str], ours: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the dials that differ between a run on record and this candidate, as text; None where one has none."""
    both = [name for name in {**theirs, **ours} if "." in name and not name.startswith("ingest.")]  # that is data
    told = {name: str(value) for name, value in ours.items()}
    return {name: (theirs.get(name), told.get(name)) for name in both if theirs.get(name) != told.get(name)}
