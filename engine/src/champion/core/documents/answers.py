"""What `why` and `lineage` answer, as `--json` prints them and reports/ keeps them."""

from typing import ClassVar, Literal

from champion.core.documents.document import Document, Record, Window
from champion.core.documents.evaluation import Slice
from champion.core.documents.provenance import Changed, Provenance
from champion.core.documents.registry import Move

RunState = Literal["active", "deleted", "gone"]


class Share(Record):
    """What one part, or two together, added to the loss."""

    parts: list[str]
    """The parts: code, data, config, environment, or several that cannot be told apart."""
    effect: float
    """What they added, in the metric's unit; negative if they saved some."""
    margin: float
    """The effect is known to this much on either side, at `evaluate.confidence`."""
    where: str = ""
    """The slice that felt it most; empty if all felt it alike."""


class Compared(Record):
    """One of the two that are compared."""

    name: str
    """As people call it: a version, or a run."""
    run_url: str
    """Where a person sees its run."""
    rebuilt_exactly: bool
    """Whether training it again gave the very bytes on record."""
    made_from: Provenance
    """What it was made of, with the numbers that its parts have now."""


class ComparisonHoldout(Record):
    """The rows on which both are compared, none of which either was trained on."""

    of: str
    """Whose table they were taken from."""
    rows: int
    """Their number."""
    window: Window | None
    """First and last time among them; null where rows have no time."""
    data: str
    """Number of that data version."""


class CodeChange(Record):
    """What changed in the code."""

    commits: list[str]
    """Commits that only one of the two has: `<` the old one's, `>` the new one's."""
    files: list[str]
    """Files that differ, with git's letter for how."""
    uncommitted: tuple[list[str], list[str]]
    """Files of the old and of the new one that were not committed."""


class ColumnChange(Record):
    """What changed in a column of the canonical table."""

    type: tuple[str, str]
    """Its pandas type before and after."""
    missing: tuple[float, float]
    """Share of missing values before and after."""
    corrected: int
    """Rows of both tables whose value differs."""
    shift: float
    """Population stability index of the new values against the old ones."""


class DataChange(Record):
    """What changed in the canonical table."""

    rows: tuple[int, int]
    """Rows before and after."""
    added: int
    """Rows whose key is new."""
    removed: int
    """Rows whose key is gone."""
    corrected: int
    """Rows of both in which some value differs."""
    window: tuple[Window | None, Window | None]
    """First and last time before and after."""
    added_window: Window | None
    """First and last time among the rows added."""
    removed_window: Window | None
    """First and last time among the rows removed."""
    corrected_window: Window | None
    """First and last time among the rows corrected."""
    columns_added: list[str]
    """Columns that are new."""
    columns_removed: list[str]
    """Columns that are gone."""
    columns: dict[str, ColumnChange]
    """What changed in each column of both."""


class EnvironmentChange(Record):
    """What changed in the environment."""

    packages: Changed
    """Packages whose pinned version differs."""
    python: tuple[str, str]
    """Python before and after."""


class Changes(Record):
    """What changed, by part; null where nothing did."""

    code: CodeChange | None = None
    """The code."""
    data: DataChange | None = None
    """The data."""
    config: Changed | None = None
    """The config: params that differ."""
    environment: EnvironmentChange | None = None
    """The environment."""

    @property
    def parts(self) -> list[str]:
        """Return the parts that changed."""
        return [part for part in ("code", "data", "config", "environment") if getattr(self, part) is not None]


class Why(Document):
    """Why a model differs from another one, measured."""

    WHERE: ClassVar[str] = "reports/why-OLD-NEW.json, and at the newer one's run"

    question: str = ""
    """Digest of all that the answer depends on."""
    sentence: str = ""
    """The answer in one sentence."""
    old: Compared
    """The older one."""
    new: Compared
    """The newer one."""
    metric: str
    """What is explained, smaller is better: the metric, or of a score what is missing to 1."""
    holdout: ComparisonHoldout
    """The rows on which both are compared."""
    loss: tuple[float, float]
    """Loss of the old and of the new one on those rows, in the metric's unit."""
    whole: Share
    """The whole difference."""
    shares: list[Share]
    """What each part did (Shapley values), the largest first; they add up to the whole."""
    interactions: list[Share]
    """What two parts did only together, if that is large; it is in their shares."""
    inseparable: str
    """Why some parts cannot be told apart; empty if all can."""
    notes: list[str]
    """What was not as it was recorded."""
    same_delivery: bool
    """Whether another table was made from the same delivery."""
    changed: Changes
    """What changed."""
    slices: list[Slice]
    """The comparison on each slice; the old one stands where a champion does."""


class Lineage(Provenance):
    """What a version or a run was made of, and how to get each part back."""

    WHERE: ClassVar[str] = "pipeline lineage --json"

    model: str
    """Its name: a version, or a run that was not promoted."""
    promoted: bool
    """Whether it is a version of the registry."""
    sentence: str
    """What it was made of, in one sentence."""
    moves: list[Move]
    """Changes of the champion that it took part in."""
    get_back: dict[str, str]
    """By part, the command that brings it back."""
    run_url: str
    """Where a person sees its run."""
    run_state: RunState = "active"
    """`deleted`: MLflow can restore it; `gone`: it was deleted for good, and this is what its version kept."""
