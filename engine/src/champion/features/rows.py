"""The rows of a model as they are made of a canonical table: by the problem's features, and by the stages after them."""

import pandas as pd

from champion.core import flow
from champion.core.config import load_params
from champion.core.documents.data import Split
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.core.records import Divided
from champion.core.stage import applied
from champion.core.table import Table, scratch
from champion.features.features import with_features


def rows_of(problem: Problem, canonical: pd.DataFrame) -> pd.DataFrame:
    """Return key, target and what the model takes of each row, for rows that are predicted or watched.

    A stage between features and train gets them as a holdout, beside training rows that are none.

    Raises:
        PipelineError: if a stage of the project's own cannot be had for rows alone, or changes which rows there are.
    """
    rows = with_features(problem, canonical)
    stages = flow.stages()
    later = [each for each in stages if each.gives == "Divided" and each.name != "features"]
    if other := [each.name for each in stages if each.gives == "Ingested" and each.name != "ingest"]:
        raise PipelineError(
            f"the stage {other[0]} changes the canonical table, so rows that are to be predicted cannot pass it. Make it a "
            "stage after features, from Divided to Divided."
        )
    if not later:
        return rows
    with scratch():
        divided = Divided(Table.of(rows.head(0)), Table.of(rows), Split())
        for each in later:
            divided = applied(each.name, problem, load_params(), divided)
        made = divided.holdout.rows
    if len(made) != len(rows):
        raise PipelineError(
            f"the stage {later[-1].name} made {len(made):,} of {len(rows):,} rows of the holdout: what is predicted has to stay."
        )
    return made
