"""What is known of the data: counts of a delivery, the report of its contract, how rows were divided."""

from typing import ClassVar

from champion.core.documents.document import Document, Record, Window


class Counts(Document):
    """What ingest made of a delivery: source = table + merged + quarantined + unlabelled."""

    WHERE: ClassVar[str] = "counts.json of ingest"

    source: int
    """Rows of the delivery, up to `ingest.as_of`."""
    table: int
    """Rows of the canonical table, one per key."""
    merged: int
    """Rows that became one with others of the same key."""
    merged_exact_repeats: int
    """Of those, rows equal to another one in every column."""
    quarantined: int
    """Rows that cannot be true, kept in quarantine.parquet with their reasons."""
    unlabelled: int = 0
    """Rows without a target, kept in unlabelled.parquet: the future, delivered beside the past."""
    with_offset: int = 0
    """Rows whose time carried a UTC offset and was turned into UTC."""
    after_as_of: int
    """Rows of the delivery after `ingest.as_of`, left out."""
    window: Window | None
    """First and last time in the table; null where rows have no time."""
    days_behind: int
    """Days between the last row and `ingest.as_of`; 0 where rows have no time."""
    reasons: dict[str, int]
    """Quarantined rows by reason, the most frequent first; a reason is shown by an example."""
    ignored_columns: list[str]
    """Columns of the delivery that nobody asked for."""


class Check(Record):
    """One expectation of the contract and what was found."""

    view: str
    """The table it was asked of: `table`, `delivery`, `drift`, or one of the contract's own."""
    column: str
    """The column it was asked of; empty if it is about the whole table."""
    expectation: str
    """Its name in Great Expectations."""
    severity: str
    """`critical` stops the pipeline, `warning` and `info` are reported."""
    success: bool
    """Whether it was met."""
    observed: str
    """What was found, in words."""
    expected: str
    """What was expected, in words."""
    examples: list[dict[str, str]]
    """The first rows that did not meet it, by column; empty if it was met."""

    @property
    def where(self) -> str:
        """Return the view, with the column if it is about one."""
        return f"{self.view}.{self.column}" if self.column else self.view


class ValidationReport(Document):
    """Whether a table meets its contract."""

    WHERE: ClassVar[str] = "report.json of validate"

    success: bool
    """Whether every critical expectation was met."""
    table_sha256: str
    """Digest of the very table that was checked."""
    counts: Counts
    """What ingest made of the delivery."""
    checks: list[Check]
    """Every expectation and what was found."""
    drift: dict[str, float]
    """Population stability index of each column, newest period against the same season before."""

    @property
    def failed(self) -> list[Check]:
        """Return the expectations that were not met."""
        return [check for check in self.checks if not check.success]

    def holds_for(self, table_sha256: str) -> bool:
        """Tell whether the contract holds for the table with this digest."""
        return self.success and self.table_sha256 == table_sha256


class Split(Document):
    """How rows were divided: by time, or by a stable hash of the key."""

    WHERE: ClassVar[str] = "split.json of features"

    start: str | None = None
    """ISO time of the first holdout row: training ends before it; null if rows are divided by key."""
    share: float | None = None
    """Share of the keys held out; null if rows are divided by time."""
    rare_classes: dict[str, tuple[int, int]] = {}
    """Classes too few to be judged: their training and their holdout rows, by class."""
    holdout_sha256: str = ""
    """Digest of the keys and targets held out, whatever the features: equal holdouts have equal digests."""


class Stopped(Document):
    """The stage that failed last."""

    WHERE: ClassVar[str] = "reports/stopped.json"

    stage: str
    """Name of the stage."""
    message: str
    """What it said."""
    contract_broken: bool
    """Whether the data contract stopped it; that has a report of its own."""
