"""What an evaluation found and what came of it."""

from typing import ClassVar, Literal

from champion.core.documents.document import Document, Record, Window

Choice = Literal["promote", "reject", "hold"]
Rule = Literal[
    "unknown", "rows", "finite", "floor", "limit", "size", "speed", "contract", "leak", "rolled_back", "champion", "same_model",
    "improvement", "worse", "too_good", "slice", "own", "shipped", "shadow", "first", "replace", "proven", "refit",
]  # fmt: skip
Outcome = Literal[
    "promote", "kept: same model", "kept: not proven better", "refused: worse", "refused: a rule", "cannot be judged"
]
Effect = Literal["reject", "hold", "praise"]
Action = Literal["promoted", "rejected", "on hold", "experiment", "uncommitted", "kept: a hook"]
Metrics = dict[str, dict[str, float]]  # by model (candidate, champion, naive) and name, in the unit of each metric


class Reason(Record):
    """One reason of a verdict."""

    rule: Rule
    """Which rule of the gate speaks."""
    effect: Effect
    """What it asks for; `praise` explains a promotion."""
    text: str
    """The reason in words, with the value found and the limit."""


class Slice(Record):
    """The comparison on one part of the holdout."""

    name: str
    """How it was sliced, and which part it is."""
    rows: int
    """Rows in it."""
    candidate: float
    """Loss of the candidate, in the metric's unit; of a score, what is missing to 1."""
    champion: float
    """Loss of the champion."""
    gain: float
    """Share of the champion's loss that the candidate saves; negative if it adds some."""
    judged: bool
    """Whether it is large enough to be judged."""
    broken: bool
    """Whether the candidate is surely worse by more than `evaluate.max_slice_regression`."""


class HoldoutRows(Record):
    """The holdout rows that were judged."""

    rows: int
    """Their number."""
    blocks: int
    """Blocks that are resampled as one: days, or groups of keys."""
    window: Window | None
    """First and last time among them; null where rows have no time."""


class ChampionRef(Record):
    """Whom a candidate is compared with."""

    name: str
    """As people call it: `v7`, or a commit where no registry remembers one."""
    version: str | None = None
    """Its number in the registry; null if it was rebuilt from a commit."""
    candidate: str = ""
    """Digest of its inputs; empty if it was deleted or rebuilt from a commit."""
    model_sha256: str = ""
    """Digest of its model file; empty as above."""
    made_from: str = ""
    """What it was made of, in words; empty if it was deleted."""


class Anew(Record):
    """Somebody's word that a registry has no champion on purpose."""

    name: str
    """The registered model."""
    registry: str
    """Address of the registry, without credentials."""
    who: str
    """Who said so, as git knows them."""
    when: str
    """ISO day."""


class ChampionIdentity(Document):
    """Whom the candidate has to beat: a champion, or nobody (asked and answered), or it cannot be told."""

    WHERE: ClassVar[str] = "identity.json of baseline"

    champion: ChampionRef | None = None
    """The champion; null if there is none, or it cannot be told."""
    unknown: str = ""
    """Why it cannot be told who is champion; empty if it can."""
    anew: Anew | None = None
    """Who begins anew, if there was a champion before; null else."""
    obstacle: str = ""
    """Why it cannot be used; empty if it can."""
    rolled_back: str = ""
    """When and why this candidate was rolled back before; empty if it was not."""
    former: str = ""
    """Number of the version that this candidate was before, as with a change that is reverted; empty if it is new."""
    tries: int = 0
    """Other models judged on this holdout before."""
    changes: list[str] = []
    """Modules and params by which the candidate's recipe differs from the champion's."""
    shadow_from: str = ""
    """ISO day up to which data was taken when this recipe was first recorded; empty if it is the champion's, or rows have no time."""
    params: dict[str, str] = {}
    """The champion's params, as MLflow has them."""
    metrics: Metrics = {}
    """What was measured when a champion that no registry remembers was rebuilt; else it is at its run."""
    holdout: HoldoutRows | None = None
    """On which rows that was measured."""


class Verdict(Record):
    """The gate's decision, and all that led to it."""

    decision: Choice
    """`hold` means that it cannot be judged."""
    reasons: list[Reason]
    """Every reason that speaks against a promotion; without one, why it is promoted."""
    gain: float | None = None
    """Share of the champion's loss that the candidate saves; null if they were not compared."""
    gain_low: float | None = None
    """Its one-sided lower bound at `evaluate.confidence`, corrected for the tries."""
    gain_high: float | None = None
    """Its one-sided upper bound at `evaluate.confidence`: below -`evaluate.margin` it is shown to be worse."""
    noise_floor: float | None = None
    """Gains smaller than this cannot be seen on this holdout."""
    asked: str = ""
    """Which question the comparison answers, and why that one; empty if they were not compared."""
    slices: list[Slice] = []
    """The comparison on each part of the holdout; empty if they were not compared."""

    @property
    def outcome(self) -> Outcome:
        """Return what comes of it, as people are told."""
        if self.decision == "promote":
            return "promote"
        if any(reason.effect == "hold" for reason in self.reasons):
            return "cannot be judged"
        rules = {reason.rule for reason in self.reasons}
        if rules == {"same_model"}:
            return "kept: same model"
        if rules <= {"improvement", "shadow"}:
            return "kept: not proven better"
        return "refused: worse" if rules & {"worse", "slice"} else "refused: a rule"

    @property
    def texts(self) -> list[str]:
        """Return the reasons in words."""
        return [reason.text for reason in self.reasons]

    @property
    def is_unknown(self) -> bool:
        """Tell whether it could not be told who is champion: then no registry is touched."""
        return any(reason.rule == "unknown" for reason in self.reasons)

    @property
    def is_champion(self) -> bool:
        """Tell whether the candidate is the champion: nothing to promote, and nothing to refuse."""
        return self.outcome == "kept: same model"


class Evaluation(Document, Verdict):
    """What evaluate found."""

    WHERE: ClassVar[str] = "evaluation.json of evaluate"

    model_sha256: str
    """Digest of the model that was judged."""
    shipped_sha256: str = ""
    """Digest of the model that serves if it is promoted: its refit's, or where there is none its own."""
    metric: str
    """The metric that decides."""
    metrics: Metrics
    """Every metric of each model, on the rows that were judged."""
    importance: dict[str, tuple[float, float]] = {}
    """How much the candidate's loss rises when a feature's values are shuffled, and the standard deviation of that."""
    holdout: HoldoutRows
    """The rows that were judged."""
    champion: ChampionRef | None
    """Whom it was compared with; null if there is no champion."""
    faced_refit: bool = False
    """Whether the champion's refit was faced: it is, unless it knows rows that the candidate was kept from."""
    tries: int
    """Other models judged on this holdout before."""
    features_note: str = ""
    """How the champion got its features, or which rows were corrected, where they are not what it learned."""
    unknown_classes: dict[str, int] = {}
    """Judged rows of each class that the candidate never saw: they count as wrong."""
    drift: dict[str, float]
    """Population stability index of each feature against the champion's training rows of the same season."""
    drifted: list[str]
    """Features above `evaluate.max_drift`, and above what such weeks had in the years before."""


class Decision(Document):
    """What became of a verdict."""

    WHERE: ClassVar[str] = "decision.json of promote"

    action: Action
    """`experiment`, `uncommitted` and `kept: a hook` passed the gate and were not promoted."""
    promoted: str | None
    """Number of the version that was made champion; null if none was."""
    summary: str
    """What happened, in words."""
    decision: Choice
    """The verdict."""
    reasons: list[Reason]
    """Its reasons."""
    candidate: str
    """Digest of the candidate's inputs."""
    made_from: str
    """The numbers of its data, code and config, in words."""
    numbered: bool
    """Whether all of them are committed, so that the numbers stay."""
    experiment: str
    """Name of the DVC experiment it belongs to; empty if to none."""
    champion: str | None
    """The champion's number afterwards; null if there is none."""
    evaluation_sha256: str
    """Digest of the evaluation.json that was acted on."""
    run_url: str
    """Where a person sees its run."""
    template: str | None = None
    """Commit that `pipeline new` began at; empty in the template itself, null if not known."""
