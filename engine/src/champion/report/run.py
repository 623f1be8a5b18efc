"""What a run found, as one page that needs nothing else, and as Markdown for a pull request. Pure."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from io import StringIO

from champion.core import words
from champion.core.documents.data import Check, ValidationReport
from champion.core.documents.evaluation import Evaluation
from champion.core.documents.model import ModelCard
from champion.core.documents.provenance import Provenance
from champion.core.params import loss_name
from champion.evaluate import verdicts
from champion.report import html, text
from champion.validate import checks

MARKS = {
    "fine": "done",
    "warned": "warning",
    "failed": "no",
    "skipped": "skipped",
    "open": "decided",
}  # how a stage ended
WORST = 10  # rows that are shown of those that cost most
MARKER = "<!-- champion pipeline -->"  # by which a comment is recognised


@dataclass(frozen=True)
class Judged:
    """What is known once a candidate was evaluated."""

    evaluation: Evaluation
    card: ModelCard
    made_of: Provenance
    params: Mapping[str, object]  # as MLflow has them
    pictures: Mapping[str, bytes] = field(default_factory=dict)  # name: PNG
    predictions: str = ""  # CSV, as evaluate writes it
    outcome: str = ""  # what became of the decision
    promoted: bool = False  # whether that was applied, when this was written


@dataclass(frozen=True)
class Run:
    """What there is to tell of a run. After a contract that failed, there is no more than its report."""

    stages: list[str]  # in the order of dvc.yaml
    report: ValidationReport
    judged: Judged | None = None

    @property
    def outcome(self) -> str:
        """Return what comes of it, or what stopped the run before there was a verdict."""
        return self.judged.evaluation.outcome if self.judged else "nothing yet"

    @property
    def obstacle(self) -> str:
        """Say why there is no decision."""
        return "data is valid, nothing was evaluated yet" if self.report.success else "the data contract is broken"


def stopped(stage: str, message: str) -> str:
    """Return the Markdown of a stage that failed."""
    return f"## {stage} stopped\n\n```\n{message}\n```\n"


def summary(run: Run) -> str:
    """Return the Markdown of a job summary or a comment."""
    if run.judged is None:
        head = "data is valid" if run.report.success else "the data contract is broken, nothing was trained"
        return "\n".join([f"## {head}", "", _data(run.report), "", html.markdown(_checks(run.report.failed))])
    judged = run.judged
    parts = [f"## {run.outcome}", judged.outcome, _gained(judged.evaluation)]
    parts.append(text.markdown(judged.evaluation, judged.made_of, run.report))
    if judged.evaluation.slices:
        parts.append(f"<details><summary>slices</summary>\n\n{html.markdown(_slices(judged.evaluation))}\n\n</details>")
    return "\n\n".join(part for part in parts if part) + "\n"


def page(run: Run) -> str:
    """Return the HTML page: the pipeline as a diagram, and under it what the selected stage found."""
    panels, marks = _panels(run), _marks(run)
    first = "evaluate" if run.judged else "validate"
    tabs = "".join(
        f'<button role="tab" id="tab-{name}" aria-controls="panel-{name}" aria-selected="{str(name == first).lower()}" '
        f'class="{marks[name]}">{name}<small>{escape(MARKS[marks[name]])}</small></button>'
        for name in run.stages
    )
    sections = "".join(
        f'<section role="tabpanel" id="panel-{name}" aria-labelledby="tab-{name}"><h2>{name}</h2>'
        f"{panels.get(name, _not_run(run))}</section>"
        for name in run.stages
    )
    reasons = run.judged.evaluation.texts if run.judged else [run.obstacle]
    return html.page(
        f"Candidate: {run.outcome}",
        "run.html",
        verdict=run.outcome,
        lead="".join(f"<li>{escape(reason)}</li>" for reason in reasons),
        made=escape(f"It {text.made_from(run.judged.made_of)}.") if run.judged else "",
        outcome=escape(run.judged.outcome) if run.judged else "",
        tabs=tabs,
        panels=sections,
    )


def _rare(card: ModelCard) -> list[list[str]]:
    """Return a row for each class that is too few to be judged."""
    return [
        [f"class {name}", f"{training} training and {holdout} holdout rows: too few to judge"]
        for name, (training, holdout) in card.split.rare_classes.items()
    ]


def _not_run(run: Run) -> str:
    return f"<p>Did not run: {run.obstacle}.</p>"


def _panels(run: Run) -> dict[str, str]:
    """Return the HTML of each stage that ran."""
    counts = run.report.counts.model_dump(exclude={"version", "reasons"})
    rows = [[name.replace("_", " "), _shown(value)] for name, value in counts.items()]
    why = [[reason, f"{count:,}"] for reason, count in run.report.counts.reasons.items()]
    panels = {
        "ingest": html.table((["rows", ""], rows)) + html.table((["quarantined because", "rows"], why)),
        "validate": f"<p>{escape(_data(run.report))}</p>{html.table(_checks(run.report.checks))}",
    }
    return panels if run.judged is None else panels | _panels_of_model(run.judged)


def _panels_of_model(judged: Judged) -> dict[str, str]:
    evaluation, card = judged.evaluation, judged.card
    features = [[name, kind] for name, kind in card.features]
    told = text.provenance(judged.made_of)
    parts = [[part, words] for part, words in told.items()]
    divided = [[part, told[part]] for part in ("training", "holdout", "refit") if part in told]
    own = {name.removeprefix("train."): value for name, value in judged.params.items() if name.startswith("train.")}
    params = [[name, _shown(value)] for name, value in own.items()]
    params += [[name, f"{value} (chosen by a search)"] for name, value in card.chosen.items()]
    training = [[name, words.figure(value)] for name, value in card.train_metrics.items()]
    against = f"champion {evaluation.champion.name}" if evaluation.champion else "nobody"
    made_from = evaluation.champion.made_from if evaluation.champion else ""
    pictures = [html.image(name, content) for name, content in judged.pictures.items()]
    return {
        "features": html.table((["divided into", ""], [*divided, *_rare(card)]))
        + html.table((["feature", "type"], features)),
        "train": html.table((["params.yaml", "train"], params)) + html.table((["on training rows", ""], training)),
        "baseline": f"<p>The candidate faced {escape(against)}. {escape(made_from)}</p>",
        "evaluate": "".join(
            [
                html.table(verdicts.scores(evaluation)),
                f"<p>{escape(_gained(evaluation))}</p>",
                *pictures,
                html.table(_worst(judged.predictions)),
                html.table(_slices(evaluation)),
                html.table(_drift(evaluation)),
            ]
        ),
        "promote": f"<p>{escape(judged.outcome or 'See the registry.')}</p>{html.table((['made of', ''], parts))}",
    }


def _worst(predictions: str) -> html.Table:
    """Return the rows that cost the candidate most; one without a loss first."""
    rows = list(csv.DictReader(StringIO(predictions, newline="")))
    rows.sort(key=lambda row: -float(row["candidate_loss"] or "inf"))
    shown = [name for name in (rows[0] if rows else ()) if ": " not in name]  # the chances of each class are too many
    return [f"worst {name}" if name == "row" else name.replace("_", " ") for name in shown], [
        [row[name] for name in shown] for row in rows[:WORST]
    ]


def _marks(run: Run) -> dict[str, str]:
    """Return a word for how each stage ended."""
    skipped = dict.fromkeys(run.stages, "skipped")
    if not run.report.success:
        return {**skipped, "ingest": "fine", "validate": "failed"}
    data = {"ingest": "fine", "validate": "warned" if run.report.failed else "fine"}
    if run.judged is None:
        return skipped | data
    marks = dict.fromkeys(run.stages, "fine") | data
    if run.outcome != "promote":
        kept = run.outcome.startswith("kept")
        return {**marks, "evaluate": "fine" if kept else "failed", "promote": "skipped"}
    return {**marks, "promote": "fine" if run.judged.promoted else "open"}


def _gained(evaluation: Evaluation) -> str:
    gain, low, floor = evaluation.gain, evaluation.gain_low, evaluation.noise_floor
    if gain is None or low is None or floor is None or evaluation.is_champion:
        return ""
    saved = words.bounded(gain, low, f"the champion's {loss_name(evaluation.metric)}")
    asked = f"{words.sentence(evaluation.asked)} " if evaluation.asked else ""
    return f"{asked}It {saved}; this holdout cannot see differences below {words.percent(floor)}."


def _data(report: ValidationReport) -> str:
    return f"{checks.contract(report)}; {checks.quarantined(report)} source rows quarantined."


def _checks(checks: list[Check]) -> html.Table:
    rows = [
        ["ok" if check.success else check.severity, f"{check.view}.{check.column}", check.expectation, check.expected,
         check.observed]
        for check in sorted(checks, key=lambda check: (check.success, check.severity != "critical"))
    ]  # fmt: skip
    return ["", "column", "expectation", "expected", "observed"], rows


def _slices(evaluation: Evaluation) -> html.Table:
    rows = [
        [part.name, f"{part.rows:,}", words.figure(part.candidate), words.figure(part.champion), f"{part.gain:+.1%}",
         "broken" if part.broken else "" if part.judged else "too small to judge"]
        for part in sorted(evaluation.slices, key=lambda part: part.gain)
    ]  # fmt: skip
    return ["slice", "rows", "candidate", "champion", "saved", ""], rows


def _drift(evaluation: Evaluation) -> html.Table:
    rows = [
        [name, f"{moved:.3f}", "drifted" if name in evaluation.drifted else ""]
        for name, moved in sorted(evaluation.drift.items(), key=lambda item: -item[1])
    ]
    return ["column", "PSI", ""], rows


def _shown(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return " to ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
