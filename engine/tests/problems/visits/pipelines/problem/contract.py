"""What must be true of the data."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from pipelines.problem.params import Validate


def views(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the classes with their shares."""
    shares = table["returned"].value_counts(normalize=True).rename("share").rename_axis("returned")
    return {"classes": shares.reset_index()}


def expectations(params: Validate) -> dict[str, list[Expectation]]:
    """Expect enough rows, and enough that returned."""
    return {
        "table": [
            gxe.ExpectTableRowCountToBeBetween(min_value=params.min_rows, severity="critical"),
            gxe.ExpectColumnValuesToBeUnique(column="visit", severity="critical"),
        ],
        "classes": [gxe.ExpectColumnValuesToBeBetween(column="share", min_value=0.02, severity="critical")],
    }
