"""What changed between two candidates, and what each change did to the loss: by retraining the mixtures."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import click
import numpy as np
import pandas as pd

from pipelines.dials import Evaluate
from pipelines.errors import PipelineError, Refusal
from pipelines.judge import attribution, changes, facts, holdout, losses, reading, slices
from pipelines.problem import features
from pipelines.problem.names import KEY, TARGET, TIME
from pipelines.record import git, lineage, mixtures
from pipelines.record.origins import Origin

Parts = frozenset[str]


def measured(old: Origin, new: Origin, exam: Origin, rules: Evaluate) -> dict[str, Any]:
    """Retrain the mixtures of two candidates, score all on rows that neither has seen, and share out the difference.

    The exam is taken from the table of `exam`.
    """
    parts = mixtures.differing(old, new)
    if not parts:
        raise Refusal(f"{old.name} and {new.name} were made of the same code, data, config and environment.")
    with ExitStack() as copies:
        workshop = mixtures.Workshop(old, new, exam, [*KEY, TARGET], copies)
        causes, built, inseparable = _train(workshop, _causes(old, new, parts))
    table = workshop.tables[exam.inputs.data].sort_values(KEY, ignore_index=True)
    judged, loss = _losses(built, rules)
    labels, unlabelled = _labels(table)
    rows, labels = table[judged].reset_index(drop=True), labels[judged].reset_index(drop=True)
    blocks = holdout.blocks(rows, KEY, TIME)
    if len(np.unique(blocks)) < 2:
        raise Refusal(f"{len(rows):,} rows that neither has seen are too few to compare on. Wait for new data.")
    by_cause = {taken: loss[_parts(causes, taken)] for taken in attribution.mixtures(list(causes))}
    whole, shares, interactions = attribution.effects(by_cause, list(causes), blocks, labels, rules)
    before, after = loss[frozenset()], loss[frozenset(parts)]
    answer = {
        "old": _identity(old, built[frozenset()]),
        "new": _identity(new, built[frozenset(parts)]),
        "metric": rules.metric,
        "exam": {
            "of": exam.name,
            "rows": len(rows),
            "window": holdout.window(rows, TIME),
            "data": exam.facts["data"]["version"],
        },
        "loss": [round(float(before.mean()), 6), round(float(after.mean()), 6)],
        "whole": asdict(whole),
        "shares": [asdict(share) for share in shares],
        "interactions": [asdict(pair) for pair in interactions],
        "inseparable": inseparable,
        "notes": [*workshop.notes, *unlabelled],
        "same_delivery": "data" in parts and "data" not in causes,
        "changed": _changed(old, new, parts, workshop.tables),
        "slices": [asdict(part) for part in slices.compare(after, before, blocks, labels, rules)],
    }
    return {"sentence": reading.sentence(answer), **answer}


def _causes(old: Origin, new: Origin, parts: list[str]) -> dict[str, Parts]:
    """Return what can have done it, and the parts that each took along.

    Another table from the same delivery is no new data: whatever made it differently did.
    """
    makers = [part for part in ("code", "environment") if part in parts]
    if "data" not in parts or not makers or _delivery(old) != _delivery(new) or not _delivery(old)[0]:
        return {part: frozenset({part}) for part in parts}
    rest = {part: frozenset({part}) for part in parts if part not in (*makers, "data")}
    return {" and ".join(makers): frozenset({*makers, "data"}), **rest}


def _delivery(origin: Origin) -> tuple[str, int, str | None]:
    """Return what tells deliveries apart; where the folder does not hold them, as with a database, the number of rows."""
    data = origin.facts["data"]
    return data["source_digest"], data["source_rows"], origin.run.data.params.get("ingest.as_of")


def _train(
    workshop: mixtures.Workshop, causes: dict[str, Parts]
) -> tuple[dict[str, Parts], dict[Parts, mixtures.Mixture], str]:
    """Train every mixture; causes that do not work apart are taken together, and why is said."""
    built: dict[Parts, mixtures.Mixture] = {}
    _build(workshop, built, [frozenset(), _parts(causes, frozenset(causes))], "training the two")
    _check_same_problem(workshop, *built.values())
    inseparable = ""
    for joined in _joined(causes):
        todo = [_parts(joined, taken) for taken in attribution.mixtures(list(joined))]
        try:  # at the latest with all as one, nothing is left to train
            _build(workshop, built, [taken for taken in todo if taken not in built], "training mixtures")
            break
        except PipelineError as error:
            inseparable = str(error)
    return joined, built, inseparable


def _build(workshop: mixtures.Workshop, built: dict[Parts, mixtures.Mixture], todo: list[Parts], label: str) -> None:
    with click.progressbar(todo, label=label, file=sys.stderr, hidden=not (todo and sys.stderr.isatty())) as bar:
        for taken in bar:
            built[taken] = workshop.build(taken)


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


def _check_same_problem(workshop: mixtures.Workshop, old: mixtures.Mixture, new: mixtures.Mixture) -> None:
    """Stop before more is trained if no row can be judged by both."""
    names = workshop.old.name, workshop.new.name
    for mixture in (old, new):
        if missing := {*KEY, TARGET} - {*mixture.rows}:
            raise Refusal(f"one of the two does not know {', '.join(sorted(missing))}: they solve different problems.")
    if old.card["classes"] != new.card["classes"]:
        known = f"{names[0]} knows the classes {old.card['classes']}, {names[1]} {new.card['classes']}"
        raise Refusal(f"{known}: what each change did to the loss cannot be told.")
    for name in KEY if TIME is None else ():
        kinds = sorted({str(table[name].dtype) for table in workshop.tables.values()})
        if len(kinds) > 1:  # the split hangs on how a key is written
            raise Refusal(f"the key {name} is {' and '.join(kinds)}: which rows each was trained on cannot be told.")


def _losses(built: dict[Parts, mixtures.Mixture], rules: Evaluate) -> tuple[np.ndarray, dict[Parts, np.ndarray]]:
    """Return which rows of the exam, in the order of their keys, no mixture was trained on, and the losses on them."""
    ordered = {taken: mixture.rows.sort_values(KEY).index for taken, mixture in built.items()}
    judged = np.logical_and.reduce(
        [
            holdout.Split(**mixture.card["split"]).held_out(mixture.rows.loc[ordered[taken]], KEY, TIME)
            for taken, mixture in built.items()
        ]
    )
    if not judged.any():
        raise Refusal("there is no row that neither has seen: one was trained on later data. Wait for new data.")
    found = {}
    for taken, mixture in built.items():
        rows = ordered[taken][judged]
        predicted, classes = mixture.predicted[rows], mixture.card["classes"]
        found[taken] = losses.losses(rules.metric, mixture.rows.loc[rows, TARGET], predicted, classes)
    if not all(np.isfinite(each).all() for each in found.values()):
        raise Refusal("one of the models, or a mixture of the two, does not give every row a finite prediction.")
    return judged, found


def _labels(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the slices of today's problem, and why there are none if its features cannot be made of that table."""
    try:
        known = features.features(table)
        return features.slices(pd.concat([table[[*KEY, TARGET]], known.set_axis(table.index)], axis=1)), []
    except Exception as error:  # noqa: BLE001  # it is the user's code of today, on a table of another day
        said = f"slices cannot be told: today's pipelines/problem/features.py fails on that table ({error!r})"
        return pd.DataFrame(index=table.index), [said]


def _identity(origin: Origin, rebuilt: mixtures.Mixture) -> dict[str, Any]:
    same = rebuilt.card["model_sha256"] == origin.tags["model_sha256"]
    return {"name": origin.name, "run_url": origin.url, "rebuilt_exactly": same, "made_from": origin.facts}


def _changed(old: Origin, new: Origin, parts: list[str], tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return what differs, for each part that does."""
    found: dict[str, Any] = {}
    if "code" in parts:
        found["code"] = git.between(old.commit, new.commit, lineage.CODE)
        found["code"]["uncommitted"] = [old.facts["code"]["uncommitted"], new.facts["code"]["uncommitted"]]
    if "data" in parts:
        found["data"] = changes.of_tables(tables[old.inputs.data], tables[new.inputs.data], KEY, TIME)
    if "config" in parts:
        found["config"] = facts.changed(old.run.data.params, new.run.data.params)
    if "environment" in parts:
        locks = [origin.content(lineage.ENVIRONMENT).decode() for origin in (old, new)]
        pythons = [origin.facts["environment"]["python"] for origin in (old, new)]
        found["environment"] = {"packages": changes.of_locks(*locks), "python": pythons}
    return found
