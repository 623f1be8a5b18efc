"""Counterfactual retraining: the code of one candidate on the data of another, with the config of a third."""

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pandas as pd

from champion.core import flow, tables
from champion.core.documents.model import ModelCard
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.lineage import identity, own_features
from champion.lineage.project_copy import ProjectCopy, copy_of
from champion.lineage.subprocess_predict import Predictor
from champion.registry.recorded import RecordedCandidate

PARTS = ("code", "data", "config", "environment")
NOT_READ = "the older code cannot read the table of {}; it took in that delivery by itself"


@dataclass(frozen=True)
class Retrained:
    """A model made of parts of two candidates. `rows` has key and target of every comparable row, `predicted` its predictions."""

    card: ModelCard
    rows: pd.DataFrame
    predicted: np.ndarray


def differing(old: RecordedCandidate, new: RecordedCandidate) -> list[str]:
    """Return the parts in which two candidates differ."""
    return [part for part in PARTS if getattr(old.identity, part) != getattr(new.identity, part)]


class Retrainer:
    """Retrains mixtures of two candidates, each in a copy of its own. DVC's cache keeps what was trained once."""

    def __init__(
        self,
        problem: Problem,
        old: RecordedCandidate,
        new: RecordedCandidate,
        latest: RecordedCandidate,
        columns: list[str],
        copies: ExitStack,
    ) -> None:
        self.problem = problem
        self.old, self.new, self.latest, self.columns, self.copies = old, new, latest, columns, copies
        self.here = identity.environment()
        self.equipped: dict[str, ProjectCopy] = {}  # by environment, so that each is built once
        self.tables: dict[str, pd.DataFrame] = {}  # by data
        self.notes: list[str] = []  # what is not as it was recorded

    def build(self, taken: frozenset[str]) -> Retrained:
        """Train with these parts of the new candidate and the others of the old one, and let it predict."""
        code, data, config, environment = (self.new if part in taken else self.old for part in PARTS)
        with ExitStack() as done:
            copy = done.enter_context(copy_of(code))
            retrained = self._build(copy, data, config, environment)
            if copy in self.equipped.values():  # others use its environment
                self.copies.push(done.pop_all())
        return retrained

    def _build(
        self, copy: ProjectCopy, data: RecordedCandidate, config: RecordedCandidate, environment: RecordedCandidate
    ) -> Retrained:
        copy.configure(config)
        self._equip(copy, environment)
        self._fill(copy, data)
        cached = environment.identity.environment == self.here  # DVC does not know of Python: another's is not restored
        copy.repro("features", "train", cached=cached)
        if self.latest.identity.data != data.identity.data:  # then the rows to compare on need features too
            rows = self._latest_rows(copy, cached=cached)
        else:
            rows = _rows(copy)
        asked = copy.folder / "rows.parquet"
        tables.write(rows, asked)
        model, card = copy.path("train", "model"), copy.path("train", "card")
        predicted = Predictor(copy.programs).predict(model, card, asked)
        return Retrained(ModelCard.read(card), rows[rows.columns.intersection(self.columns)], predicted)

    def _latest_rows(self, copy: ProjectCopy, *, cached: bool) -> pd.DataFrame:
        """Return the newest rows with the features of the copy's code: of the newest table, or if it cannot read that, of its own."""
        self._fill(copy, self.latest)
        try:
            copy.repro("features", "features", cached=cached)
            return _rows(copy)
        except PipelineError as error:
            if identity.delivery() != self.latest.provenance.data.source_digest:
                raise
            own, table = own_features.rows_of_delivery(copy), self.tables[self.latest.identity.data]
            if (
                not own[self.problem.key]
                .sort_values(self.problem.key, ignore_index=True)
                .equals(table[self.problem.key].sort_values(self.problem.key, ignore_index=True))
            ):
                raise PipelineError(f"{error}\n  Its own ingest makes other rows of the newest delivery.") from None
        if (note := NOT_READ.format(self.latest.name)) not in self.notes:
            self.notes.append(note)
        return own

    def _fill(self, copy: ProjectCopy, candidate: RecordedCandidate) -> None:
        copy.fill(candidate)
        self.tables[candidate.identity.data] = tables.read(copy.path("ingest", "ingested") / "table.parquet")

    def _equip(self, copy: ProjectCopy, environment: RecordedCandidate) -> None:
        digest = environment.identity.environment
        known = self.equipped.get(digest)
        if known is not None:
            copy.programs = known.programs
        elif digest != self.here:
            self.equipped[digest] = copy
        if note := copy.equip(environment, build=digest != self.here and known is None):
            self.notes.append(note)


def _rows(copy: ProjectCopy) -> pd.DataFrame:
    """Return the rows of the copy's table with its features: all of them, also where a stage after features leaves some out."""
    divider = flow.giver("Divided", "train", copy.folder)
    if divider and divider.name != "features":
        return own_features.rows_of(copy, copy.path("ingest", "ingested") / "table.parquet")
    return pd.concat([tables.read(copy.path("features", part)) for part in ("training", "holdout")], ignore_index=True)
