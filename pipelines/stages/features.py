"""Divide the table into history and holdout, each with the model's columns."""

from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.dials import Features
from pipelines.entry import run_stage
from pipelines.errors import PipelineError
from pipelines.judge import holdout as split_rows
from pipelines.problem import features as problem
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import files


def features(table: Path, report: Path, history: Path, holdout: Path, split: Path, params: Features) -> None:
    """Write history and holdout, each with key, target and features of its rows, and how they were divided."""
    if not files.read_json(report)["success"]:
        raise PipelineError(f"{report} says the contract is broken. Run `dvc repro` on data that meets it.")
    canonical = pd.read_parquet(table)
    rows = _with_features(canonical)
    division = _split(canonical, params)
    held_out = division.held_out(canonical, KEY, TIME)
    _check_parts(held_out)
    _check_causality(canonical, rows, held_out)
    for path, part in ((history, rows[~held_out]), (holdout, rows[held_out])):
        with files.replacing(path) as temporary:
            part.to_parquet(temporary, index=False)
    questions = pd.util.hash_pandas_object(rows.loc[held_out, [*KEY, TARGET]], index=False).to_numpy()
    files.write_json(split, asdict(replace(division, holdout_sha256=sha256(questions.tobytes()).hexdigest())))
    print(f"features: {(~held_out).sum():,} history rows, {held_out.sum():,} holdout rows{_since(rows, held_out)}")


def _with_features(canonical: pd.DataFrame) -> pd.DataFrame:
    found = problem.features(canonical)
    clash = [name for name in found if name in [*KEY, TARGET]]
    if clash or len(found) != len(canonical):
        raise PipelineError(
            f"pipelines/problem/features.py returned {len(found):,} rows for {len(canonical):,}, and columns named like "
            f"the key or the target: {', '.join(clash) or 'none'}. One row per row and other names are expected."
        )
    return pd.concat([canonical[[*KEY, TARGET]], found.set_axis(canonical.index)], axis=1)


def _split(canonical: pd.DataFrame, params: Features) -> split_rows.Split:
    if TIME is not None and params.holdout_days and not params.holdout_share:
        return split_rows.latest(canonical, TIME, params.holdout_days)
    if TIME is None and params.holdout_share and not params.holdout_days:
        return split_rows.Split(share=params.holdout_share)
    wanted, other = ("holdout_share", "holdout_days")[:: 1 if TIME is None else -1]
    raise PipelineError(
        f"params.yaml: features needs {wanted} and not {other}, since TIME is {TIME!r} in pipelines/problem/names.py."
    )


def _check_parts(held_out: np.ndarray) -> None:
    for name, size in (("history", (~held_out).sum()), ("holdout", held_out.sum())):
        if not size:
            raise PipelineError(f"the {name} would be empty. Change params.yaml, section features.")


def _check_causality(canonical: pd.DataFrame, rows: pd.DataFrame, held_out: np.ndarray) -> None:
    """Replace what cannot be known yet and see whether a feature notices.

    With time: what comes later than the first holdout row, and that row's target, may not touch it or what came
    before. Without: no feature may depend on any target.
    """
    changed, checked = canonical.copy(), np.ones(len(canonical), dtype=bool)
    unknown = checked
    if TIME is not None:
        first = canonical.loc[held_out, TIME].min()
        unknown, checked = held_out, (canonical[TIME] <= first).to_numpy()
        for name in canonical.columns.drop([*KEY, TARGET]):
            changed.loc[~checked, name] = canonical.loc[~checked, name].to_numpy()[::-1]
    changed.loc[unknown, TARGET] = _others(canonical[TARGET])[unknown]
    again = _with_features(changed)
    for name in rows.columns.drop([*KEY, TARGET]):
        differs = checked & ~((rows[name] == again[name]) | (rows[name].isna() & again[name].isna())).to_numpy()
        if differs.any():
            where = ", ".join(f"{key} {value}" for key, value in rows.loc[differs, KEY].iloc[0].items())
            raise PipelineError(
                f"feature {name} at {where} changes when only the target or later rows change: it knows what a "
                "forecast cannot know. Mend pipelines/problem/features.py."
            )


def _others(target: pd.Series) -> np.ndarray:
    """Return a different value for each value, of the same kind."""
    codes, values = pd.factorize(target)
    return np.asarray(values)[(codes + 1) % len(values)]


def _since(rows: pd.DataFrame, held_out: np.ndarray) -> str:
    return f", from {rows.loc[held_out, TIME].min()}" if TIME is not None else ""


if __name__ == "__main__":
    run_stage(features)
