"""An evaluation in words, for the terminal and for MLflow pages. Pure."""

from typing import Any

ITSELF = "it is the champion itself, to the byte"
ORDER = ("candidate", "champion", "naive")


def headline(evaluation: dict[str, Any]) -> str:
    """Say how candidate, champion and naive did on the metric that counts."""
    metric = evaluation["metric"]
    found = [(name, evaluation["metrics"][name].get(metric)) for name in ORDER if name in evaluation["metrics"]]
    shown = [f"{_name(name, evaluation)} {figure(value)}" for name, value in found if value is not None]
    return f"{metric} {', '.join(shown) or 'unknown: no row to judge on'}"


def is_itself(evaluation: dict[str, Any]) -> bool:
    """Tell whether the candidate is the champion, so that there is nothing to promote and nothing to refuse."""
    return bool(evaluation["reasons"] == [ITSELF])


def verdict(evaluation: dict[str, Any]) -> str:
    """Say the decision and every reason, a line each."""
    return "\n  ".join([evaluation["decision"], *evaluation["reasons"]])


def origin(lineage: dict[str, Any]) -> dict[str, str]:
    """Say what a candidate was made of and what came of it, a line per part."""
    data, code, config = lineage["data"], lineage["code"], lineage["config"]
    changed = ", ".join(changes(config["changed"]))
    since = f"; since {lineage['compared_with']}: {changed or 'nothing changed'}" if lineage["compared_with"] else ""
    dirty = ", ".join(code["uncommitted"])
    return {
        "data": f"{data['version']} ({data['digest'][:12]}), {_rows(data)}, from {data['source']} {data['source_digest'][:12]}; "
                f"{data['quarantined']:,} of {data['source_rows']:,} source rows quarantined",
        "code": f"{code['version']}, commit {code['commit'][:12]} “{code['subject']}”, "
                f"{f'dirty: {dirty}' if dirty else 'clean'}",
        "config": f"{config['version']}{since}",
        "environment": f"Python {lineage['environment']['python']}, {lineage['environment']['lock']} ({lineage['environment']['digest'][:12]})",
        "training": _rows(lineage["training"]),
        "holdout": _rows(lineage["holdout"]),
    }  # fmt: skip


def changes(found: dict[str, Any]) -> list[str]:
    """Say what became of each dial or package: {name: (old, new)}."""
    return [f"{name} {old or 'absent'} → {new or 'absent'}" for name, (old, new) in found.items()]


def made_from(lineage: dict[str, Any]) -> str:
    """Say it in a sentence, without its subject."""
    data, code, config = (lineage[part]["version"] for part in ("data", "code", "config"))
    return f"was trained on Data {data}, using Code {code}, with Config {config}"


def markdown(evaluation: dict[str, Any], lineage: dict[str, Any], validation: dict[str, Any]) -> str:
    """Return the description of a run or version."""
    head, rows = scores(evaluation)
    lines = [
        f"{evaluation['decision']}: {'; '.join(evaluation['reasons'])}",
        "",
        f"It {made_from(lineage)}.",
        "",
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *(f"- {part}: {text}" for part, text in origin(lineage).items()),
        "",
        _seen(evaluation),
        "",
        _validation(validation),
    ]
    return "\n".join(lines)


def scores(evaluation: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return the metrics of every model on the holdout as a table: its head and its rows."""
    models = [name for name in ORDER if name in evaluation["metrics"]]
    names = sorted(evaluation["metrics"]["candidate"])
    rows = [[name, *(_cell(evaluation, model, name) for model in models)] for name in names]
    return ["holdout", *(_name(model, evaluation) for model in models)], rows


def _rows(part: dict[str, Any]) -> str:
    window = f", {part['window'][0]} to {part['window'][1]}" if part["window"] else ""
    return f"{plural(part['rows'], 'row')}{window}"


def _seen(evaluation: dict[str, Any]) -> str:
    floor = evaluation["noise_floor"]
    sees = f" It cannot see differences below {floor:.1%}." if floor is not None else ""
    drifted = f" Inputs that drifted: {', '.join(evaluation['drifted'])}." if evaluation["drifted"] else ""
    judged = f"Besides candidate and champion, {plural(evaluation['tries'], 'model')} judged on this holdout before."
    return f"{judged}{sees}{drifted}"


def _validation(report: dict[str, Any]) -> str:
    failed = [check for check in report["checks"] if not check["success"]]
    found = "".join(f"\n- {check['view']}.{check['column']}: {check['observed']}" for check in failed)
    return f"Data contract: {plural(len(report['checks']), 'check')}, {plural(len(failed), 'warning')}.{found}"


def plural(count: int, noun: str) -> str:
    """Return a count and its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _name(name: str, evaluation: dict[str, Any]) -> str:
    champion = evaluation["champion"]
    return f"champion {champion['name']}" if name == "champion" and champion else name


def _cell(evaluation: dict[str, Any], name: str, metric: str) -> str:
    value = evaluation["metrics"][name].get(metric)
    return figure(value) if value is not None else ""


def figure(value: float) -> str:
    """Show four digits, and no exponents for what people count."""
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


def signed(value: float) -> str:
    """Show a difference: the figure with its sign."""
    return f"{'-' if value < 0 else '+'}{figure(abs(value))}"
