"""What a candidate was made of, and its page in MLflow, in words. Pure."""

from collections.abc import Mapping

from champion.core import words
from champion.core.documents.data import ValidationReport
from champion.core.documents.evaluation import Evaluation, HoldoutRows
from champion.core.documents.provenance import DataPart, EnvironmentPart, Provenance, TrainingRows
from champion.evaluate import verdicts
from champion.validate import checks


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
        "environment": f"Python {environment.python}{_machine(environment)}, {environment.lock} ({environment.digest[:12]}){_engine(environment)}{_moved(environment)}",
        "training": _rows(made_of.training),
        "holdout": _rows(made_of.holdout),
        **({"refit": f"{_rows(made_of.refitted)}: what serves"} if made_of.refitted else {}),
    }  # fmt: skip


def _source(data: DataPart) -> str:
    """Name the delivery: what the system that keeps it said of it, or its folder."""
    return ", ".join(data.state.splitlines()) or f"{data.source} {data.source_digest[:12]}"


def _machine(environment: EnvironmentPart) -> str:
    return f" on {environment.machine}" if environment.machine else ""


def _engine(environment: EnvironmentPart) -> str:
    edited = " (edited in place)" if environment.engine_edited else ""
    return f", engine {environment.engine}{edited}" if environment.engine else ""


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
    head, rows = verdicts.scores(evaluation)
    lines = [
        f"{evaluation.outcome}: {verdicts.reasons(evaluation)}",
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


def _rows(part: DataPart | TrainingRows | HoldoutRows) -> str:
    window = f", {part.window[0]} to {part.window[1]}" if part.window else ""
    whole = part.sampled_from if isinstance(part, TrainingRows) else 0
    sample = f", a sample of {whole:,} ({part.rows / whole:.1%})" if whole else ""
    return f"{words.plural(part.rows, 'row')}{sample}{window}"


def _seen(evaluation: Evaluation) -> str:
    floor = evaluation.noise_floor
    sees = f" It cannot see differences below {words.percent(floor)}." if floor is not None else ""
    drifted = f" Inputs that drifted: {', '.join(evaluation.drifted)}." if evaluation.drifted else ""
    others = words.plural(evaluation.tries, "other model") if evaluation.tries else "No other model"
    judged = f"{others} {'were' if evaluation.tries > 1 else 'was'} judged on this holdout before."
    noted = (
        evaluation.asked,
        verdicts.faced(evaluation),
        evaluation.features_note,
        verdicts.unknown_classes(evaluation.unknown_classes),
    )
    return "".join([judged, sees, drifted, *(f" {words.sentence(said)}" for said in noted if said)])


def _validation(report: ValidationReport) -> str:
    listed = "".join(f"\n- {check.view}.{check.column}: {check.observed}" for check in report.failed)
    return f"Data contract: {checks.contract(report)}.{listed}"
