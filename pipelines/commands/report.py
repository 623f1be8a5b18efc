"""Write what the last run found: a page for people, and Markdown for a pull request or a job's summary."""

from pathlib import Path
from typing import Any

import yaml

from pipelines.commands import status
from pipelines.errors import PipelineError
from pipelines.judge import facts, page, words
from pipelines.record import files, flow, lineage, location

PICTURES = ("predictions", "slices")


def report() -> str:
    """Write reports/report.html and reports/summary.md; return the Markdown. Without data there is no page."""
    failed, told = flow.failed(), files.REPORTS / "report.html"
    parts = [page.MARKER, *([page.stopped(**failed)] if failed else [])]
    if failed.get("stage") in ("ingest", "validate"):
        told.unlink(missing_ok=True)
    else:
        found = _found()
        parts.append(page.summary(found))
        files.write_bytes(told, page.page(found).encode())
    text = "\n".join(parts)
    files.write_bytes(files.REPORTS / "summary.md", text.encode())
    return text


def _found() -> page.Found:
    checked = files.read_json(flow.path_of("validate", "2-validate") / "report.json")
    folder, stale = flow.path_of("evaluate", "6-evaluate"), flow.stale("evaluate")
    if checked["success"] and {"ingest", "validate"} & {*stale}:
        raise PipelineError("the data changed since it was validated, or could not be read. Run `dvc repro validate`.")
    if not checked["success"] or stale:  # what was evaluated before is no news
        return page.Found(checked)
    evaluation, card = files.read_json(folder / "evaluation.json"), files.read_json(flow.path_of("train", "card.json"))
    theirs = files.read_json(flow.path_of("evaluate", "champion") / "identity.json").get("params", {})
    now, made = lineage.lineage(), _made(folder / "evaluation.json")
    params = facts.params(yaml.safe_load(Path(lineage.CONFIG).read_text()), card, now.python)
    return page.Found(
        report=checked,
        evaluation=evaluation,
        card=card,
        made_of=facts.lineage(now.facts, checked["counts"], card, evaluation, theirs, params),
        params=params,
        pictures={name: (folder / f"{name}.png").read_bytes() for name in PICTURES},
        outcome=_told(made) if made else _outcome(evaluation),
        promoted=made.get("action") == "promoted" or _settled(),
    )


def _made(judged: Path) -> dict[str, Any]:
    """Return what was made of this very evaluation, nothing if it was not applied."""
    decision = flow.path_of("promote", "decision.json")
    made = files.read_json(decision) if decision.exists() else {}
    return made if made.get("evaluation_sha256") == files.sha256(judged) else {}


def _told(made: dict[str, Any]) -> str:
    """Return what was made of the decision, and who is champion if that is no longer so."""
    now, moved = status.champion(made)
    return f"{made['summary']}; now {now}" if moved else str(made["summary"])


def _settled() -> bool:
    return location.is_settled(flow.path_of("baseline", "record.json"))


def _outcome(evaluation: dict[str, Any]) -> str:
    """Say why nothing was made of the decision."""
    if words.is_itself(evaluation) or _settled():
        return "nothing to promote: it is the champion already"
    if evaluation["decision"] != "promote":
        return ""
    if location.is_shared():
        return f"not applied yet: `make promote` does, in {location.shown(location.tracking_uri())}"
    return "not applied: no registry configured. Set MLFLOW_TRACKING_URI to let CI apply decisions, see docs/team.md"
