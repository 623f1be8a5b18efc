"""What must be true of the data."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from pipelines.problem.params import Validate


def views(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Check each month's number of stores."""
    month = table["day"].dt.strftime("%Y-%m").rename("month")
    return {"months": table.groupby(month)["store"].nunique().rename("stores").reset_index()}


def expectations(params: Validate) -> dict[str, list[Expectation]]:
    """Expect enough rows, and most stores in every month."""
    return {
        "delivery": [
            gxe.ExpectColumnValuesToBeBetween(column="quarantined", max_value=0.01, severity="critical"),
            gxe.ExpectColumnValuesToBeBetween(column="unlabelled", max_value=0.01, severity="critical"),
        ],
        "table": [
            gxe.ExpectTableRowCountToBeBetween(min_value=params.min_rows, severity="critical"),
            gxe.ExpectCompoundColumnsToBeUnique(column_list=["store", "day"], severity="critical"),
        ],
        "months": [gxe.ExpectColumnValuesToBeBetween(column="stores", min_value=4, severity="critical")],
    }
