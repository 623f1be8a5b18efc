"""Documents as the pipeline writes them, complete and valid; keywords change them."""

from champion.core.documents.answers import Why
from champion.core.documents.data import Check, Counts, ValidationReport
from champion.core.documents.evaluation import Decision, Evaluation
from champion.core.documents.model import ModelCard
from champion.core.documents.provenance import Provenance

WINDOW = ("2012-10-02 09:00:00", "2018-09-30 23:00:00")
HOLDOUT = {"rows": 1344, "blocks": 56, "window": ("2018-08-06 00:00:00", "2018-09-30 23:00:00")}


def reasons(*texts: str) -> list[dict[str, str]]:
    return [{"rule": "improvement", "effect": "reject", "text": text} for text in texts]


def evaluation(**other: object) -> Evaluation:
    """Return the evaluation of a candidate that was refused; reasons may be given as texts."""
    content = {
        "decision": "reject",
        "reasons": ["not proven better", "too large"],
        "model_sha256": "534f",
        "metric": "mae",
        "metrics": {
            "candidate": {"mae": 171.4385, "bias": -10.2},
            "champion": {"mae": 176.015, "bias": -5.1},
            "naive": {"mae": 289.4628, "bias": 19.1},
        },
        "champion": {"name": "v7", "version": "7"},
        "holdout": HOLDOUT,
        "noise_floor": 0.0217,
        "tries": 2,
        "drift": {"clouds_percent": 0.7, "weather": 0.3},
        "drifted": ["clouds_percent", "weather"],
    } | other
    if content["reasons"] and isinstance(content["reasons"][0], str):
        content["reasons"] = reasons(*content["reasons"])
    return Evaluation.model_validate(content)


def decision(**other: object) -> Decision:
    """Return what became of a candidate that was made champion as v1."""
    content = {
        "action": "promoted",
        "promoted": "1",
        "summary": "v1 is champion, it replaced nobody",
        "decision": "promote",
        "reasons": reasons(),
        "candidate": "c4d1",
        "made_from": "was trained on Data v1, using Code v1, with Config v1",
        "numbered": True,
        "experiment": "",
        "champion": "1",
        "evaluation_sha256": "e7a1",
        "run_url": "",
    } | other
    return Decision.model_validate(content)


def provenance(**other: object) -> Provenance:
    """Return the provenance of a candidate with three parts of their own; a part may be given in part."""
    content = {
        "data": {
            "version": "v9", "digest": "7086df1b4e70da02.dir", "uncommitted": [], "source": "data/0-source",
            "source_digest": "5ou4ce7f0c2d1a9b8e", "source_rows": 48204, "quarantined": 12, "rows": 40562, "window": WINDOW,
        },
        "code": {
            "version": "v42", "digest": "7ree", "uncommitted": [], "commit": "4f0c2d1a9b8e7c6d5f4a", "subject": "Let it rain",
        },
        "config": {"version": "v3", "digest": "c0f1", "uncommitted": [], "changed": {}},
        "environment": {
            "python": "3.11.9", "lock": "requirements.lock", "digest": "f6da2810a0b8376c", "uncommitted": [],
        },
        "training": {"rows": 29000, "window": ("2015-06-11 20:00:00", "2018-09-02 23:00:00")},
        "holdout": HOLDOUT,
        "metric": "mae",
        "metrics": {"candidate": {"mae": 171.4}},
        "verdict": "reject",
        "reasons": reasons("not proven better"),
        "compared_with": "v7",
    }  # fmt: skip
    for name, value in other.items():
        content[name] = content.get(name, {}) | value if isinstance(value, dict) else value
    return Provenance.model_validate(content)


def card(**other: object) -> ModelCard:
    """Return the card of a small model."""
    return ModelCard.model_validate(
        {
            "model_sha256": "534f",
            "trusted_types": ["numpy.dtype"],
            "target": "vehicles",
            "classes": None,
            "features": [("hour", "int64")],
            "rows": 29000,
            "window": ("2015-06-11 20:00:00", "2018-09-02 23:00:00"),
            "split": {"start": "2018-09-03T00:00:00", "holdout_sha256": "ab12"},
            "train_metrics": {"mae": 120.5},
            "profile": {"hour": {"bins": [6.0, 12.0], "shares": {"9": [0.2, 0.1, 0.3, 0.1, 0.3, 0.0]}}},
            "examples": {"time": ["2018-01-01 00:00:00"], "hour": ["0"]},
            "answers": [812.5],
        }
        | other
    )


def check(*, success: bool, **other: object) -> Check:
    """Return one expectation of the table, met or not."""
    return Check.model_validate(
        {
            "success": success, "severity": "critical", "view": "table", "column": "time", "expectation": "expect_it",
            "expected": "it to hold", "observed": "0 of 9 rows otherwise", "examples": [],
        } | other
    )  # fmt: skip


def counts(**other: object) -> Counts:
    return Counts.model_validate(
        {
            "source": 48204, "table": 40562, "merged": 7629, "merged_exact_repeats": 17, "quarantined": 12, "after_as_of": 0,
            "window": WINDOW, "days_behind": 0, "reasons": {"vehicles: 0 is impossible (1 to 10000)": 12},
            "ignored_columns": [],
        } | other
    )  # fmt: skip


def validation_report(*checks: Check, success: bool = True, **other: object) -> ValidationReport:
    return ValidationReport(success=success, table_sha256="7ab1e", counts=counts(**other), checks=[*checks], drift={})


def why(**other: object) -> Why:
    """Return an answer in which new data made it worse."""
    made = [provenance(**{part: {"version": f"v{number}"} for part in ("data", "code", "config")}) for number in (8, 9)]
    named = zip(("v6", "v7"), made, strict=True)
    old, new = (
        {"name": name, "run_url": "http://run", "rebuilt_exactly": True, "made_from": made_of}
        for name, made_of in named
    )
    content = {
        "old": old,
        "new": new,
        "metric": "mae",
        "holdout": {"of": "v7", "rows": 672, "window": ("2018-09-03 00:00:00", "2018-09-30 23:00:00"), "data": "v9"},
        "loss": (160.0, 176.0),
        "whole": {"parts": ["data"], "effect": 16.0, "margin": 4.0},
        "shares": [{"parts": ["data"], "effect": 16.0, "margin": 4.0}],
        "interactions": [],
        "inseparable": "",
        "notes": [],
        "same_delivery": False,
        "changed": {"data": data_change(added=744, added_window=("2018-09-01", "2018-09-30"))},
        "slices": [],
    }
    for name, value in other.items():
        content[name] = content[name] | value if name in ("old", "new", "holdout") else value
    return Why.model_validate(content)


def data_change(**other: object) -> dict[str, object]:
    """Return what differs between two equal tables, but for what is said."""
    none = dict.fromkeys(("added_window", "removed_window", "corrected_window"))
    nothing = {"rows": (9, 9), "added": 0, "removed": 0, "corrected": 0, "window": (None, None)} | none
    return nothing | {"columns_added": [], "columns_removed": [], "columns": {}} | other
