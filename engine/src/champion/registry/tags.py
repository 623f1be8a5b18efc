"""Tags of runs and versions: words in plain sight, digests where searches find them and people need not read them."""

from collections.abc import Mapping

DIGESTS = (
    "candidate", "code", "data", "config", "environment", "commit",
    "evaluation", "holdout", "model_sha256", "card_sha256", "shipped_sha256", "model_id", "recipe",
)  # fmt: skip
HIDDEN = "mlflow.pipeline."  # MLflow's pages leave out what begins with `mlflow.`


def stored(tag: str) -> str:
    """Return how MLflow knows a tag.

    >>> stored("verdict"), stored("candidate")
    ('verdict', 'mlflow.pipeline.candidate')
    """
    return f"{HIDDEN}{tag}" if tag in DIGESTS else tag


def written(ours: Mapping[str, str]) -> dict[str, str]:
    """Return our tags by MLflow's names."""
    return {stored(tag): value for tag, value in ours.items()}


def read(known: Mapping[str, str]) -> dict[str, str]:
    """Return MLflow's tags by our names; records of before have their digests in plain sight.

    >>> read({"mlflow.pipeline.candidate": "ab", "candidate": "of before", "verdict": "promote"})
    {'candidate': 'ab', 'verdict': 'promote'}
    """
    ours = {name.removeprefix(HIDDEN): value for name, value in known.items() if name.startswith(HIDDEN)}
    return {name: value for name, value in known.items() if not name.startswith(HIDDEN)} | ours


def equal(tag: str, value: str) -> tuple[str, str]:
    """Return the conditions that find a value in MLflow, today's and that for records of before."""
    return f"tags.`{stored(tag)}` = '{value}'", f"tags.{tag} = '{value}'"
