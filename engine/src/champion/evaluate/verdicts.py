"""An evaluation in words. Pure."""

from collections.abc import Mapping

from champion.core import words
from champion.core.documents.evaluation import Anew, Evaluation, Verdict

MODELS = ("candidate", "champion", "naive")


def headline(evaluation: Evaluation) -> str:
    """Say how candidate, champion and naive did on the metric that counts."""
    values = [(name, evaluation.metrics[name].get(evaluation.metric)) for name in MODELS if name in evaluation.metrics]
    shown = [f"{_name(name, evaluation)} {words.figure(value)}" for name, value in values if value is not None]
    return f"{evaluation.metric} {', '.join(shown) or 'unknown: no row to judge on'}"


def verdict(judged: Verdict) -> str:
    """Say the decision and every reason, a line each."""
    return "\n  ".join([judged.outcome, *judged.texts])


def anew(said: Anew | None) -> str:
    """Say who began anew; empty if nobody did."""
    return f"{said.who} began {said.name} anew in {said.registry} on {said.when}" if said else ""


def unknown_classes(counts: Mapping[str, int]) -> str:
    """Say which rows no model could have got right; empty if there are none.

    >>> unknown_classes({"fraud": 1})
    '1 row of the class fraud, never seen in training, counts as wrong'
    """
    said = [f"{words.plural(count, 'row')} of the class {name}" for name, count in counts.items()]
    return (
        f"{', '.join(said)}, never seen in training, count{'s' if list(counts.values()) == [1] else ''} as wrong"
        if said
        else ""
    )


def reasons(judged: Verdict) -> str:
    """Say every reason in one line."""
    return "; ".join(judged.texts)


def scores(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Return the metrics of every model on the holdout as a table: its head and its rows."""
    models = [name for name in MODELS if name in evaluation.metrics]
    names = sorted(evaluation.metrics["candidate"])
    rows = [[name, *(_cell(evaluation, model, name) for model in models)] for name in names]
    return ["holdout", *(_name(model, evaluation) for model in models)], rows


def faced(evaluation: Evaluation) -> str:
    """Say that the champion's refit was faced; empty if it was the model that had been judged, or nobody."""
    return f"faced: the refit of {evaluation.champion.name}" if evaluation.champion and evaluation.faced_refit else ""


def _name(name: str, evaluation: Evaluation) -> str:
    return f"champion {evaluation.champion.name}" if name == "champion" and evaluation.champion else name


def _cell(evaluation: Evaluation, name: str, metric: str) -> str:
    value = evaluation.metrics[name].get(metric)
    return words.figure(value) if value is not None else ""
