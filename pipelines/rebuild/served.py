"""What was served: predictions that are kept, to be scored when the truth has come."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines import files, own_loss
from pipelines.documents.monitor import Served
from pipelines.errors import PipelineError
from pipelines.evaluation import losses
from pipelines.evaluation.rows import window
from pipelines.params import Evaluate
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import tables
from pipelines.report import text as words

FOLDER = Path("data/served")
AT, OF_CLASS = "predicted_at", "probability of "


def keep(answers: Iterable[Path], at: datetime) -> None:
    """Keep tables of answers, as `pipeline predict` writes them, with the time at which they were given.

    Raises:
        PipelineError: if nothing in them names a row, so that no truth will ever be theirs.
    """
    for place in answers:
        told = tables.read(place)
        if missing := [name for name in KEY if name not in told]:
            raise PipelineError(
                f"answers without {', '.join(missing)} cannot be kept: nothing says which row will tell whether they were "
                f"right. Add {', '.join(missing)} to the rows of IN."
            )
        tables.write(told.assign(**{AT: at}), FOLDER / f"{at:%Y%m%dT%H%M%S}-{files.sha256(place)[:16]}.parquet")


def scored(rows: pd.DataFrame, rules: Evaluate) -> list[Served]:
    """Score by model what was kept, on `rows` with key, features and the target that is known by now.

    What was answered several times counts as it was answered last.

    Raises:
        PipelineError: if something was kept under another KEY, or its metric cannot be told.
    """
    kept = [tables.read(place) for place in sorted(FOLDER.glob("*.parquet"))]
    if not kept:
        return []
    told = pd.concat(kept, ignore_index=True).sort_values(AT, kind="stable").drop_duplicates(KEY, keep="last")
    try:
        told = told.astype({name: rows[name].dtype for name in KEY})
    except (KeyError, ValueError, TypeError) as error:
        raise PipelineError(
            f"{FOLDER}: what was kept is not of today's KEY, {', '.join(KEY)}: {error}. Move it away."
        ) from None
    known = rows.merge(told[[*KEY, "model", *_answers(told)]], on=KEY, validate="one_to_one", suffixes=("", "_told"))
    return [_of_model(str(name), group, known[known["model"] == name], rules) for name, group in told.groupby("model")]


def _answers(told: pd.DataFrame) -> list[str]:
    return [name for name in map(str, told) if name == "prediction" or name.startswith(OF_CLASS)]


def _of_model(name: str, told: pd.DataFrame, known: pd.DataFrame, rules: Evaluate) -> Served:
    if known.empty:
        return Served(model=name, kept=len(told))
    known = known.reset_index(drop=True)
    named = [column for column in _answers(known) if column != "prediction" and known[column].notna().any()]
    values = {str(value): value for value in known[TARGET].unique()}
    classes = [values.get(column.removeprefix(OF_CLASS), column.removeprefix(OF_CLASS)) for column in named] or None
    predicted = known[named or "prediction"].to_numpy(dtype=float)
    rows = known.drop(columns=["model", *_answers(known)])
    loss = losses.losses(rules.metric, rows[TARGET], predicted, classes, own_loss.settings(rows, rules))
    return Served(
        model=name, kept=len(told), rows=len(rows), window=window(rows, TIME), loss=float(np.round(loss.total, 6))
    )


def said(told: Served, metric: str) -> str:
    """Say how many answers of a model were kept, and how those did whose truth has come."""
    if told.loss is None:
        return f"{told.model}: {words.plural(told.kept, 'answer')} kept, the target of none has come yet"
    when = f", {told.window[0]} to {told.window[1]}" if told.window else ""
    return f"{told.model}: {metric} {words.figure(told.loss)} on {told.rows:,} of {words.plural(told.kept, 'answer')} kept{when}"
