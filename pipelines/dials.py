"""The dials of params.yaml that every problem has. Those of your contract and model are in problem/params.py."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _day(value: object) -> date:
    """DVC cannot read a bare YAML date, so a day is quoted."""
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError('should be a quoted day like "2018-09-30"') from None


class Section(BaseModel):
    """A section of params.yaml: unknown keys, wrong types and missing keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Ingest(Section):
    """What the delivery is cut to."""

    as_of: Annotated[date, BeforeValidator(_day)] | None = None  # its last day; None where rows have no time


class Validate(Section):
    """The dials of drift; your contract adds its own."""

    drift_days: int = Field(default=28, ge=1)  # length of the newest period


class Features(Section):
    """How much is held out: the latest days, or without time a stable share of the keys."""

    holdout_days: int | None = Field(default=None, ge=1)
    holdout_share: float | None = Field(default=None, gt=0, lt=1)
