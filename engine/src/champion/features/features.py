"""Divide the table into training rows and holdout, each with the model's columns."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from champion.core import parts, returned, tables
from champion.core.documents.data import Split
from champion.core.engines.engine import mapped
from champion.core.engines.task import Task
from champion.core.errors import ContractBroken, PipelineError
from champion.core.holdout import held_out, latest
from champion.core.params import Features
from champion.core.problem import Problem
from champion.core.records import Divided, Validated
from champion.core.table import Table, scratch_path

WHERE = "features() in pipelines/problem/features.py"
FEWEST = 10  # rows of a class in either part; with fewer its metrics say nothing


def check_contract(validated: Validated) -> None:
    """Refuse a table that breaks its contract.

    Raises:
        ContractBroken: if the report says so.
    """
    if not validated.report.success:
        raise ContractBroken(
            f"{validated.folder / 'report.json'} says the contract is broken. Run `dvc repro` on data that meets it."
        )


def split(problem: Problem, table: Table, params: Features) -> Split:
    """Return how the rows are divided: the latest days are held out, or without time a share of the keys.

    Raises:
        PipelineError: if params.yaml says neither, or both.
    """
    if problem.time is not None and params.holdout_days and not params.holdout_share:
        newest = [tables.read(file, [problem.time])[problem.time].max() for file in table.files]
        return latest(pd.DataFrame({problem.time: newest}), problem.time, params.holdout_days)
    if problem.time is None and params.holdout_share and not params.holdout_days:
        return Split(share=params.holdout_share)
    wanted, other = ("holdout_share", "holdout_days")[:: 1 if problem.time is None else -1]
    raise PipelineError(
        f"params.yaml: features needs {wanted} and not {other}, since TIME is {problem.time!r} in pipelines/problem/names.py."
    )


def divide(problem: Problem, table: Table, division: Split) -> Divided:
    """Return training rows and holdout, each with key, target and features of its rows.

    Of a table in parts each part by itself, since it needs no other.

    Raises:
        PipelineError: if a part would be empty, or a feature knows what a forecast cannot know.
    """
    places = [scratch_path(f"{name}.parquet") for name in ("training", "holdout")]
    tasks = [Task((file,), tuple(_place(out, table.path, file) for out in places)) for file in table.files]
    done = list(mapped(partial(_divided, problem, division=division), tasks))
    rows = [sum(each.rows[side] for each in done) for side in (0, 1)]
    for name, size in zip(("training part", "holdout"), rows, strict=True):
        if not size:
            raise PipelineError(f"the {name} would be empty. Change params.yaml, section features.")
    for side in (0, 1):
        kept = [(task.writes[side], each.kinds) for task, each in zip(tasks, done, strict=True) if each.rows[side]]
        parts.harmonize([place for place, _ in kept], [kinds for _, kinds in kept])
    _check_apart(problem, table.files)
    digest = sha256(b"".join(each.questions for each in done)).hexdigest()
    rare = _rare_classes([each.classes for each in done])
    since = f", from {min(each.since for each in done if each.since is not None)}" if problem.time is not None else ""
    print(f"features: {rows[0]:,} training rows, {rows[1]:,} holdout rows{since}")
    for name, (training_rows, holdout_rows) in rare.items():
        print(
            f"features: WARNING class {name} has {training_rows} training and {holdout_rows} holdout rows: too few to judge"
        )
    training, holdout = map(Table, places)
    return Divided(training, holdout, division.model_copy(update={"holdout_sha256": digest, "rare_classes": rare}))


@dataclass(frozen=True)
class Part:
    """What is known of a part that was divided."""

    rows: tuple[int, int]  # of training and holdout
    kinds: pd.DataFrame  # key, target and features, without rows
    questions: bytes  # 8 for each row of the holdout, made of its key and target
    classes: pd.DataFrame | None  # rows by class and side; None of a number
    since: pd.Timestamp | None  # the first time of the holdout


def _divided(problem: Problem, task: Task, division: Split) -> Part:
    """Write the training rows and the holdout of a part."""
    canonical = tables.read(task.reads[0])
    rows = with_features(problem, canonical)
    kept = held_out(division, canonical, problem.unit, problem.time)
    _check_causality(problem, canonical, rows, kept)
    for place, side in zip(task.writes, (~kept, kept), strict=True):
        if side.any():
            tables.write(rows[side], place)
    questions = (
        pd.util.hash_pandas_object(rows.loc[kept, [*problem.row, problem.target]], index=False).to_numpy().tobytes()
    )
    since = rows.loc[kept, problem.time].min() if problem.time is not None and kept.any() else None
    return Part(
        (int((~kept).sum()), int(kept.sum())), rows.head(0), questions, _classes(rows[problem.target], kept), since
    )


def _place(out: Path, table: Path, place: Path) -> Path:
    """Return where something made of a part is written."""
    return out if place == table else out / place.name


def with_features(problem: Problem, canonical: pd.DataFrame) -> pd.DataFrame:
    """Return key, target and features of each row of a canonical table.

    Raises:
        PipelineError: if the problem's function makes no features, or some that cannot be kept.
    """
    made = returned.table(problem.features.features(canonical), WHERE, len(canonical))
    if unnamed := [name for name in made if not isinstance(name, str)]:
        raise PipelineError(f"{WHERE} returned a column called {unnamed[0]!r}; a text is expected.")
    if len(twice := made.columns[made.columns.duplicated()]):
        raise PipelineError(f"{WHERE} returned two columns called {twice[0]}; each feature has a name of its own.")
    for name in made:
        if name in (*problem.row, problem.target):
            raise PipelineError(
                f"feature {name} in pipelines/problem/features.py is called like a column that names rows "
                f"({', '.join(problem.row)}) or the target ({problem.target}). Give it another name, such as of_{name}."
            )
        _check_kind(str(name), made[name])
        if pd.api.types.is_float_dtype(made[name]) and np.isinf(made[name]).any():
            raise PipelineError(f"feature {name} is infinite in some rows. Repair pipelines/problem/features.py.")
    return pd.concat([canonical[[*problem.row, problem.target]], made.set_axis(canonical.index)], axis=1)


def _check_kind(name: str, values: pd.Series) -> None:
    """Refuse what cannot be read back: a card keeps examples as text, and only a column's type says what they were."""
    kind, mixed = values.dtype, values.dtype == object
    checked = kind.categories if isinstance(kind, pd.CategoricalDtype) else values[values.notna() & mixed]
    if others := [value for value in checked if not isinstance(value, str)]:
        held = f"{values.dtype} that holds {type(others[0]).__name__} such as {others[0]!r}"
        raise PipelineError(
            f"feature {name} is of type {held}; a number, text, boolean or category of text is expected. "
            "Use astype in pipelines/problem/features.py."
        )


def _check_apart(problem: Problem, places: list[Path]) -> None:
    """Make features of three parts, one at a time and together: a feature that differs needs another part.

    Of the smaller half, since three of the largest may be more than fits into memory.
    """
    if len(places) < 2:  # nothing to be apart from
        return
    by_size = sorted(places, key=lambda place: place.stat().st_size)
    some = [tables.read(place) for place in sorted({by_size[0], by_size[len(places) // 4], by_size[len(places) // 2]})]
    alone = pd.concat([with_features(problem, each) for each in some], ignore_index=True)
    together = with_features(problem, pd.concat(some, ignore_index=True))
    if differing := _differing(problem, alone, together, np.ones(len(alone), dtype=bool)):
        raise PipelineError(
            f"feature {differing} when parts are together: it needs rows of another part than its own. Make PART None in "
            "pipelines/problem/names.py, or repair pipelines/problem/features.py."
        )


def _check_causality(problem: Problem, canonical: pd.DataFrame, rows: pd.DataFrame, kept: np.ndarray) -> None:
    """Change what cannot be known yet and see whether a feature notices.

    With time: no target of the last HORIZON may touch any row, and no input of a later row the first holdout row or one
    before. Without: no target may touch any row.
    """
    everywhere = np.ones(len(canonical), dtype=bool)
    if problem.time is None or problem.features.HORIZON is None:
        _check_unmoved(problem, rows, _with_other_targets(problem, canonical, everywhere), everywhere)
        return
    unknown = (canonical[problem.time] > canonical[problem.time].max() - problem.features.HORIZON).to_numpy()
    _check_unmoved(problem, rows, _with_other_targets(problem, canonical, unknown), everywhere)
    later = (canonical[problem.time] > canonical.loc[kept, problem.time].min()).to_numpy()
    changed = canonical.copy()
    for name in canonical.columns.drop([*problem.row, problem.target]):
        changed.loc[later, name] = canonical.loc[later, name].to_numpy()[::-1]
    _check_unmoved(problem, rows, changed, ~later)


def _check_unmoved(problem: Problem, rows: pd.DataFrame, changed: pd.DataFrame, checked: np.ndarray) -> None:
    if differing := _differing(problem, rows, with_features(problem, changed), checked):
        raise PipelineError(
            f"feature {differing} when only the target or later rows change: it knows what a "
            "forecast cannot know. Repair pipelines/problem/features.py."
        )


def _differing(problem: Problem, rows: pd.DataFrame, again: pd.DataFrame, checked: np.ndarray) -> str:
    """Say which feature changes, and at which row; empty if none does."""
    for name in rows.columns.drop([*problem.row, problem.target]):
        differs = checked & ~((rows[name] == again[name]) | (rows[name].isna() & again[name].isna())).to_numpy()
        if differs.any():
            where = ", ".join(f"{key} {value}" for key, value in rows.loc[differs, problem.row].iloc[0].items())
            return f"{name} at {where} changes"
    return ""


def _with_other_targets(problem: Problem, canonical: pd.DataFrame, where: np.ndarray) -> pd.DataFrame:
    """Mirror the targets: the highest becomes the lowest, and none stays as it is."""
    codes, values = pd.factorize(canonical[problem.target], sort=True)
    mirrored = len(values) - 1 - codes
    mirrored = np.where(mirrored == codes, (codes + 1) % len(values), mirrored)
    return canonical.assign(**{problem.target: canonical[problem.target].where(~where, np.asarray(values)[mirrored])})


def _classes(target: pd.Series, kept: np.ndarray) -> pd.DataFrame | None:
    """Count the training and holdout rows of each class; None of a number."""
    if pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target):
        return None
    return pd.crosstab(target, kept).reindex(columns=[False, True], fill_value=0)


def _rare_classes(counted: list[pd.DataFrame | None]) -> dict[str, tuple[int, int]]:
    """Return the training and holdout rows of each class that has too few of either; none of a number."""
    known = [each for each in counted if each is not None]
    if not known:
        return {}
    counts = pd.concat(known).groupby(level=0).sum()
    few = counts[(counts < FEWEST).any(axis=1)]
    return {str(name): (int(row[False]), int(row[True])) for name, row in few.iterrows()}
