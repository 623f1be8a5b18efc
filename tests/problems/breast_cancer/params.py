"""The dials of the contract and the model."""

from pydantic import Field

from pipelines import dials


class Validate(dials.Validate):
    """Limits of the data contract."""

    min_rows: int = Field(ge=1)


class Train(dials.Section):
    """Hyperparameters."""

    c: float = Field(gt=0)
    seed: int
