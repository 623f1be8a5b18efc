"""Record the candidate in MLflow and, if the verdict says so, make it champion.

Safe to repeat, safe to kill, safe against others who promote at the same time.
"""

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PipelineError
from pipelines.judge import facts, page, words
from pipelines.problem.names import DESCRIPTION, NAME
from pipelines.record import files, lineage, location

INPUTS = [Path(name) for name in (lineage.CONFIG, lineage.LOCK, lineage.ENVIRONMENT)]


def promote(
    ingested: Path, validation: Path, history: Path, held_out: Path, split: Path, model: Path, card: Path,
    record: Path, evaluated: Path, decision: Path,
) -> None:  # fmt: skip
    """Write decision.json, once the registry agrees with it."""
    evaluation = files.read_json(evaluated / "evaluation.json")
    digest = files.sha256(evaluated / "evaluation.json")
    experiment, asked = os.environ.get("DVC_EXP_NAME", ""), files.read_json(record)
    if _on_record(decision, asked, evaluation, digest, experiment):
        print(f"promote: nothing to do; {files.read_json(decision)['summary']}")
        return
    origin = lineage.lineage()
    _check_evaluated(model, evaluation, origin, asked)
    _check_opponent(evaluation, record.with_name("base"))
    from pipelines.record import registry, runs, tracking  # noqa: PLC0415  # costs seconds, and often there is nothing to do

    made, report, division = (files.read_json(path) for path in (card, validation / "report.json", split))
    with tracking.explained():
        book = registry.Registry(NAME, create=True)
        params, made_of = _made_of(book, origin, evaluation, made, report["counts"])
        tags = facts.tags(made, files.sha256(card), division, evaluation, experiment)
        candidate = runs.Candidate(
            origin=origin,
            params=params,
            metrics=facts.metrics(made, evaluation),
            tags={**tags, **origin.tags, "evaluation": digest},
            note=words.markdown(evaluation, made_of, report),
            lineage=made_of,
            datasets=_datasets(history, held_out, division, ingested, origin),
            artifacts=_artifacts(
                evaluated, validation, page.Found(report, evaluation, made, made_of, params), decision
            ),
            model=model,
            card=card,
            examples=held_out,
        )
        run = runs.record(book, book.ensure(DESCRIPTION), candidate)
        outcome = _keep(evaluation, experiment, origin) or _crown(book, runs, run, evaluation)
        book.follow_ledger()
        known = book.known(origin.inputs.candidate, made["model_sha256"])
    outcome |= _of(evaluation, origin, made_of, experiment) | {"champion": known.champion, "evaluation_sha256": digest}
    outcome["run_url"] = book.url(run)
    files.write_json(decision, outcome)
    if known.crowned or known.champion == _opponent(evaluation):  # else baseline has to look again
        files.write_json(record, {**asked, **asdict(known)})
    print(f"promote: {outcome['summary']}\n  {outcome['run_url']}")


def _check_evaluated(
    model: Path, evaluation: dict[str, Any], origin: lineage.Lineage, asked: dict[str, Any]
) -> None:  # fmt: skip
    """Refuse a model that is not the very one that was evaluated, of the very inputs that baseline asked about."""
    if (found := files.sha256(model)) != evaluation["model_sha256"]:
        judged = evaluation["model_sha256"][:12]
        raise PipelineError(f"{model} ({found[:12]}) is not the model that was evaluated ({judged}). Run `dvc repro`.")
    if origin.inputs.candidate != asked["candidate"]:
        raise PipelineError("code, data or params were changed while the pipeline ran. Run `dvc repro` again.")


def _check_opponent(evaluation: dict[str, Any], base: Path) -> None:
    """Refuse what was judged against a model that no registry knows."""
    opponent = evaluation["champion"]
    if opponent and opponent["version"] is None:
        raise PipelineError(
            f"the candidate was judged against the model of commit {opponent['name']}, which no registry knows. Remove "
            f"{base} and run `dvc repro` to begin with a first champion."
        )


def _on_record(
    decision: Path, known: dict[str, Any], evaluation: dict[str, Any], digest: str, experiment: str
) -> bool:  # fmt: skip
    """Tell whether registry and decision.json already say all there is to say."""
    if not decision.exists() or known["evaluation"] != digest:
        return False
    last = files.read_json(decision)
    current = (last["evaluation_sha256"], last["experiment"]) == (digest, experiment)
    same = last["candidate"] == known["candidate"] == lineage.inputs().candidate
    settled = known["champion"] == last["champion"] == known["alias"]
    done = last["action"] != "uncommitted" and (known["crowned"] or evaluation["decision"] != "promote" or experiment)
    return bool(current and same and settled and done and _numbered(last["lineage"]))


def _numbered(last: str) -> bool:
    """Tell whether the numbers on record are still right; history is read only if some content had none yet."""
    return "+dirty" not in last or last == words.made_from(lineage.lineage().facts)


def _made_of(
    book: Any, origin: lineage.Lineage, evaluation: dict[str, Any], card: dict[str, Any], counts: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the candidate's params, and its lineage.json."""
    params = facts.params(yaml.safe_load(Path(lineage.CONFIG).read_text()), card, origin.python)
    theirs = book.params_of(_opponent(evaluation))
    return params, facts.lineage(origin.facts, counts, card, evaluation, theirs, params)


def _artifacts(evaluated: Path, validation: Path, found: page.Found, decision: Path) -> dict[str, list[Path]]:
    """Write the page that tells all of this run; return the files that its record keeps, by folder."""
    pictures = {file.stem: file.read_bytes() for file in _visible(evaluated) if file.suffix == ".png"}
    path = decision.with_name("report.html")
    files.write_bytes(path, page.page(replace(found, pictures=pictures)).encode())
    return {"evaluation": _visible(evaluated), "validation": _visible(validation), "inputs": INPUTS, "report": [path]}


def _datasets(
    history: Path, held_out: Path, division: dict[str, Any], ingested: Path, origin: lineage.Lineage
) -> dict[str, tuple[Path, str]]:
    return {
        "training": (history, files.sha256(history)),
        "holdout": (held_out, division["holdout_sha256"]),
        "table": (ingested / "table.parquet", origin.inputs.data.removesuffix(".dir")),
    }


def _opponent(evaluation: dict[str, Any]) -> str | None:
    return evaluation["champion"]["version"] if evaluation["champion"] else None


def _visible(folder: Path) -> list[Path]:
    """Return a folder's content without what a kill left half written."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]


def _of(
    evaluation: dict[str, Any], origin: lineage.Lineage, made_of: dict[str, Any], experiment: str
) -> dict[str, Any]:
    return {
        "decision": evaluation["decision"],
        "reasons": evaluation["reasons"],
        "candidate": origin.inputs.candidate,
        "lineage": words.made_from(made_of),
        "experiment": experiment,
    }


def _keep(evaluation: dict[str, Any], experiment: str, origin: lineage.Lineage) -> dict[str, Any] | None:
    """Return why the champion stays, None if it does not."""
    opponent = _opponent(evaluation)
    stays = f"champion v{opponent} stays" if opponent else "there is no champion"
    if evaluation["decision"] != "promote":
        action = "rejected" if evaluation["decision"] == "reject" else "on hold"
        return {"action": action, "version": None, "summary": f"candidate {action}, {stays}"}
    if experiment:
        said = f"experiment {experiment} passed the gate; `dvc exp apply {experiment}` and `dvc repro` promote it"
        return {"action": "experiment", "version": None, "summary": said}
    if origin.uncommitted and location.is_shared():
        changed = ", ".join(origin.uncommitted)
        said = f"not promoted, {stays}: a shared registry takes committed work only. Commit {changed}, then `dvc repro`"
        return {"action": "uncommitted", "version": None, "summary": said}
    return None


def _crown(book: Any, runs: Any, run: Any, evaluation: dict[str, Any]) -> dict[str, Any]:
    beaten = _opponent(evaluation)
    book.check(beaten, run)
    version = runs.register(book, run, beaten)
    book.crown(version, "promote", beaten, "; ".join(evaluation["reasons"]))
    summary = f"v{version.version} is champion, it replaced {f'v{beaten}' if beaten else 'nobody'}"
    return {"action": "promoted", "version": str(version.version), "summary": summary}
