"""Yours: the params of your contract and your model, with their types and ranges."""

from typing import Literal

from pydantic import Field

from champion.core import params as engine


class Validate(engine.Validate):
    """Limits of the data contract."""

    min_rows: int = Field(ge=1)
    max_quarantined: float = Field(ge=0, le=1)
    max_recent_quarantined: float = Field(ge=0, le=1)
    max_days_behind: int = Field(ge=0)
    max_missing_hours: int = Field(ge=0)
    max_input_drift: float = Field(gt=0)
    max_target_drift: float = Field(gt=0)


class Train(engine.Train):
    """Hyperparameters of the model."""

    loss: Literal["absolute_error", "squared_error"]
    learning_rate: float = Field(gt=0, le=1)
    max_iter: int = Field(ge=1, le=10_000)
    max_leaf_nodes: int = Field(ge=2, le=1024)
    min_samples_leaf: int = Field(ge=1)
    l2_regularization: float = Field(ge=0)
    seed: int = Field(ge=0)
