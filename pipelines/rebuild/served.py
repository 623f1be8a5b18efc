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
    told = pd.concat(kept, ignore_index=True)
    try:
        told = told.astype({name: rows[name].dtype for name in KEY})
    except (KeyError, ValueError, TypeError) as error:
        raise PipelineError(
            f"{FOLDER}: what was kept is not of today's KEY, {', '.join(KEY)}: {error}. Move it away."
        ) from None
    last = told.sort_values(AT, kind="stable").drop_duplicates(KEY, keep="last")
    return [_of_model(str(name), answers, rows, rules) for name, answers in last.groupby("model")]


def _of_model(name: str, told: pd.DataFrame, rows: pd.DataFrame, rules: Evaluate) -> Served:
    place = pd.MultiIndex.from_frame(rows[KEY]).get_indexer(pd.MultiIndex.from_frame(told[KEY]))
    answers, known = told[place >= 0], rows.iloc[place[place >= 0]].reset_index(drop=True)
    if known.empty:
        return Served(model=name, kept=len(told))
    columns = [name for name in map(str, told) if name.startswith(OF_CLASS) and answers[name].notna().any()]
    values = {str(value): value for value in known[TARGET].unique()}  # as text is what a column's name has
    classes = [values.get(each, each) for each in (name.removeprefix(OF_CLASS) for name in columns)] or None
    predicted = answers[columns or "prediction"].to_numpy(dtype=float)
    loss = losses.losses(rules.metric, known[TARGET], predicted, classes, own_loss.settings(known, rules)).total
    return Served(
        model=name, kept=len(told), rows=len(known), window=window(known, TIME), loss=float(np.round(loss, 6))
    )


def said(told: Served, metric: str) -> str:
    """Say how many answers of a model were kept, and how those did whose truth has come."""
    if told.loss is None:
        return f"{told.model}: {words.plural(told.kept, 'answer')} kept, the target of none has come yet"
    when = f", {told.window[0]} to {told.window[1]}" if told.window else ""
    return f"{told.model}: {metric} {words.figure(told.loss)} on {told.rows:,} of {words.plural(told.kept, 'answer')} kept{when}"
