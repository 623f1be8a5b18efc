"""Train what was never trained: the code of one candidate on the data of another, with the config of a third."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.record import answers, files, lineage, tables
from pipelines.record.origins import Origin
from pipelines.record.replica import Replica, replica

PARTS = ("code", "data", "config", "environment")


@dataclass(frozen=True)
class Mixture:
    """A trained mixture. `rows` has key and target of every row of the exam, `predicted` what it says of them."""

    card: dict[str, Any]
    rows: pd.DataFrame
    predicted: np.ndarray


def differing(old: Origin, new: Origin) -> list[str]:
    """Return the parts in which two candidates differ."""
    return [part for part in PARTS if getattr(old.inputs, part) != getattr(new.inputs, part)]


class Workshop:
    """Trains mixtures of two candidates, each in a copy of its own. DVC's cache keeps what was trained once."""

    def __init__(self, old: Origin, new: Origin, exam: Origin, columns: list[str], copies: ExitStack) -> None:
        self.old, self.new, self.exam, self.columns, self.copies = old, new, exam, columns, copies
        self.here = lineage.environment()
        self.equipped: dict[str, Replica] = {}  # by environment, so that each is built once
        self.tables: dict[str, pd.DataFrame] = {}  # by data
        self.notes: list[str] = []  # what is not as it was recorded

    def build(self, taken: frozenset[str]) -> Mixture:
        """Train with these parts of the new candidate and the others of the old one, and let it predict."""
        code, data, config, environment = (self.new if part in taken else self.old for part in PARTS)
        with ExitStack() as done:
            copy = done.enter_context(replica(code))
            found = self._build(copy, data, config, environment)
            if copy in self.equipped.values():  # others use its environment
                self.copies.push(done.pop_all())
        return found

    def _build(self, copy: Replica, data: Origin, config: Origin, environment: Origin) -> Mixture:
        copy.configure(config)
        self._equip(copy, environment)
        self._fill(copy, data)
        cached = environment.inputs.environment == self.here  # DVC does not know of Python: another's is not restored
        copy.repro("features", "train", cached=cached)
        if self.exam.inputs.data != data.inputs.data:  # then the exam's rows need features too
            self._fill(copy, self.exam)
            copy.repro("features", cached=cached)
        parts = [tables.read(copy.path("features", f"{part}.parquet")) for part in ("history", "holdout")]
        rows, asked = pd.concat(parts, ignore_index=True), copy.folder / "rows.parquet"
        tables.write(rows, asked)
        model, card = copy.path("train", "model.skops"), copy.path("train", "card.json")
        predicted = answers.Oracle(copy.programs).ask(model, card, asked)
        return Mixture(files.read_json(card), rows[rows.columns.intersection(self.columns)], predicted)

    def _fill(self, copy: Replica, origin: Origin) -> None:
        copy.fill(origin)
        self.tables[origin.inputs.data] = tables.read(copy.path("ingest", "1-ingest") / "table.parquet")

    def _equip(self, copy: Replica, environment: Origin) -> None:
        digest = environment.inputs.environment
        known = self.equipped.get(digest)
        if known is not None:
            copy.programs = known.programs
        elif digest != self.here:
            self.equipped[digest] = copy
        if note := copy.equip(environment, build=digest != self.here and known is None):
            self.notes.append(note)
