"""The params of the contract and the model."""

from pydantic import Field

from champion.core import params as engine


class Validate(engine.Validate):
    """Limits of the data contract."""

    min_rows: int = Field(ge=1)


class Train(engine.Train):
    """Hyperparameters."""

    c: float = Field(gt=0)
    seed: int
