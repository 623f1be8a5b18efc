"""The log of predictions: what was predicted before the target was known is scored once it is."""

import numpy as np
import pandas as pd

from champion.core import files, tables, words
from champion.core.documents.monitor import Logged
from champion.core.errors import PipelineError
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.core.rows import window
from champion.metrics import scores

AT, VERSION, OF_CLASS = "predicted_at", "model_version", "probability of "


def scored(problem: Problem, rows: pd.DataFrame, rules: Evaluate) -> list[Logged]:
    """Score by version what was logged, on `rows` with key, features and the target that is known by now.

    Of a row that was predicted several times the first prediction counts: a model that predicts it again may have been
    trained on it.
    """
    logged = [tables.read(place) for place in sorted(files.PREDICTIONS.glob("*.parquet"))]
    if not logged:
        return []
    predicted = pd.concat(logged, ignore_index=True).sort_values(AT, kind="stable")
    try:
        predicted = predicted.astype({name: rows[name].dtype for name in problem.key})
    except (KeyError, ValueError, TypeError) as error:
        why = f"{files.PREDICTIONS} is not of today's KEY, {', '.join(problem.key)} ({error}). Move it away"
        return [Logged(version="all", predictions=len(predicted), obstacle=why)]
    first = predicted.drop_duplicates(problem.key).groupby(VERSION)
    return [_of_version(problem, str(name), group, rows, rules) for name, group in first]


def _of_version(problem: Problem, name: str, predicted: pd.DataFrame, rows: pd.DataFrame, rules: Evaluate) -> Logged:
    place = pd.MultiIndex.from_frame(rows[problem.key]).get_indexer(pd.MultiIndex.from_frame(predicted[problem.key]))
    known = rows.iloc[place[place >= 0]].reset_index(drop=True)
    logged = Logged(version=name, predictions=len(predicted), rows=len(known))
    if known.empty:
        return logged
    try:
        loss = _loss(problem, predicted[place >= 0], known, rules)
    except (PipelineError, ValueError) as error:  # it may be of another kind of problem
        return logged.model_copy(update={"obstacle": str(error).splitlines()[0]})
    if not np.isfinite(loss):
        return logged.model_copy(update={"obstacle": f"{rules.metric} cannot be told of these rows"})
    return logged.model_copy(update={"window": window(known, problem.time), "loss": round(loss, 6)})


def _loss(problem: Problem, predicted: pd.DataFrame, known: pd.DataFrame, rules: Evaluate) -> float:
    columns = [name for name in map(str, predicted) if name.startswith(OF_CLASS) and predicted[name].notna().any()]
    values = {str(value): value for value in known[problem.target].unique()}  # as text is what a column's name has
    classes = [values.get(each, each) for each in (name.removeprefix(OF_CLASS) for name in columns)] or None
    answers = predicted[columns or "prediction"].to_numpy(dtype=float)
    return float(scores.loss(problem, rules, known, answers, classes).total)


def said(logged: Logged, metric: str) -> str:
    """Say how many predictions of a version are in the log, and how those did whose target is known."""
    count = words.plural(logged.predictions, "prediction")
    if logged.obstacle:
        return f"{logged.version}: {count}, not scored: {logged.obstacle}"
    if logged.loss is None:
        return f"{logged.version}: {count}, no target is known yet"
    when = f", {logged.window[0]} to {logged.window[1]}" if logged.window else ""
    return f"{logged.version}: {metric} {words.figure(logged.loss)} on {logged.rows:,} of {count}{when}"
