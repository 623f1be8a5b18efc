"""What must be true of the data."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from pipelines.problem.params import Validate


def views(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """No further tables."""
    return {}


def expectations(params: Validate) -> dict[str, list[Expectation]]:
    """Expect enough rows and two classes."""
    return {
        "delivery": [gxe.ExpectColumnValuesToBeBetween(column="quarantined", max_value=0.01, severity="critical")],
        "table": [
            gxe.ExpectTableRowCountToBeBetween(min_value=params.min_rows, severity="critical"),
            gxe.ExpectColumnValuesToBeInSet(column="diagnosis", value_set=["benign", "malignant"], severity="critical"),
            gxe.ExpectColumnValuesToBeUnique(column="sample", severity="critical"),
        ],
    }
