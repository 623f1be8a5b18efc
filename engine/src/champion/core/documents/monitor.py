"""What `monitor` answers, as `--json` prints it."""

from typing import ClassVar, Literal

from champion.core.documents.document import Document, Record, Window

Cause = Literal["unusable", "decay", "drift", "alias", "ledger"]


class Decay(Record):
    """Whether a champion still does in use what it did when it was promoted."""

    then: float
    """Loss on its holdout, at promotion."""
    now: float
    """Loss on the newest 14 days, or of rows without time on all since."""
    low: float
    """Lower bound of that, at `evaluate.confidence`."""
    high: float
    """Upper bound of that."""
    decayed: bool
    """Whether it does worse by more than `evaluate.max_decay` than its past, the season and the naive model explain."""
    since: str | None = None
    """Day from which it has; null if it does not, or rows have no time."""


class Challenger(Record):
    """How a candidate on record does beside the champion, on rows that neither was fitted to."""

    name: str
    """Its name: a version, or a run."""
    rows: int
    """Rows since both were fitted."""
    days: int
    """Days of them."""
    window: Window | None
    """First and last time among them."""
    loss: float
    """Its loss."""
    champion_loss: float
    """The champion's."""
    gain_low: float | None = None
    """Lower bound of the share of the champion's loss that it saves on the average day, whenever one looks, at
    `evaluate.confidence`; null if the days are too few."""
    gain_high: float | None = None
    """Upper bound of that."""


class Logged(Record):
    """What a version predicted by `pipeline predict --log`, and how that did."""

    version: str
    """Its name."""
    predictions: int
    """Rows that it was the first to predict."""
    rows: int = 0
    """Those whose target is known by now."""
    window: Window | None = None
    """First and last time among them."""
    loss: float | None = None
    """Their loss; null if no target is known, or it cannot be told."""
    obstacle: str = ""
    """Why it cannot be told; empty if it can."""


class Monitor(Document):
    """How the champion does on the rows since its promotion."""

    WHERE: ClassVar[str] = "pipeline monitor --json"

    champion: str
    """Its name."""
    metric: str
    """What is compared, smaller is better: the metric that decides, or of a score what is missing to 1."""
    rows: int | None = None
    """Rows since its promotion; null if it cannot be used."""
    window: Window | None = None
    """First and last time among them; null where rows have no time."""
    stale: list[str] = []
    """Stages that are out of date, so that the table is older than `ingest.as_of`, the delivery or the code say."""
    features_note: str = ""
    """How the champion got its features, or which rows were corrected, where they are not what it learned."""
    unknown_classes: dict[str, int] = {}
    """Rows of each class that the champion never saw: they count as wrong."""
    loss: Decay | None = None
    """Its loss then and now; null if the rows are too few to tell."""
    drift: dict[str, float] = {}
    """Population stability index of each feature in the newest `validate.drift_days` days, against its training rows of the same
    season."""
    drifted: list[str] = []
    """Features above `evaluate.max_drift`, and above what such weeks had in the years before."""
    effects: dict[str, float] = {}
    """Of those, how far the mean prediction moved because of it, as a share of the predictions' standard deviation."""
    challenger: Challenger | None = None
    """A candidate in shadow, if one was asked for."""
    logged: list[Logged] = []
    """What each version predicted, if it was logged."""
    attention: dict[Cause, str] = {}
    """What needs attention, by cause; empty if nothing does."""
