"""An evaluation in words, for the terminal and for MLflow pages. Pure."""

from typing import Any

ORDER = ("candidate", "champion", "naive")


def headline(evaluation: dict[str, Any]) -> str:
    """Say how candidate, champion and naive did on the metric that counts."""
    metric = evaluation["metric"]
    found = [(name, evaluation["metrics"][name].get(metric)) for name in ORDER if name in evaluation["metrics"]]
    shown = [f"{_name(name, evaluation)} {_figure(value)}" for name, value in found if value is not None]
    return f"{metric} {', '.join(shown) or 'unknown: no row to judge on'}"


def verdict(evaluation: dict[str, Any]) -> str:
    """Say the decision and every reason, a line each."""
    return "\n  ".join([evaluation["decision"], *evaluation["reasons"]])


def markdown(evaluation: dict[str, Any], origin: str, commit: str, validation: dict[str, Any]) -> str:
    """Return the description of a run or version."""
    models = [name for name in ORDER if name in evaluation["metrics"]]
    names = sorted(evaluation["metrics"]["candidate"])
    lines = [
        f"{evaluation['decision']}: {'; '.join(evaluation['reasons'])}",
        "",
        f"It {origin} (commit {commit[:12]}).",
        "",
        f"| holdout | {' | '.join(_name(name, evaluation) for name in models)} |",
        "|---" * (len(models) + 1) + "|",
        *(f"| {metric} | {' | '.join(_cell(evaluation, name, metric) for name in models)} |" for metric in names),
        "",
        _holdout(evaluation),
        "",
        _validation(validation),
    ]
    return "\n".join(lines)


def _holdout(evaluation: dict[str, Any]) -> str:
    held = evaluation["holdout"]
    window = f" from {held['window'][0]} to {held['window'][1]}" if held["window"] else ""
    floor = evaluation["noise_floor"]
    sees = f" It cannot see differences below {floor:.1%}." if floor is not None else ""
    drifted = f" Inputs that drifted: {', '.join(evaluation['drifted'])}." if evaluation["drifted"] else ""
    return f"Holdout: {plural(held['rows'], 'row')}{window}; {plural(evaluation['tries'], 'other model')} judged on it before.{sees}{drifted}"


def _validation(report: dict[str, Any]) -> str:
    failed = [check for check in report["checks"] if not check["success"]]
    found = "".join(f"\n- {check['view']}.{check['column']}: {check['observed']}" for check in failed)
    return f"Data contract: {plural(len(report['checks']), 'check')}, {plural(len(failed), 'warning')}.{found}"


def plural(count: int, noun: str) -> str:
    """Return a count and its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _name(name: str, evaluation: dict[str, Any]) -> str:
    champion = evaluation["champion"]
    return f"champion v{champion['version']}" if name == "champion" and champion else name


def _cell(evaluation: dict[str, Any], name: str, metric: str) -> str:
    value = evaluation["metrics"][name].get(metric)
    return _figure(value) if value is not None else ""


def _figure(value: float) -> str:
    """Show four digits, and no exponents for what people count."""
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"
