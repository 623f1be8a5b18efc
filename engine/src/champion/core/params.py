"""The params that every problem has. Those of your contract and model are in problem/params.py."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict


def _day(value: object) -> date:
    """DVC cannot read a bare YAML date, so a day is quoted."""
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError('should be a quoted day like "2018-09-30"') from None


def _ordered(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        raise ValueError("should be [lowest, highest]")
    return limits


Metric = Literal[
    "mae", "mse", "rmse", "mape", "wape", "r2", "mean_pinball_loss", "mean_poisson_deviance",
    "log_loss", "brier", "error_rate", "roc_auc", "average_precision", "f1", "f1_macro", "cost", "own",
]  # fmt: skip
SCORES = ("r2", "roc_auc", "average_precision", "f1", "f1_macro")  # greater is better, 1 is perfect
Cost = Annotated[float, Field(ge=0)]
Limits = Annotated[tuple[float, float], Strict(strict=False), AfterValidator(_ordered)]
Mode = Literal["superior", "non_inferior", "replace"]


class Section(BaseModel):
    """A section of params.yaml: unknown keys, wrong types and missing keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Ingest(Section):
    """What the delivery is cut to."""

    as_of: Annotated[date, BeforeValidator(_day)] | None = None  # its last day; None where rows have no time


class Validate(Section):
    """Params of drift; your contract adds its own."""

    drift_days: int = Field(default=28, ge=1)  # length of the newest period


class Features(Section):
    """How much is held out: the latest days, or without time a stable share of the keys."""

    holdout_days: int | None = Field(default=None, ge=1)
    holdout_share: float | None = Field(default=None, gt=0, lt=1)


class Train(Section):
    """What every model has; yours adds its hyperparameters."""

    refit: bool = True  # what serves is fitted once more, to the holdout as well
    max_rows: int | None = Field(default=None, ge=1)  # more are sampled by their key: the same rows each time


class Evaluate(Section):
    """How a candidate is judged. Shares are relative to the champion's loss: 0.05 is 5 %."""

    metric: Metric
    quantile: float | None = Field(default=None, gt=0, lt=1)  # that mean_pinball_loss asks for
    costs: dict[str, dict[str, Cost]] | None = None  # of each wrong decision: {true class: {decided class: cost}}
    positive: str | int | None = None  # the class that roc_auc, average_precision and f1 are about
    mode: Mode
    min_improvement: float = Field(ge=0, lt=1)
    margin: float = Field(ge=0, lt=1)
    refit_margin: float | None = Field(default=None, ge=0, lt=1)  # None: a refit has to be proven better as well
    shadow_days: int = Field(default=0, ge=0)  # that come after a changed recipe was first recorded
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

    @property
    def loss(self) -> str:
        """Return what is compared, in words: the metric, or of a score what is missing to 1."""
        return loss_name(self.metric)


def loss_name(metric: str) -> str:
    """Name the loss of a metric; smaller is better.

    >>> loss_name("mae"), loss_name("roc_auc")
    ('mae', '1 - roc_auc')
    """
    return f"1 - {metric}" if metric in SCORES else metric
