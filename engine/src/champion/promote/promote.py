"""Record the candidate in MLflow and, if the verdict says so, make it champion.

Safe to repeat, safe to kill, safe against others who promote at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from champion.core import files
from champion.core.documents.evaluation import Action, Decision
from champion.core.documents.registry import RegistryState
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.core.records import Decided
from champion.evaluate import verdicts
from champion.lineage import identity, provenance
from champion.promote import hooks
from champion.promote.candidate import Candidate
from champion.registry import beginning, mlflow_uri, registry_state
from champion.report import text

if TYPE_CHECKING:
    from champion.registry.entities import RecordedRun
    from champion.registry.registry import Registry


ASK_AGAIN = ("uncommitted", "kept: a hook")  # what another run may decide otherwise, though nothing changed


@dataclass(frozen=True)
class Outcome:
    """What became of a verdict."""

    action: Action
    promoted: str | None  # number of the new champion
    summary: str


def settle(problem: Problem, candidate: Candidate) -> Decided:
    """Record a candidate and, if its verdict says so, make it champion; write decision.json, once the registry agrees with it.

    Raises:
        PipelineError: if the candidate is not the one that was judged, or the champion not the one it was compared with.
        RegistryUnavailable: if the registry refuses; the same command finishes what it began.
    """
    asked = RegistryState.read(candidate.opponent.state)
    if last := _on_record(asked, candidate):
        print(f"promote: nothing to do; {last.summary}")
        hooks.tell(problem, candidate.decided.folder)
        return candidate.decided
    tree = identity.working_tree()
    _check_evaluated(candidate, tree, asked)
    _check_champion(candidate)
    if candidate.evaluation.is_unknown:
        _hold_back(candidate, tree)
    else:
        hooks.tell(problem, candidate.decided.folder, _apply(problem, candidate, tree, asked))
    return candidate.decided


def _written(candidate: Candidate, tree: identity.WorkingTree, **outcome: object) -> Decision:
    """Write what became of a verdict."""
    written = Decision.model_validate(
        {
            "decision": candidate.evaluation.decision,
            "reasons": candidate.evaluation.reasons,
            "candidate": tree.identity.candidate,
            "numbered": tree.numbers.committed,
            "experiment": candidate.experiment,
            "evaluation_sha256": candidate.evaluation_sha256,
            "template": identity.template(),
            **outcome,
        }
    )
    written.write(candidate.decided.file)
    return written


def _hold_back(candidate: Candidate, tree: identity.WorkingTree) -> None:
    """Leave every registry as it is, since it cannot be told which one is right; remember whom the last run left."""
    last = beginning.last_decision(candidate.decided.file)
    written = _written(
        candidate,
        tree,
        action="on hold",
        promoted=None,
        summary="nothing is recorded: it cannot be told who is champion",
        made_from=_made_from(tree.numbers),
        champion=last.champion if last else None,
        run_url="",
    )
    print(f"promote: {written.summary}")


def _apply(problem: Problem, candidate: Candidate, tree: identity.WorkingTree, asked: RegistryState) -> str:
    """Record the candidate and decide; return its run."""
    from champion.promote import recording  # noqa: PLC0415
    from champion.registry import registry, runs, tracking  # noqa: PLC0415  # costs seconds, and often there is nothing to do

    stand_in = candidate.opponent.stand_in
    with tracking.explained():
        recorded = registry.Registry(problem.name, create=True, migrate=True)
        gathered = recording.gather(recorded, candidate, tree)
        anew = beginning.said(stand_in, problem.name) is not None
        kept = runs.record(recorded, recorded.ensure(problem.description, anew=anew), gathered)
        outcome = _keep(candidate, tree) or _set_champion(recorded, kept, candidate)
        recorded.follow_ledger()
        if outcome.promoted:
            beginning.forget(stand_in)
        known = recorded.known(tree.identity.candidate, candidate.evaluation.model_sha256)
    written = _written(
        candidate,
        tree,
        action=outcome.action,
        promoted=outcome.promoted,
        summary=outcome.summary,
        made_from=text.made_from(gathered.provenance),
        champion=known.champion,
        run_url=recorded.url(kept),
    )
    if known.is_champion or known.champion == candidate.champion:  # else baseline has to look again
        registry_state.renew(candidate.opponent.state, asked, known)
    print(f"promote: {written.summary}\n  {mlflow_uri.link(written.run_url)}")
    if outcome.promoted:
        _release(problem)
    return kept.id


def _release(problem: Problem) -> None:
    """Let others have the rows of the new champion, where that was asked for: it stands, whatever becomes of that."""
    from champion.core.source import Releases  # noqa: PLC0415  # pandas, and mostly nothing is promoted

    try:
        done = problem.system.released(provenance.state()) if isinstance(problem.system, Releases) else ""
    except PipelineError as error:
        done = f"the champion was promoted, its data was not released. {error}"
    if done:
        print(f"  {done}")


def _check_evaluated(candidate: Candidate, tree: identity.WorkingTree, asked: RegistryState) -> None:
    """Refuse models that are not the very ones that were evaluated, of the very inputs that baseline asked about."""
    trained, evaluation = candidate.trained, candidate.evaluation
    for model, expected in (
        (trained.judged, evaluation.model_sha256),
        (trained.shipped, evaluation.shipped_sha256),
    ):
        if (digest := files.sha256(model.file)) != expected:
            raise PipelineError(
                f"{model.file} ({digest[:12]}) is not the model that was evaluated ({expected[:12]}). Run `dvc repro`."
            )
    if tree.identity.candidate != asked.question.candidate:
        raise PipelineError("code, data or params were changed while the pipeline ran. Run `dvc repro` again.")


def _check_champion(candidate: Candidate) -> None:
    """Refuse what was judged against a model that no registry knows."""
    champion = candidate.evaluation.champion
    if champion and champion.version is None:
        raise PipelineError(
            f"the candidate was judged against the model of commit {champion.name}, which no registry knows. "
            f"Remove {candidate.opponent.stand_in} and run `dvc repro` to begin with a first champion."
        )


def _on_record(asked: RegistryState, candidate: Candidate) -> Decision | None:
    """Return what was decided if registry and decision.json already say all there is to say."""
    last = candidate.decided.last
    if last is None or asked.known.evaluation != candidate.evaluation_sha256:
        return None
    current = (last.evaluation_sha256, last.experiment) == (candidate.evaluation_sha256, candidate.experiment)
    same = last.candidate == asked.question.candidate == identity.current().candidate
    settled = asked.known.champion == last.champion == asked.known.alias
    done = asked.known.is_champion or candidate.evaluation.decision != "promote" or bool(candidate.experiment)
    if current and same and settled and done and last.action not in ASK_AGAIN and _is_numbered(last):
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


def _keep(judged: Candidate, tree: identity.WorkingTree) -> Outcome | None:
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
    if why := hooks.objection():
        return Outcome("kept: a hook", None, f"kept: a hook; {stays}: {why}")
    return None


def _set_champion(registry: Registry, kept: RecordedRun, judged: Candidate) -> Outcome:
    from champion.registry import runs  # noqa: PLC0415  # MLflow

    registry.check(judged.champion, kept)
    version = runs.register(registry, kept, judged.champion)
    registry.set_champion(version, "promote", judged.champion, verdicts.reasons(judged.evaluation))
    replaced = f"v{judged.champion}" if judged.champion else "nobody"
    return Outcome("promoted", version.number, f"{version.name} is champion, it replaced {replaced}")
