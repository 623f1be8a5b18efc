"""Show a champion the rows as its own code makes them, where today's features are not what it learned."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from champion.core import tables
from champion.core.documents.model import ModelCard
from champion.core.errors import ChampionUnusable, PipelineError
from champion.core.problem import Problem
from champion.lineage import git, identity, project_copy
from champion.metrics import comparable

# Run in the copy, by the copy's own code: key, target and features of each row of a table.
ROWS = """
import sys
from pathlib import Path
from champion.core import problem, tables
from champion.features import rows
table = tables.read(Path(sys.argv[1]))
try:
    made = rows.rows_of(problem.load(), table)
except KeyError as error:
    sys.exit(f"its features() needs the column {error.args[0]}, which the table does not have")
except Exception as error:
    sys.exit(f"its features() fails: {error!r}")
tables.write(made, Path(sys.argv[2]))
"""
# The same in a copy of before 1.0, when the engine was part of pipelines/.
OLD_ROWS = """
import sys
from pathlib import Path
from pipelines.problem.features import features
from pipelines.problem.names import GROUP, KEY, TARGET, TIME
from pipelines.record import tables
table = tables.read(Path(sys.argv[1]))
try:
    made = features(table)
except KeyError as error:
    sys.exit(f"its features() needs the column {error.args[0]}, which the table does not have")
except Exception as error:
    sys.exit(f"its features() fails: {error!r}")
known = {name: table[name] for name in [*KEY, TIME, GROUP, TARGET] if name}
tables.write(made.set_axis(table.index).assign(**known), Path(sys.argv[2]))
"""


@dataclass(frozen=True)
class Shown:
    """Rows with features as a champion knows them."""

    rows: pd.DataFrame
    note: str = ""  # what is to be told of them; empty if they are today's


def shown_to(
    problem: Problem, folder: Path, card: ModelCard, rows: pd.DataFrame, past: pd.DataFrame, table: Path
) -> Shown:
    """Return `rows` with the features that the model in `folder` learned.

    These are today's, as far as the rows of `past` that it remembers show. Else its own code, which lies beside it, makes
    them: of today's table, or if that is not what it was made for, of the table that its own ingest makes of today's
    delivery. What differs after that is no other meaning: the rows themselves were corrected.

    Raises:
        ChampionUnusable: if they cannot be had.
    """
    today = pd.concat([past, rows])
    obstacle = comparable.lacking(card, today, problem.key) or comparable.unlike(card, today, problem.key)
    if not obstacle:
        return Shown(rows)
    packed = folder / identity.PACKED
    try:
        if not packed.exists():
            raise ChampionUnusable("it is not on record")
        with project_copy.unpacked(packed.read_bytes()) as (copy, code):
            if code == git.tree(identity.CODE) and not comparable.lacking(card, today, problem.key):
                return Shown(rows, _corrected(problem, card, today))
            own = _own(problem, copy, card, table)
        taken = _taken(problem, card, own, rows)
    except PipelineError as error:
        raise ChampionUnusable(
            f"{obstacle}. Its own code does not make its features of today's data: {error}"
        ) from None
    corrected = _corrected(problem, card, own)
    if corrected and not comparable.lacking(card, today, problem.key) and corrected == _corrected(problem, card, today):
        return Shown(taken, corrected)  # both codes say the same of the rows of today
    return Shown(taken, f"{obstacle}: its own code made its features{f'; {corrected}' if corrected else ''}")


def _own(problem: Problem, copy: project_copy.ProjectCopy, card: ModelCard, table: Path) -> pd.DataFrame:
    """Return the features that the copy's code makes of today's table, or of its own; and the keys of the rows.

    Raises:
        PipelineError: if it makes neither.
    """
    try:
        own = rows_of(copy, table)
        if not (comparable.lacking(card, own, problem.key) or comparable.unlike(card, own, problem.key)):
            return own
        why = ""
    except PipelineError as error:
        why = f"{error}; "
    try:
        own = rows_of_delivery(copy)
    except PipelineError as error:
        raise ChampionUnusable(f"{why}{error}") from None
    if lacking := comparable.lacking(card, own, problem.key):
        raise ChampionUnusable(f"{why}{lacking}")
    return own


def rows_of_delivery(copy: project_copy.ProjectCopy) -> pd.DataFrame:
    """Return key, target and features of each row of today's delivery, as the copy's code takes it in and makes them.

    Raises:
        PipelineError: if it does not.
    """
    return rows_of(copy, copy.ingest(Path(identity.SOURCE)))


def rows_of(copy: project_copy.ProjectCopy, table: Path) -> pd.DataFrame:
    """Return key, target and features of each row of a table, as the copy's code makes them.

    Raises:
        PipelineError: if it does not.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "features.parquet"
        copy.python("-c", ROWS if copy.is_of_today else OLD_ROWS, str(table.resolve()), str(made))
        return tables.read(made)


def _taken(problem: Problem, card: ModelCard, own: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `rows` with the features of `own` in place of today's."""
    known = rows[list(dict.fromkeys([*problem.row, problem.target]))]
    taken = known.merge(
        own[[*problem.key, *card.columns]], on=problem.key, how="left", validate="one_to_one", indicator="there"
    )
    gone = taken["there"] != "both"
    if gone.any():
        first = ", ".join(str(taken[gone].iloc[0][name]) for name in problem.key)
        raise ChampionUnusable(f"{gone.sum():,} of {len(rows):,} rows are not in its own table, the first is {first}")
    return taken.drop(columns="there").astype(dict(card.features)).set_axis(rows.index)


def _corrected(problem: Problem, card: ModelCard, rows: pd.DataFrame) -> str:
    different = comparable.difference(card, rows, problem.key)
    return different.as_correction if different else ""
