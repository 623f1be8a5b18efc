"""Record the candidate in MLflow and, if the verdict says so, make it champion. Safe to repeat, safe to kill."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipelines.entry import run_stage
from pipelines.judge import words
from pipelines.problem.source import DESCRIPTION, NAME
from pipelines.record import files, lineage, location


def promote(
    ingested: Path, validation: Path, history: Path, held_out: Path, split: Path, model: Path, card: Path,
    record: Path, evaluated: Path, decision: Path,
) -> None:  # fmt: skip
    """Write decision.json, once the registry agrees with it."""
    facts = _Facts(
        evaluation=files.read_json(evaluated / "evaluation.json"),
        digest=files.sha256(evaluated / "evaluation.json"),
        validation=files.read_json(validation / "report.json"),
        card=files.read_json(card),
        split=files.read_json(split),
        experiment=os.environ.get("DVC_EXP_NAME", ""),
    )
    if _on_record(facts, files.read_json(record), decision):
        print(f"promote: nothing to do; {files.read_json(decision)['summary']}")
        return
    from pipelines.record import registry, runs  # noqa: PLC0415  # costs seconds, and often there is nothing to do

    origin = lineage.lineage()
    candidate = runs.Candidate(
        inputs=origin,
        params=_params(facts, origin),
        metrics=_metrics(facts),
        tags=_tags(facts, origin),
        note=words.markdown(facts.evaluation, origin.sentence, facts.validation),
        datasets={
            "training": (history, files.sha256(history)),
            "holdout": (held_out, facts.split["holdout_sha256"]),
            "table": (ingested / "table.parquet", origin.inputs.data.removesuffix(".dir")),
        },
        artifacts={
            "evaluation": sorted(evaluated.iterdir()),
            "validation": [validation / "report.json", validation / "docs"],
            "inputs": [Path(lineage.CONFIG), Path(lineage.LOCK), Path(lineage.ENVIRONMENT)],
        },
        model=model,
        card=card,
        features=pd.read_parquet(held_out, columns=list(facts.card["features"])).head(5),
    )
    with registry.explained():
        book = registry.Registry(NAME)
        book.ensure(DESCRIPTION)
        run = runs.record(book, candidate)
        outcome = _decide(facts, origin) or _crown(book, run, facts)
        outcome |= {
            "champion": registry.number(book.champion()),
            "run_id": run.info.run_id,
            "run_url": book.url(run),
        }
    files.write_json(decision, {**outcome, **_of(facts, origin)})
    print(f"promote: {outcome['summary']}\n  {outcome['run_url']}")


@dataclass(frozen=True)
class _Facts:
    evaluation: dict[str, Any]
    digest: str  # of evaluation.json
    validation: dict[str, Any]
    card: dict[str, Any]
    split: dict[str, Any]
    experiment: str  # name of the DVC experiment, empty in `dvc repro`

    @property
    def opponent(self) -> str | None:
        champion = self.evaluation["champion"]
        return champion["version"] if champion else None


def _on_record(facts: _Facts, known: dict[str, Any], decision: Path) -> bool:
    """Tell whether registry and decision.json already say all there is to say."""
    if not decision.exists() or known["evaluation"] != facts.digest:
        return False
    last = files.read_json(decision)
    current = last["evaluation_sha256"] == facts.digest and last["experiment"] == facts.experiment
    settled = known["champion"] == last["champion"] == known["alias"]
    promoted = last["action"] == "promoted" or facts.evaluation["decision"] != "promote" or bool(facts.experiment)
    return bool(current and settled and promoted)


def _decide(facts: _Facts, origin: lineage.Lineage) -> dict[str, Any] | None:
    """Return why the champion stays, None if it does not."""
    who = f"champion v{facts.opponent}" if facts.opponent else "nobody"
    if facts.evaluation["decision"] != "promote":
        verb = "rejected" if facts.evaluation["decision"] == "reject" else "on hold"
        return {"action": verb, "version": None, "summary": f"candidate {verb}, {who} stays"}
    if facts.experiment:
        said = f"experiment {facts.experiment} would be promoted; `dvc exp apply` and `dvc repro` do it"
        return {"action": "experiment", "version": None, "summary": said}
    if origin.uncommitted and location.is_shared():
        said = (
            f"not promoted to a shared registry: uncommitted {', '.join(origin.uncommitted)}. Commit, then `dvc repro`"
        )
        return {"action": "uncommitted", "version": None, "summary": said}
    return None


def _crown(book: Any, run: Any, facts: _Facts) -> dict[str, Any]:
    from pipelines.record import runs  # noqa: PLC0415  # imported by now

    book.check(facts.opponent, run)
    version = runs.register(book, run, facts.opponent)
    book.crown(version, "promote", facts.opponent, "; ".join(facts.evaluation["reasons"]))
    replaced = f"v{facts.opponent}" if facts.opponent else "nobody"
    return {
        "action": "promoted",
        "version": str(version.version),
        "summary": f"v{version.version} replaced {replaced}",
    }


def _of(facts: _Facts, origin: lineage.Lineage) -> dict[str, Any]:
    return {
        "decision": facts.evaluation["decision"],
        "reasons": facts.evaluation["reasons"],
        "candidate": origin.inputs.candidate,
        "lineage": origin.sentence,
        "evaluation_sha256": facts.digest,
        "experiment": facts.experiment,
    }


def _params(facts: _Facts, origin: lineage.Lineage) -> dict[str, Any]:
    """Flatten params.yaml into what MLflow compares side by side."""
    sections = yaml.safe_load(Path(lineage.CONFIG).read_text())
    flat = {f"{section}.{key}": value for section, dials in sections.items() for key, value in dials.items()}
    window = facts.card["window"] or ["", ""]
    return {**flat, "training_rows": facts.card["rows"], "training_from": window[0], "training_to": window[1],
            "python": origin.python}  # fmt: skip


def _metrics(facts: _Facts) -> dict[str, float]:
    found = {f"history_{name}": value for name, value in facts.card["history"].items()}
    for model, metrics in facts.evaluation["metrics"].items():
        prefix = "" if model == "candidate" else f"{model}_"
        found |= {f"{prefix}{name}": value for name, value in metrics.items()}
    gained = {name: facts.evaluation[name] for name in ("gain", "gain_low") if facts.evaluation[name] is not None}
    return {**found, **gained}


def _tags(facts: _Facts, origin: lineage.Lineage) -> dict[str, str]:
    return {
        "verdict": facts.evaluation["decision"],
        "reasons": "; ".join(facts.evaluation["reasons"])[:5000],
        "lineage": origin.name,
        "data": origin.inputs.data,
        "code": origin.inputs.code,
        "config": origin.inputs.config,
        "commit": origin.commit,
        "uncommitted": ", ".join(origin.uncommitted)[:5000] or "nothing",
        "model_sha256": facts.card["model_sha256"],
        "holdout": facts.split["holdout_sha256"],
        "compared_with": facts.opponent or "nobody",
        "experiment": facts.experiment or "no",
        "evaluation": facts.digest,
    }


if __name__ == "__main__":
    run_stage(promote)
