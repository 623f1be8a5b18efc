"""What a system that keeps versions of rows is asked: which delivery there is now, and for the rows of one."""

import re
from typing import Protocol, runtime_checkable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from champion.core.errors import PipelineError, to_install
from champion.core.params import Ingest

HERE = "SOURCE in pipelines/problem/source.py"
KEPT = "What was taken from it is in DVC: `dvc checkout ingest`, or `dvc pull ingest`, brings it back."
DENIED = re.compile(
    r"forbidden|accessdenied|access denied|invalidaccesskeyid|signature|authentication failed|(?<![\w.])40[13](?!\w|\.\d)",
    re.IGNORECASE,
)


class OutOfReach(PipelineError):
    """The system does not answer: nothing is known of newer deliveries."""


class Source(Protocol):
    """A system that keeps versions of rows."""

    @property
    def name(self) -> str:
        """What messages call it, such as `Delta orders`."""

    def state(self, params: Ingest) -> str:
        """Return which delivery there is now: the same text as long as its rows are the same.

        Its first line goes into the lineage, as `Delta orders@412`.

        Raises:
            OutOfReach: if the system does not answer.
            PipelineError: if it has no such rows.
        """

    def read(self, state: str) -> pd.DataFrame:
        """Return the rows of the delivery that `state` names, as text under upstream names, in an order of their own.

        Raises:
            OutOfReach: if the system does not answer.
            PipelineError: if it does not have them any more.
        """


@runtime_checkable
class Releases(Protocol):
    """A system in which a promotion can let others have the rows that the champion was trained on."""

    def released(self, state: str) -> str:
        """Let them have the delivery that `state` names; return what was done, nothing if that was not asked for.

        Raises:
            PipelineError: if it cannot be done.
        """


def as_text(rows: pa.Table, name: str) -> pd.DataFrame:
    """Return rows as text, sorted by all their columns, since systems give them in any order; nothing is an empty text.

    Raises:
        PipelineError: if a column holds lists or records.
    """
    columns = {str(field.name): _text(rows[index], field, name) for index, field in enumerate(rows.schema)}
    table = pa.table(columns).sort_by([(column, "ascending") for column in columns])
    return table.to_pandas(types_mapper={pa.large_string(): pd.StringDtype(na_value=float("nan"))}.get)


def _text(values: pa.ChunkedArray, field: pa.Field, name: str) -> pa.ChunkedArray:
    if pa.types.is_floating(field.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, field.type), values)  # as pandas writes nothing
    try:
        return pc.fill_null(values.cast(pa.large_string()), "")
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise PipelineError(
            f"{name}: the column {field.name} is of type {field.type}; numbers, texts, times, days or truth values are "
            "expected. Take it out where the rows are made, or read one that holds its parts."
        ) from None


def unanswered(name: str, error: Exception, *, heard: bool = False) -> PipelineError:
    """Return what to raise when a system did not hand out what it was asked for: it refused, or it is out of reach.

    `heard`: it did answer, so that nobody may take the delivery of before for the newest.
    """
    said = " ".join(part for part in str(error).split() if "\x1b" not in part)  # without colours and line breaks
    status = re.search(r"status code (\d{3} [A-Z][a-z]+(?: [A-Z][a-z]+)?)", said)
    said = status[1] if status else said[:300].rstrip(".")
    if DENIED.search(re.sub(r"\S+://\S+", "", said)):  # an address, or how long it took, can have the same digits
        return PipelineError(
            f"{name} may not be read with these credentials: {said}. Set those that its address needs."
        )
    if said.startswith("404"):
        return PipelineError(f"{name} does not exist: {said}. Correct {HERE}, or make it there.")
    if heard:
        return PipelineError(f"{name} cannot be read: {said}. Repair it, or correct {HERE}.")
    return OutOfReach(f"{name} does not answer: {said}. Is the address right, and the system up?")


def missing(package: str, extra: str) -> PipelineError:
    """Return what to raise when the package of a system is not installed."""
    return PipelineError(f"{HERE} needs the package {package}: {to_install(extra)}.")
