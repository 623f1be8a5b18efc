"""Record the candidate in MLflow and, if the verdict says so, make it champion.

Safe to repeat, safe to kill, safe against others who promote at the same time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import files
from pipelines.documents.evaluation import Action, Decision, Evaluation
from pipelines.documents.model import MODEL
from pipelines.documents.registry import RegistryState
from pipelines.errors import PipelineError
from pipelines.problem.names import DESCRIPTION, NAME
from pipelines.record import beginning, dvc, identity, mirror, mlflow_uri, provenance, registry_state
from pipelines.report import text
from pipelines.stages.candidate import Judged, Paths

if TYPE_CHECKING:
    from pipelines.record.entities import RecordedRun
    from pipelines.record.registry import Registry


@dataclass(frozen=True)
class Outcome:
    """What became of a verdict."""

    action: Action
    promoted: str | None  # number of the new champion
    summary: str


def promote(
    ingested: Path, validation: Path, training: Path, holdout: Path, split: Path, model: Path, card: Path,
    refit: Path, state: Path, evaluation: Path, decision: Path,
) -> None:  # fmt: skip
    """Write decision.json, once the registry agrees with it.

    Raises:
        PipelineError: if the candidate is not the one that was judged, or the champion not the one it was compared with.
        RegistryUnavailable: if the registry refuses; the same command finishes what it began.
    """
    paths = Paths(ingested, validation, training, holdout, split, model, card, refit, state, evaluation, decision)
    file = evaluation / "evaluation.json"
    judged = Judged(Evaluation.read(file), files.sha256(file), os.environ.get("DVC_EXP_NAME", ""))
    asked = RegistryState.read(state)
    if last := _on_record(decision, asked, judged):
        print(f"promote: nothing to do; {last.summary}")
        mirror.catch_up(NAME)
        return
    tree = identity.working_tree()
    _check_evaluated(paths, judged.evaluation, tree, asked)
    _check_champion(judged.evaluation)
    if judged.evaluation.is_unknown:
        _hold_back(decision, judged, tree)
    else:
        mirror.catch_up(NAME, _apply(paths, judged, tree, asked))


def _hold_back(file: Path, judged: Judged, tree: identity.WorkingTree) -> None:
    """Leave every registry as it is, since it cannot be told which one is right; remember whom the last run left."""
    last = beginning.last_decision(file)
    numbers = tree.numbers
    written = Decision(
        action="on hold",
        promoted=None,
        summary="nothing is recorded: it cannot be told who is champion",
        decision=judged.evaluation.decision,
        reasons=judged.evaluation.reasons,
        candidate=tree.identity.candidate,
        made_from=_made_from(numbers),
        numbered=numbers.committed,
        experiment=judged.experiment,
        champion=last.champion if last else None,
        evaluation_sha256=judged.evaluation_sha256,
        run_url="",
        template=identity.template(),
    )
    written.write(file)
    print(f"promote: {written.summary}")


def _apply(paths: Paths, judged: Judged, tree: identity.WorkingTree, asked: RegistryState) -> str:
    """Record the candidate and decide; return its run."""
    from pipelines.record import registry, runs, tracking  # noqa: PLC0415  # costs seconds, and often there is nothing to do
    from pipelines.stages import recording  # noqa: PLC0415

    with tracking.explained():
        recorded = registry.Registry(NAME, create=True, migrate=True)
        candidate = recording.gather(recorded, paths, judged, tree)
        stand_in = dvc.path("baseline", "stand-in")
        anew = beginning.said(stand_in, NAME) is not None
        kept = runs.record(recorded, recorded.ensure(DESCRIPTION, anew=anew), candidate)
        outcome = _keep(judged, tree) or _set_champion(recorded, kept, judged)
        recorded.follow_ledger()
        if outcome.promoted:
            beginning.forget(stand_in)
        known = recorded.known(tree.identity.candidate, judged.evaluation.model_sha256)
    written = Decision(
        action=outcome.action,
        promoted=outcome.promoted,
        summary=outcome.summary,
        decision=judged.evaluation.decision,
        reasons=judged.evaluation.reasons,
        candidate=tree.identity.candidate,
        made_from=text.made_from(candidate.provenance),
        numbered=tree.numbers.committed,
        experiment=judged.experiment,
        champion=known.champion,
        evaluation_sha256=judged.evaluation_sha256,
        run_url=recorded.url(kept),
        template=identity.template(),
    )
    written.write(paths.decision)
    if known.is_champion or known.champion == judged.champion:  # else baseline has to look again
        registry_state.renew(paths.state, asked, known)
    print(f"promote: {written.summary}\n  {mlflow_uri.link(written.run_url)}")
    if outcome.promoted:
        _release()
    return kept.id


def _release() -> None:
    """Let others have the rows of the new champion, where that was asked for: it stands, whatever becomes of that."""
    from pipelines.sources.source import Releases  # noqa: PLC0415  # pandas, and mostly nothing is promoted
    from pipelines.stages.upstream import SOURCE  # noqa: PLC0415

    try:
        done = SOURCE.released(provenance.state()) if isinstance(SOURCE, Releases) else ""
    except PipelineError as error:
        done = f"the champion was promoted, its data was not released. {error}"
    if done:
        print(f"  {done}")


def _check_evaluated(paths: Paths, evaluation: Evaluation, tree: identity.WorkingTree, asked: RegistryState) -> None:
    """Refuse models that are not the very ones that were evaluated, of the very inputs that baseline asked about."""
    refit = paths.refit / MODEL
    for file, expected in (
        (paths.model, evaluation.model_sha256),
        (refit if refit.exists() else paths.model, evaluation.shipped_sha256),
    ):
        if (digest := files.sha256(file)) != expected:
            raise PipelineError(
                f"{file} ({digest[:12]}) is not the model that was evaluated ({expected[:12]}). Run `dvc repro`."
            )
    if tree.identity.candidate != asked.question.candidate:
        raise PipelineError("code, data or params were changed while the pipeline ran. Run `dvc repro` again.")


def _check_champion(evaluation: Evaluation) -> None:
    """Refuse what was judged against a model that no registry knows."""
    if evaluation.champion and evaluation.champion.version is None:
        raise PipelineError(
            f"the candidate was judged against the model of commit {evaluation.champion.name}, which no registry knows. "
            f"Remove {dvc.path('baseline', 'stand-in')} and run `dvc repro` to begin with a first champion."
        )


def _on_record(file: Path, asked: RegistryState, judged: Judged) -> Decision | None:
    """Return what was decided if registry and decision.json already say all there is to say."""
    if not file.exists() or asked.known.evaluation != judged.evaluation_sha256:
        return None
    last = Decision.read(file)
    current = (last.evaluation_sha256, last.experiment) == (judged.evaluation_sha256, judged.experiment)
    same = last.candidate == asked.question.candidate == identity.current().candidate
    settled = asked.known.champion == last.champion == asked.known.alias
    done = asked.known.is_champion or judged.evaluation.decision != "promote" or bool(judged.experiment)
    if current and same and settled and done and last.action != "uncommitted" and _is_numbered(last):
        return last
    return None


def _is_numbered(last: Decision) -> bool:
    """Tell whether the numbers on record are still right; history is read only if some content had none yet."""
    if last.numbered:
        return True
    numbers = identity.working_tree().numbers
    return last.made_from == _made_from(numbers)


def _made_from(numbers: identity.Numbers) -> str:
    data = text.called(str(numbers.data), provenance.state())
    return text.numbers(data, str(numbers.code), str(numbers.config))


def _keep(judged: Judged, tree: identity.WorkingTree) -> Outcome | None:
    """Return why the champion stays, None if it does not."""
    stays = f"champion v{judged.champion} stays" if judged.champion else "there is no champion"
    if judged.evaluation.decision != "promote":
        action: Action = "rejected" if judged.evaluation.decision == "reject" else "on hold"
        return Outcome(action, None, f"{judged.evaluation.outcome}; {stays}")
    if name := judged.experiment:
        summary = f"experiment {name} passed the gate; `dvc exp apply {name}` and `dvc repro` promote it"
        return Outcome("experiment", None, summary)
    if tree.uncommitted and mlflow_uri.is_shared():
        changed = ", ".join(tree.uncommitted)
        why = f"a shared registry takes committed work only. Commit {changed}, then `dvc repro`"
        return Outcome("uncommitted", None, f"not promoted, {stays}: {why}")
    return None


def _set_champion(registry: Registry, kept: RecordedRun, judged: Judged) -> Outcome:
    from pipelines.record import runs  # noqa: PLC0415  # MLflow

    registry.check(judged.champion, kept)
    version = runs.register(registry, kept, judged.champion)
    registry.set_champion(version, "promote", judged.champion, text.reasons(judged.evaluation))
    replaced = f"v{judged.champion}" if judged.champion else "nobody"
    return Outcome("promoted", version.number, f"{version.name} is champion, it replaced {replaced}")
