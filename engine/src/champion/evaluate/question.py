"""What a candidate has to show when it faces a champion: a refit on newer data less than a changed recipe."""

from collections.abc import Sequence
from dataclasses import dataclass

from champion.core import words
from champion.core.params import Evaluate

NAMED = 3  # changes that are named


@dataclass(frozen=True)
class Question:
    """Whether it is proven better; or with a margin, whether it is not worse by more than that."""

    text: str
    margin: float | None = None
    limit: str = ""  # the param that allows the margin, and its value

    def answered(self, low: float) -> bool:
        """Tell whether the lower end of the gain is enough."""
        return low > (0 if self.margin is None else -self.margin)


def question(changes: Sequence[str], rules: Evaluate, *, newer: bool) -> Question:
    """Return what is asked of a candidate.

    `changes` are the modules and params by which its recipe differs from the champion's; `newer` tells that the
    champion was made before these holdout rows were held out.
    """
    if rules.mode == "non_inferior":
        text = "asked: is it not worse by more than evaluate.margin? So says evaluate.mode"
        return Question(text, rules.margin, f"evaluate.margin is {rules.margin:g}")
    if rules.refit_margin is None:
        return Question("asked: is it proven better?")
    if changes:
        more = f" and {len(changes) - NAMED} more" if len(changes) > NAMED else ""
        differ = "differs" if len(changes) == 1 else "differ"
        named = ", ".join(changes[:NAMED])
        return Question(f"asked: is it proven better? {named}{more} {differ} from the champion's")
    if not newer:
        return Question("asked: is it proven better? It has no newer data than the champion")
    text = "asked: may a refit take over? Its code and params are the champion's, its data is newer"
    return Question(text, rules.refit_margin, f"evaluate.refit_margin is {rules.refit_margin:g}")


def shortfall(asked: Question, gain: float, low: float, rules: Evaluate) -> str:
    """Say why a gain, or its lower end, is too small to promote; empty if it is not."""
    of = f"the champion's {rules.loss}"
    if not asked.answered(low):
        return f"{words.bounded(gain, low, of)}{f'; {asked.limit}' if asked.limit else ''}"
    if asked.margin is None and gain < rules.min_improvement:
        return f"{words.saved(gain, of)}; evaluate.min_improvement is {rules.min_improvement:g}"
    return ""


def praise(asked: Question, gain: float, low: float, sure: str, rules: Evaluate) -> str:
    """Say why it is promoted; `sure` is the confidence in words."""
    of = f"the champion's {rules.loss}"
    said = f"{words.bounded(gain, low, of)} with {sure}" if gain or low else "loses exactly what the champion does"
    return said if low > 0 else f"{said}; {asked.limit}"
