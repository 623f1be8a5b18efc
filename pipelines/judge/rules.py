"""The dials of the gate: params.yaml, section evaluate."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from pipelines.dials import Section


def _ordered(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        raise ValueError("should be [lowest, highest]")
    return limits


Metric = Literal["mae", "mse", "log_loss", "brier", "error_rate"]
Limits = Annotated[tuple[float, float], Strict(strict=False), AfterValidator(_ordered)]
Mode = Literal["superior", "non_inferior", "replace"]


class Evaluate(Section):
    """How a candidate is judged. Shares are relative to the champion's loss: 0.05 is 5 %."""

    metric: Metric
    mode: Mode
    min_improvement: float = Field(ge=0, lt=1)
    margin: float = Field(ge=0, lt=1)
    max_improvement: float = Field(gt=0, le=1)
    confidence: float = Field(gt=0.5, lt=1)
    bootstrap_rounds: int = Field(ge=1000, le=1_000_000)
    seed: int = Field(ge=0)
    limits: dict[Metric, Limits]
    max_slice_regression: float = Field(ge=0, lt=1)
    min_slice_rows: int = Field(ge=1)
    min_rows: int = Field(ge=1)
    min_blocks: int = Field(ge=2)
    max_drift: float = Field(gt=0)
    max_decay: float = Field(ge=0)
    max_model_mb: float = Field(gt=0)
    min_rows_per_second: float = Field(ge=0)
