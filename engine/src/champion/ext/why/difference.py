"""What changed between two candidates, and what each change did to the loss: by retraining mixtures of them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack

import click
import numpy as np
import pandas as pd

from champion.core.documents.answers import Changes, CodeChange, Compared, ComparisonHoldout, EnvironmentChange, Why
from champion.core.errors import PipelineError, Refusal
from champion.core.holdout import blocks
from champion.core.params import Evaluate
from champion.core.problem import Problem
from champion.core.rows import window
from champion.ext.why import attribution, changes
from champion.ext.why.counterfactuals import Retrained, Retrainer, differing
from champion.features.rows import rows_of
from champion.lineage import git, identity
from champion.metrics import comparable, losses, own_loss, scores, slices
from champion.metrics.aggregates import Loss
from champion.registry.recorded import RecordedCandidate
from champion.report import mlflow_fields

Parts = frozenset[str]
MAKERS = ("code", "environment")  # what makes a table of a delivery


def measured(
    problem: Problem, old: RecordedCandidate, new: RecordedCandidate, latest: RecordedCandidate, rules: Evaluate
) -> Why:
    """Retrain mixtures of two candidates, score all on rows that neither has seen, and share out the difference.

    Those rows are taken from the table of `latest`. The answer has no question and no sentence yet.

    Raises:
        Refusal: if the two do not differ, or there are no rows to compare on.
    """
    parts = differing(old, new)
    if not parts:
        raise Refusal(f"{old.name} and {new.name} were made of the same code, data, config and environment.")
    with ExitStack() as copies:
        retrainer = Retrainer(problem, old, new, latest, [*problem.row, problem.target], copies)
        causes, models, inseparable = _train(problem, retrainer, _causes(old, new, parts))
    table = retrainer.tables[latest.identity.data].sort_values(problem.key, ignore_index=True)
    known, labels, unlabelled = _known(problem, table)
    judged, loss = _losses(problem, models, known, rules)
    rows, labels = table[judged].reset_index(drop=True), labels[judged].reset_index(drop=True)
    groups = blocks(rows, problem.unit, problem.time)
    if len(np.unique(groups)) < 2:
        raise Refusal(f"{len(rows):,} rows that neither has seen are too few to compare on. Wait for new data.")
    by_cause = {taken: loss[_parts(causes, taken)] for taken in attribution.coalitions(list(causes))}
    whole, shares, interactions = attribution.effects(by_cause, list(causes), groups, labels, rules)
    before, after = loss[frozenset()], loss[frozenset(parts)]
    return Why(
        old=_compared(old, models[frozenset()]),
        new=_compared(new, models[frozenset(parts)]),
        metric=rules.loss,
        holdout=ComparisonHoldout(
            of=latest.name, rows=len(rows), window=window(rows, problem.time), data=latest.provenance.data.version
        ),
        loss=(round(before.total, 6), round(after.total, 6)),
        whole=whole,
        shares=shares,
        interactions=interactions,
        inseparable=inseparable,
        notes=[*retrainer.notes, *unlabelled],
        same_delivery=_is_remade(old, new, parts),
        changed=_changed(problem, old, new, parts, retrainer.tables),
        slices=slices.compare(after, before, groups, labels, rules),
    )


def _causes(old: RecordedCandidate, new: RecordedCandidate, parts: list[str]) -> dict[str, Parts]:
    """Return what can have done it, and the parts that each took along.

    Another table from the same delivery is no new data: whatever made it differently did.
    """
    if not _is_remade(old, new, parts):
        return {part: frozenset({part}) for part in parts}
    makers = [part for part in MAKERS if part in parts]
    rest = {part: frozenset({part}) for part in parts if part not in (*makers, "data")}
    return {" and ".join(makers): frozenset({*makers, "data"}), **rest}


def _is_remade(old: RecordedCandidate, new: RecordedCandidate, parts: list[str]) -> bool:
    """Tell whether the same delivery became another table. Which causes were taken together later tells nothing of that."""
    same = _delivery(old) == _delivery(new) and bool(_delivery(old)[0])
    return "data" in parts and same and any(part in parts for part in MAKERS)


def _delivery(candidate: RecordedCandidate) -> tuple[str, int, str | None]:
    """Return what tells deliveries apart; where the folder does not hold them, as with a database, the number of rows."""
    data = candidate.provenance.data
    return data.source_digest, data.source_rows, candidate.run.params.get("ingest.as_of")


def _train(
    problem: Problem, retrainer: Retrainer, causes: dict[str, Parts]
) -> tuple[dict[str, Parts], dict[Parts, Retrained], str]:
    """Train every mixture; causes that do not work apart are taken together, and why is said."""
    models: dict[Parts, Retrained] = {}
    _build(retrainer, models, [frozenset(), _parts(causes, frozenset(causes))], "training the two")
    _check_same_problem(problem, retrainer, *models.values())
    inseparable = ""
    for joined in _joined(causes):
        todo = [_parts(joined, taken) for taken in attribution.coalitions(list(joined))]
        try:  # at the latest with all as one, nothing is left to train
            _build(retrainer, models, [taken for taken in todo if taken not in models], "training mixtures")
            break
        except PipelineError as error:
            inseparable = str(error)
    return joined, models, inseparable


def _build(retrainer: Retrainer, models: dict[Parts, Retrained], todo: list[Parts], label: str) -> None:
    with click.progressbar(todo, label=label, file=sys.stderr, hidden=not (todo and sys.stderr.isatty())) as bar:
        for taken in bar:
            models[taken] = retrainer.build(taken)


def _joined(causes: dict[str, Parts]) -> Iterator[dict[str, Parts]]:
    """Return the causes one by one, then code and what may have come with it (a dial, a column) as one, then all as one."""
    yield causes
    for together in ({"code", "config"}, {"code", "data"}, set(causes)):
        names = [name for name in causes if name in together]
        if len(names) == len(together):
            rest = {name: parts for name, parts in causes.items() if name not in together}
            yield {" and ".join(names): frozenset().union(*(causes[name] for name in names)), **rest}


def _parts(causes: dict[str, Parts], taken: Parts) -> Parts:
    return frozenset().union(*(causes[name] for name in taken))


def _check_same_problem(problem: Problem, retrainer: Retrainer, old: Retrained, new: Retrained) -> None:
    """Stop before more is trained if no row can be judged by both."""
    names = retrainer.old.name, retrainer.new.name
    for mixture in (old, new):
        if missing := {*problem.row, problem.target} - {*mixture.rows}:
            raise Refusal(f"one of the two does not know {', '.join(sorted(missing))}: they solve different problems.")
    if not comparable.are_classes_comparable(old.card.classes, new.card.classes):
        known = f"{names[0]} knows the classes {old.card.classes}, {names[1]} {new.card.classes}"
        raise Refusal(f"{known}: what each change did to the loss cannot be told.")
    for name in problem.unit if problem.time is None else ():
        kinds = sorted({str(table[name].dtype) for table in retrainer.tables.values()})
        if len(kinds) > 1:  # the split hangs on how a key is written
            raise Refusal(f"the key {name} is {' and '.join(kinds)}: which rows each was trained on cannot be told.")


def _losses(
    problem: Problem, models: dict[Parts, Retrained], known: pd.DataFrame, rules: Evaluate
) -> tuple[np.ndarray, dict[Parts, Loss]]:
    """Return which comparable rows, in the order of their keys, no mixture was trained on, and the losses on them.

    `known` is what today's problem knows of those rows, for a loss of its own.
    """
    ordered = {taken: mixture.rows.sort_values(problem.key).index for taken, mixture in models.items()}
    judged = np.logical_and.reduce(
        [
            scores.unseen(problem, mixture.card.split, mixture.rows.loc[ordered[taken]])
            for taken, mixture in models.items()
        ]
    )
    if not judged.any():
        raise Refusal("there is no row that neither has seen: one was trained on later data. Wait for new data.")
    loss, settings = {}, own_loss.settings(problem, known[judged], rules)
    for taken, mixture in models.items():
        rows = ordered[taken][judged]
        predicted, classes = mixture.predicted[rows], mixture.card.classes
        loss[taken] = losses.losses(rules.metric, mixture.rows.loc[rows, problem.target], predicted, classes, settings)
    if not all(np.isfinite(each.by_row).all() for each in loss.values()):
        raise Refusal("one of the models, or a mixture of the two, does not give every row a finite prediction.")
    if any(np.isnan(each.total) for each in loss.values()):
        raise Refusal(
            f"{rules.metric} tells nothing on the {judged.sum():,} rows that neither has seen. Wait for new data."
        )
    return judged, loss


def _known(problem: Problem, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the rows as today's problem knows them and their slices, or why its features cannot be made of that table."""
    try:
        rows = rows_of(problem, table)
        return rows, slices.labelled(problem.features.slices(rows), rows), []
    except Exception as error:  # noqa: BLE001  # it is the user's code of today, on a table of another day
        why = f"slices cannot be told: today's pipelines/problem/features.py fails on that table ({error!r})"
        return table, pd.DataFrame(index=table.index), [why]


def _compared(candidate: RecordedCandidate, rebuilt: Retrained) -> Compared:
    same = rebuilt.card.model_sha256 == candidate.run.tags["model_sha256"]
    return Compared(name=candidate.name, run_url=candidate.url, rebuilt_exactly=same, made_from=candidate.provenance)


def _changed(
    problem: Problem, old: RecordedCandidate, new: RecordedCandidate, parts: list[str], tables: dict[str, pd.DataFrame]
) -> Changes:
    """Return what differs, for each part that does."""
    then, now = old.provenance, new.provenance
    code = data = config = environment = None
    if "code" in parts:
        commits, files = git.between(_commit(old), _commit(new), identity.CODE)
        code = CodeChange(commits=commits, files=files, uncommitted=(then.code.uncommitted, now.code.uncommitted))
    if "data" in parts:
        data = changes.of_tables(tables[old.identity.data], tables[new.identity.data], problem.key, problem.time)
    if "config" in parts:
        config = mlflow_fields.changed(old.run.params, new.run.params)
    if "environment" in parts:
        before, after = (candidate.content(identity.ENVIRONMENT).decode() for candidate in (old, new))
        pythons = (then.environment.python, now.environment.python)
        environment = EnvironmentChange(packages=changes.of_locks(before, after), python=pythons)
    return Changes(code=code, data=data, config=config, environment=environment)


def _commit(candidate: RecordedCandidate) -> str:
    """Return its commit, or where that is gone from this clone, the first on this branch that has the same code."""
    if git.has(candidate.commit):
        return candidate.commit
    return identity.commits(candidate.identity)["code"] or candidate.commit
