"""What `pipeline replay` keeps of each step, and what it answers."""

from typing import ClassVar

from champion.core.documents.document import Document, Record, Window


class ReplayStep(Document):
    """A day on which the pipeline was run anew, and what came of it before anybody was compared."""

    WHERE: ClassVar[str] = "step.json of each step, in .replay"
    REMEDY: ClassVar[str] = "Delete .replay and run `pipeline replay` again."

    as_of: str
    """ISO day up to which data was taken."""
    stopped: str = ""
    """What the stage that stopped said; empty if there is a candidate."""
    rows: int = 0
    """Training rows."""
    shipped_sha256: str = ""
    """Digest of the model that would serve."""
    model_mb: float = 0.0
    """Its size."""
    rows_per_second: float = 0.0
    """How many rows it serves."""
    unlike: str = ""
    """Where it is not what was judged; empty if it is."""


class Decided(Record):
    """What a policy decided at a step."""

    as_of: str
    """ISO day of the step."""
    faced: str
    """ReplayStep of the champion that was faced; empty if there was none."""
    outcome: str
    """What came of it, as people are told."""
    gain: float | None
    """Share of the champion's loss that the candidate saves; null if they were not compared."""
    gain_low: float | None
    """Its lower bound."""
    reasons: list[str]
    """Every reason in words."""


class Lived(Record):
    """What came of a policy."""

    name: str
    """What the policy is called."""
    live: float
    """Loss in use over all rows that came after the first champion."""
    by_month: dict[str, float]
    """The same for each month's rows."""
    promotions: int
    """How often the champion was replaced."""
    alarms: int
    """How often the monitor would have told of decay."""
    decided: list[Decided]
    """What was decided at each step."""


class Replay(Document):
    """Policies of promotion, side by side over the same past."""

    WHERE: ClassVar[str] = "reports/replay.json"
    REMEDY: ClassVar[str] = "Run `pipeline replay` again."

    metric: str
    """The loss."""
    every: int
    """Days between two steps."""
    window: Window
    """First and last day of the steps."""
    live_window: Window
    """First and last time among the rows in use."""
    rows: int
    """Rows in use, on which every policy is compared."""
    stopped: dict[str, str]
    """Steps at which the pipeline stopped, and why: there was no candidate."""
    policies: list[Lived]
    """What came of each policy; the first is that of params.yaml."""
