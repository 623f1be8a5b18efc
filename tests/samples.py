"""An evaluation and a lineage, as the pages tell them."""


def evaluation(**other):
    return {
        "decision": "reject",
        "reasons": ["not proven better", "too large"],
        "metric": "mae",
        "metrics": {
            "candidate": {"mae": 171.4385, "bias": -10.2},
            "champion": {"mae": 176.015, "bias": -5.1},
            "naive": {"mae": 289.4628, "bias": 19.1},
        },
        "champion": {"name": "v7", "version": "7"},
        "holdout": {"rows": 1344, "blocks": 56, "window": ["2018-08-06 00:00:00", "2018-09-30 23:00:00"]},
        "noise_floor": 0.0217,
        "tries": 2,
        "drifted": ["clouds_percent", "weather"],
    } | other


def lineage(**other):
    """Return lineage.json of a candidate with three parts of their own."""
    return {
        "data": {
            "version": "v9", "digest": "7086df1b4e70da02.dir", "source": "data/0-source", "source_digest": "5ou4ce7f0c2d1a9b8e", "source_rows": 48204,
            "quarantined": 12, "rows": 40562, "window": ["2012-10-02 09:00:00", "2018-09-30 23:00:00"],
        },
        "code": {"version": "v42", "commit": "4f0c2d1a9b8e7c6d5f4a", "subject": "Let it rain", "uncommitted": []},
        "config": {"version": "v3", "changed": {}},
        "environment": {"python": "3.11.9", "lock": "requirements.lock", "digest": "f6da2810a0b8376c"},
        "training": {"rows": 29000, "window": ["2015-06-11 20:00:00", "2018-09-02 23:00:00"]},
        "holdout": {"rows": 1344, "blocks": 56, "window": ["2018-08-06 00:00:00", "2018-09-30 23:00:00"]},
        "compared_with": "v7",
    } | other  # fmt: skip
