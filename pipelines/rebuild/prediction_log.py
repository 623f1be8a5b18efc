"""The log of predictions: what was predicted before the target was known is scored once it is."""

import numpy as np
import pandas as pd

from pipelines import files, own_loss
from pipelines.documents.monitor import Logged
from pipelines.errors import PipelineError
from pipelines.evaluation import losses
from pipelines.evaluation.rows import window
from pipelines.params import Evaluate
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import tables
from pipelines.report import text as words

AT, VERSION, OF_CLASS = "predicted_at", "model_version", "probability of "


def scored(rows: pd.DataFrame, rules: Evaluate) -> list[Logged]:
    """Score by version what was logged, on `rows` with key, features and the target that is known by now.

    Of a row that was predicted several times the first prediction counts: a model that predicts it again may have been
    trained on it.
    """
    logged = [tables.read(place) for place in sorted(files.PREDICTIONS.glob("*.parquet"))]
    if not logged:
        return []
    predicted = pd.concat(logged, ignore_index=True).sort_values(AT, kind="stable")
    try:
        predicted = predicted.astype({name: rows[name].dtype for name in KEY})
    except (KeyError, ValueError, TypeError) as error:
        why = f"{files.PREDICTIONS} is not of today's KEY, {', '.join(KEY)} ({error}). Move it away"
        return [Logged(version="all", predictions=len(predicted), obstacle=why)]
    first = predicted.drop_duplicates(KEY).groupby(VERSION)
    return [_of_version(str(name), group, rows, rules) for name, group in first]


def _of_version(name: str, predicted: pd.DataFrame, rows: pd.DataFrame, rules: Evaluate) -> Logged:
    place = pd.MultiIndex.from_frame(rows[KEY]).get_indexer(pd.MultiIndex.from_frame(predicted[KEY]))
    known = rows.iloc[place[place >= 0]].reset_index(drop=True)
    logged = Logged(version=name, predictions=len(predicted), rows=len(known))
    if known.empty:
        return logged
    try:
        loss = _loss(predicted[place >= 0], known, rules)
    except (PipelineError, ValueError) as error:  # it may be of another kind of problem
        return logged.model_copy(update={"obstacle": str(error).splitlines()[0]})
    if not np.isfinite(loss):
        return logged.model_copy(update={"obstacle": f"{rules.metric} cannot be told of these rows"})
    return logged.model_copy(update={"window": window(known, TIME), "loss": round(loss, 6)})


def _loss(predicted: pd.DataFrame, known: pd.DataFrame, rules: Evaluate) -> float:
    columns = [name for name in map(str, predicted) if name.startswith(OF_CLASS) and predicted[name].notna().any()]
    values = {str(value): value for value in known[TARGET].unique()}  # as text is what a column's name has
    classes = [values.get(each, each) for each in (name.removeprefix(OF_CLASS) for name in columns)] or None
    answers = predicted[columns or "prediction"].to_numpy(dtype=float)
    return float(losses.losses(rules.metric, known[TARGET], answers, classes, own_loss.settings(known, rules)).total)


def said(logged: Logged, metric: str) -> str:
    """Say how many predictions of a version are in the log, and how those did whose target is known."""
    count = words.plural(logged.predictions, "prediction")
    if logged.obstacle:
        return f"{logged.version}: {count}, not scored: {logged.obstacle}"
    if logged.loss is None:
        return f"{logged.version}: {count}, no target is known yet"
    when = f", {logged.window[0]} to {logged.window[1]}" if logged.window else ""
    return f"{logged.version}: {metric} {words.figure(logged.loss)} on {logged.rows:,} of {count}{when}"
