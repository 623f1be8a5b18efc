"""Yours: the dials of your data and your model, with their types and ranges."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pipelines.dials import Section


def _day(value: object) -> date:
    """DVC cannot read a bare YAML date, so a day is quoted."""
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError('should be a quoted day like "2018-09-30"') from None


Day = Annotated[date, BeforeValidator(_day)]


class Ingest(Section):
    """What the source is cut to."""

    as_of: Day | None = None  # the last day of the delivery; None where rows have no time


class Validate(Section):
    """Limits of the data contract."""

    min_rows: int = Field(ge=1)
    max_quarantined: float = Field(ge=0, le=1)
    max_recent_quarantined: float = Field(ge=0, le=1)
    max_days_behind: int = Field(ge=0)
    max_missing_hours: int = Field(ge=0)
    max_input_drift: float = Field(gt=0)
    max_target_drift: float = Field(gt=0)
    drift_days: int = Field(ge=1)


class Features(Section):
    """How much is held out: the latest days, or without time a stable share of the keys."""

    holdout_days: int | None = Field(default=None, ge=1)
    holdout_share: float | None = Field(default=None, gt=0, lt=1)


class Train(Section):
    """Hyperparameters of the model."""

    loss: Literal["absolute_error", "squared_error"]
    learning_rate: float = Field(gt=0, le=1)
    max_iter: int = Field(ge=1, le=10_000)
    max_leaf_nodes: int = Field(ge=2, le=1024)
    min_samples_leaf: int = Field(ge=1)
    l2_regularization: float = Field(ge=0)
    seed: int = Field(ge=0)
