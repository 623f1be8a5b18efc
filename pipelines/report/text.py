"""An evaluation in words, for the terminal and for MLflow pages. Pure."""

from collections.abc import Mapping

from pipelines.documents.data import Check, ValidationReport
from pipelines.documents.evaluation import Anew, Evaluation, HoldoutRows, Verdict
from pipelines.documents.provenance import DataPart, EnvironmentPart, Provenance, TrainingRows
from pipelines.evaluation import words

MODELS = ("candidate", "champion", "naive")


def headline(evaluation: Evaluation) -> str:
    """Say how candidate, champion and naive did on the metric that counts."""
    values = [(name, evaluation.metrics[name].get(evaluation.metric)) for name in MODELS if name in evaluation.metrics]
    shown = [f"{_name(name, evaluation)} {figure(value)}" for name, value in values if value is not None]
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
    said = [f"{plural(count, 'row')} of the class {name}" for name, count in counts.items()]
    return (
        f"{', '.join(said)}, never seen in training, count{'s' if list(counts.values()) == [1] else ''} as wrong"
        if said
        else ""
    )


def reasons(judged: Verdict) -> str:
    """Say every reason in one line."""
    return "; ".join(judged.texts)


def provenance(made_of: Provenance) -> dict[str, str]:
    """Say what a candidate was made of and what came of it, a line per part."""
    data, code, config, environment = made_of.data, made_of.code, made_of.config, made_of.environment
    changed = ", ".join(changes(config.changed))
    since = f"; since {made_of.compared_with}: {changed or 'nothing changed'}" if made_of.compared_with else ""
    dirty = ", ".join(code.uncommitted)
    return {
        "data": f"{data.version} ({data.digest[:12]}), {_rows(data)}, from {_source(data)}; "
                f"{data.quarantined:,} of {data.source_rows:,} source rows quarantined",
        "code": f"{code.version}, commit {code.commit[:12]} “{code.subject}”, {f'dirty: {dirty}' if dirty else 'clean'}",
        "config": f"{config.version}{since}",
        "environment": f"Python {environment.python}{_machine(environment)}, {environment.lock} ({environment.digest[:12]}){_moved(environment)}",
        "training": _rows(made_of.training),
        "holdout": _rows(made_of.holdout),
        **({"refit": f"{_rows(made_of.refitted)}: what serves"} if made_of.refitted else {}),
    }  # fmt: skip


def _source(data: DataPart) -> str:
    """Name the delivery: what the system that keeps it said of it, or its folder."""
    return ", ".join(data.state.splitlines()) or f"{data.source} {data.source_digest[:12]}"


def _machine(environment: EnvironmentPart) -> str:
    return f" on {environment.machine}" if environment.machine else ""


def _moved(environment: EnvironmentPart) -> str:
    """Name the packages that were not as the lock says; empty if all were."""
    moved = [f"{name} {found}, not {locked}" for name, (locked, found) in environment.not_as_locked.items()]
    return f"; installed was {', '.join(moved)}" if moved else ""


def changes(changed: Mapping[str, tuple[str | None, str | None]]) -> list[str]:
    """Say what became of each param or package: {name: (old, new)}."""
    return [f"{name} {old or 'absent'} → {new or 'absent'}" for name, (old, new) in changed.items()]


def made_from(made_of: Provenance) -> str:
    """Say the three numbers in a sentence, without its subject."""
    return numbers(data_version(made_of.data), made_of.code.version, made_of.config.version)


def data_version(data: DataPart) -> str:
    """Return the number of the data, and what the system that keeps it calls it: `v9 (Delta orders@412)`."""
    return called(data.version, data.state)


def called(version: str, state: str) -> str:
    r"""Return a number of data, and the first line of what a system said of it.

    >>> called("v9", "Delta orders@412\nWRITE at 2026-01-31T06:00:00Z"), called("v9", "")
    ('v9 (Delta orders@412)', 'v9')
    """
    return f"{version} ({state.splitlines()[0]})" if state else version


def numbers(data: str, code: str, config: str) -> str:
    """Say what a model was trained on in a sentence, without its subject."""
    return f"was trained on Data {data}, using Code {code}, with Config {config}"


def markdown(evaluation: Evaluation, made_of: Provenance, validation: ValidationReport) -> str:
    """Return the description of a run or version."""
    head, rows = scores(evaluation)
    lines = [
        f"{evaluation.outcome}: {reasons(evaluation)}",
        "",
        f"It {made_from(made_of)}.",
        "",
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *(f"- {part}: {words}" for part, words in provenance(made_of).items()),
        "",
        _seen(evaluation),
        "",
        _validation(validation),
    ]
    return "\n".join(lines)


def scores(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Return the metrics of every model on the holdout as a table: its head and its rows."""
    models = [name for name in MODELS if name in evaluation.metrics]
    names = sorted(evaluation.metrics["candidate"])
    rows = [[name, *(_cell(evaluation, model, name) for model in models)] for name in names]
    return ["holdout", *(_name(model, evaluation) for model in models)], rows


def contract(report: ValidationReport) -> str:
    """Say how many checks there were and how many failed, in one line."""
    failed = plural(len(report.failed), "warning" if report.success else "failure")
    return f"{plural(len(report.checks), 'check')}, {failed}"


def quarantined(report: ValidationReport) -> str:
    """Say how many rows cannot be true."""
    return f"{report.counts.quarantined:,} of {report.counts.source:,}"


def check(failed: Check, called: str = "") -> str:
    """Say what is wrong so that a data engineer can act on it; `called` is the column as upstream knows it as well."""
    shown = "".join(
        "\n      " + ", ".join(f"{name} {value}" for name, value in example.items()) for example in failed.examples
    )
    place = f"{failed.view}.{called}" if called else failed.where
    where = f"[{failed.severity}] {place}: {failed.expectation}"
    return f"{where}\n      expected {failed.expected}; observed {failed.observed}{shown}"


def _rows(part: DataPart | TrainingRows | HoldoutRows) -> str:
    window = f", {part.window[0]} to {part.window[1]}" if part.window else ""
    whole = part.sampled_from if isinstance(part, TrainingRows) else 0
    sample = f", a sample of {whole:,} ({part.rows / whole:.1%})" if whole else ""
    return f"{plural(part.rows, 'row')}{sample}{window}"


def faced(evaluation: Evaluation) -> str:
    """Say that the champion's refit was faced; empty if it was the model that had been judged, or nobody."""
    return f"faced: the refit of {evaluation.champion.name}" if evaluation.champion and evaluation.faced_refit else ""


def _seen(evaluation: Evaluation) -> str:
    floor = evaluation.noise_floor
    sees = f" It cannot see differences below {words.percent(floor)}." if floor is not None else ""
    drifted = f" Inputs that drifted: {', '.join(evaluation.drifted)}." if evaluation.drifted else ""
    others = plural(evaluation.tries, "other model") if evaluation.tries else "No other model"
    judged = f"{others} {'were' if evaluation.tries > 1 else 'was'} judged on this holdout before."
    noted = (evaluation.asked, faced(evaluation), evaluation.features_note, unknown_classes(evaluation.unknown_classes))
    return "".join([judged, sees, drifted, *(f" {sentence(said)}" for said in noted if said)])


def _validation(report: ValidationReport) -> str:
    listed = "".join(f"\n- {check.view}.{check.column}: {check.observed}" for check in report.failed)
    return f"Data contract: {contract(report)}.{listed}"


def sentence(said: str) -> str:
    """Return words as a sentence."""
    return f"{said[:1].upper()}{said[1:]}."


def plural(count: int, noun: str) -> str:
    """Return a count and its noun.

    >>> plural(1, "row"), plural(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _name(name: str, evaluation: Evaluation) -> str:
    return f"champion {evaluation.champion.name}" if name == "champion" and evaluation.champion else name


def _cell(evaluation: Evaluation, name: str, metric: str) -> str:
    value = evaluation.metrics[name].get(metric)
    return figure(value) if value is not None else ""


def figure(value: float) -> str:
    """Show four digits, and no exponents for what people count.

    >>> figure(1234.567), figure(0.123456)
    ('1,234.6', '0.1235')
    """
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


def signed(value: float) -> str:
    """Show a difference: the figure with its sign."""
    return f"{'-' if value < 0 else '+'}{figure(abs(value))}"
