"""What a run found, as one page that needs nothing else, and as Markdown for a pull request. Pure."""

from dataclasses import dataclass, field
from html import escape
from typing import Any

from pipelines.judge import layout, words

STAGES = ("ingest", "validate", "features", "train", "baseline", "evaluate", "promote")
MARKS = {
    "fine": "done",
    "warned": "warning",
    "failed": "no",
    "skipped": "skipped",
    "open": "decided",
}  # how a stage ended
MARKER = "<!-- champion pipeline -->"  # by which a comment is found again


@dataclass(frozen=True)
class Found:
    """What there is to tell. After a contract that failed, there is no more than its report."""

    report: dict[str, Any]
    evaluation: dict[str, Any] | None = None
    card: dict[str, Any] = field(default_factory=dict)
    made_of: dict[str, Any] = field(default_factory=dict)  # lineage.json
    params: dict[str, Any] = field(default_factory=dict)  # as facts.params flattens them
    pictures: dict[str, bytes] = field(default_factory=dict)  # name: PNG
    outcome: str = ""  # what became of the decision
    promoted: bool = False  # whether that was applied, when this was written

    @property
    def decision(self) -> str:
        """Return the decision, or what stopped the run before there was one."""
        return str(self.evaluation["decision"]) if self.evaluation else "nothing yet"

    @property
    def obstacle(self) -> str:
        """Say why there is no decision."""
        return "data is valid, nothing was evaluated yet" if self.report["success"] else "the data contract is broken"


def stopped(stage: str, message: str) -> str:
    """Return the Markdown of a stage that failed."""
    return f"## {stage} stopped\n\n```\n{message}\n```\n"


def summary(found: Found) -> str:
    """Return the Markdown of a job summary or a comment."""
    if found.evaluation is None:
        broken = [check for check in found.report["checks"] if not check["success"]]
        head = "the data contract is broken, nothing was trained" if not found.report["success"] else "data is valid"
        return "\n".join([f"## {head}", "", _data(found), "", layout.markdown(_checks(broken))])
    parts = [f"## decided: {found.decision}", found.outcome, _gained(found.evaluation)]
    parts.append(words.markdown(found.evaluation, found.made_of, found.report))
    if found.evaluation["slices"]:
        parts.append(
            f"<details><summary>slices</summary>\n\n{layout.markdown(_slices(found.evaluation))}\n\n</details>"
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def page(found: Found) -> str:
    """Return the HTML page: the pipeline as a diagram, and under it what the selected stage found."""
    told = _told(found)
    marks = _marks(found)
    first = "evaluate" if found.evaluation else "validate"
    tabs = "".join(
        f'<button role="tab" id="tab-{name}" aria-controls="panel-{name}" aria-selected="{str(name == first).lower()}" '
        f'class="{marks[name]}">{name}<small>{escape(MARKS[marks[name]])}</small></button>'
        for name in STAGES
    )
    panels = "".join(
        f'<section role="tabpanel" id="panel-{name}" aria-labelledby="tab-{name}"><h2>{name}</h2>{told[name]}</section>'
        for name in STAGES
    )
    said = found.evaluation["reasons"] if found.evaluation else [found.obstacle]
    lead = "".join(f"<li>{escape(reason)}</li>" for reason in said)
    made = f"It {words.made_from(found.made_of)}." if found.made_of else ""
    return layout.PAGE.substitute(
        decision=found.decision, lead=lead, made=escape(made), outcome=escape(found.outcome), tabs=tabs, panels=panels
    )


def _told(found: Found) -> dict[str, str]:
    """Return the HTML of each stage."""
    nothing = f"<p>Did not run: {found.obstacle}.</p>"
    told = dict.fromkeys(STAGES, nothing)
    counts = found.report["counts"]
    rows = [[name.replace("_", " "), _shown(value)] for name, value in counts.items() if not isinstance(value, dict)]
    why = [[reason, f"{count:,}"] for reason, count in counts["reasons"].items()]
    told["ingest"] = layout.html((["rows", ""], rows)) + layout.html((["quarantined because", "rows"], why))
    told["validate"] = f"<p>{escape(_data(found))}</p>{layout.html(_checks(found.report['checks']))}"
    if found.evaluation is None:
        return told
    evaluation, card = found.evaluation, found.card
    features = [[name, kind] for name, kind in card["features"]]
    facts = [[part, said] for part, said in words.origin(found.made_of).items()]
    told["features"] = layout.html((["divided into", ""], facts[-2:])) + layout.html((["feature", "type"], features))
    own = {name.removeprefix("train."): value for name, value in found.params.items() if name.startswith("train.")}
    dials = [[name, _shown(value)] for name, value in own.items()]
    history = [[name, words.figure(value)] for name, value in card["history"].items()]
    told["train"] = layout.html((["params.yaml", "train"], dials)) + layout.html((["on history", ""], history))
    champion = evaluation["champion"]
    against = f"champion {champion['name']}" if champion else "nobody"
    told["baseline"] = f"<p>The candidate faced {escape(against)}. {escape((champion or {}).get('lineage', ''))}</p>"
    pictures = [layout.image(name, content) for name, content in found.pictures.items()]
    told["evaluate"] = "".join(
        [layout.html(words.scores(evaluation)), f"<p>{escape(_gained(evaluation))}</p>", *pictures]
        + ([layout.html(_slices(evaluation))] if evaluation["slices"] else [])
        + [layout.html(_drift(evaluation))]
    )
    told["promote"] = f"<p>{escape(found.outcome or 'See the registry.')}</p>{layout.html((['made of', ''], facts))}"
    return told


def _marks(found: Found) -> dict[str, str]:
    """Return a word for how each stage ended."""
    if not found.report["success"]:
        return {**dict.fromkeys(STAGES, "skipped"), "ingest": "fine", "validate": "failed"}
    warned = not all(check["success"] for check in found.report["checks"])
    marks = {**dict.fromkeys(STAGES, "fine"), "validate": "warned" if warned else "fine"}
    if found.evaluation is None:
        return {**dict.fromkeys(STAGES, "skipped"), **{name: marks[name] for name in STAGES[:2]}}
    if found.decision != "promote":
        return {**marks, "evaluate": "failed", "promote": "skipped"}
    return {**marks, "promote": "fine" if found.promoted else "open"}


def _gained(evaluation: dict[str, Any]) -> str:
    if evaluation["gain"] is None or words.is_itself(evaluation):
        return ""
    metric, gain, low = evaluation["metric"], evaluation["gain"], evaluation["gain_low"]
    sure = f"at least {low:.1%}" if low > 0 else "perhaps nothing"
    better = f"It saves {gain:.1%} of the champion's {metric}, {sure}"
    worse = f"Its {metric} is {-gain:.1%} higher than the champion's"
    return (
        f"{better if gain >= 0 else worse}; this holdout cannot see differences below {evaluation['noise_floor']:.1%}."
    )


def _data(found: Found) -> str:
    report, counts = found.report, found.report["counts"]
    failed = sum(not check["success"] for check in report["checks"])
    what = "warning" if report["success"] else "failure"
    return (
        f"{words.plural(len(report['checks']), 'check')}, {words.plural(failed, what)}; "
        f"{counts['quarantined']:,} of {counts['source']:,} source rows quarantined."
    )


def _checks(checks: list[dict[str, Any]]) -> layout.Table:
    rows = [
        ["ok" if check["success"] else check["severity"], f"{check['view']}.{check['column']}", check["expectation"],
         str(check["expected"]), str(check["observed"])]
        for check in sorted(checks, key=lambda check: (check["success"], check["severity"] != "critical"))
    ]  # fmt: skip
    return ["", "column", "expectation", "expected", "observed"], rows


def _slices(evaluation: dict[str, Any]) -> layout.Table:
    rows = [
        [part["name"], f"{part['rows']:,}", words.figure(part["candidate"]), words.figure(part["champion"]),
         f"{part['gain']:+.1%}", "broken" if part["broken"] else "" if part["judged"] else "too small to judge"]
        for part in sorted(evaluation["slices"], key=lambda part: part["gain"])
    ]  # fmt: skip
    return ["slice", "rows", "candidate", "champion", "saved", ""], rows


def _drift(evaluation: dict[str, Any]) -> layout.Table:
    rows = [
        [name, f"{moved:.3f}", "drifted" if name in evaluation["drifted"] else ""]
        for name, moved in sorted(evaluation["drift"].items(), key=lambda item: -item[1])
    ]
    return ["column", "PSI", ""], rows


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else " to ".join(value) if isinstance(value, list) else str(value)
