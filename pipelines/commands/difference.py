"""What changed between two candidates, and what each change did to the loss: by retraining the mixtures."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import click
import numpy as np
import pandas as pd

from pipelines.errors import PipelineError, Refusal
from pipelines.judge import attribution, changes, facts, holdout, losses, reading, slices
from pipelines.judge.rules import Evaluate
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
        workshop = mixtures.Workshop(old, new, exam, copies)
        causes, built, inseparable = _train(workshop, _causes(old, new, parts))
    table = workshop.tables[exam.inputs.data].sort_values(KEY, ignore_index=True)
    judged, loss = _losses(built, rules)
    rows, labels = table[judged].reset_index(drop=True), _labels(table)[judged].reset_index(drop=True)
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
        "same_delivery": "data" in parts and "data" not in causes,
        "changed": _changed(old, new, parts, workshop.tables),
        "slices": [asdict(part) for part in slices.compare(after, before, blocks, labels, rules)],
    }
    return {"sentence": reading.sentence(answer), **answer}


def _causes(old: Origin, new: Origin, parts: list[str]) -> dict[str, Parts]:
    """Return what can have done it, and the parts that each took along.

    Another table from the same delivery is no new data: whatever made it differently did.
    """
    delivered = [(each.facts["data"]["source_digest"], each.run.data.params.get("ingest.as_of")) for each in (old, new)]
    maker = next((part for part in ("code", "environment") if part in parts), None)
    if "data" in parts and maker and delivered[0] == delivered[1]:
        return {part: frozenset({part, "data"} if part == maker else {part}) for part in parts if part != "data"}
    return {part: frozenset({part}) for part in parts}


def _train(
    workshop: mixtures.Workshop, causes: dict[str, Parts]
) -> tuple[dict[str, Parts], dict[Parts, mixtures.Mixture], str]:
    """Train every mixture; causes that do not work apart are taken together, and why is said."""
    built: dict[Parts, mixtures.Mixture] = {}
    inseparable = ""
    for joined in _joined(causes):
        todo = [_parts(joined, taken) for taken in attribution.mixtures(list(joined))]
        try:
            with click.progressbar(
                todo, label="training mixtures", file=sys.stderr, hidden=not sys.stderr.isatty()
            ) as bar:
                for taken in bar:
                    if taken not in built:
                        built[taken] = workshop.build(taken)
        except PipelineError as error:
            if len(built) < 2:  # the two candidates themselves come first
                raise
            inseparable = str(error)
        else:
            return joined, built, inseparable
    raise AssertionError(inseparable)


def _joined(causes: dict[str, Parts]) -> Iterator[dict[str, Parts]]:
    """Return the causes one by one, then with code and config as one (a new dial comes with its code), then all as one."""
    yield causes
    for together in ({"code", "config"}, set(causes)):
        names = [name for name in causes if name in together]
        if len(names) > 1:
            rest = {name: parts for name, parts in causes.items() if name not in together}
            yield {" and ".join(names): frozenset().union(*(causes[name] for name in names)), **rest}


def _parts(causes: dict[str, Parts], taken: Parts) -> Parts:
    return frozenset().union(*(causes[name] for name in taken))


def _losses(built: dict[Parts, mixtures.Mixture], rules: Evaluate) -> tuple[np.ndarray, dict[Parts, np.ndarray]]:
    """Return which rows of the exam, in the order of their keys, no mixture was trained on, and the losses on them."""
    for mixture in built.values():
        if missing := {*KEY, TARGET} - {*mixture.rows}:
            raise PipelineError(
                f"one of the two does not know {', '.join(sorted(missing))}: they solve different problems."
            )
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


def _labels(table: pd.DataFrame) -> pd.DataFrame:
    """Return the slices of today's problem."""
    known = features.features(table)
    return features.slices(pd.concat([table[[*KEY, TARGET]], known.set_axis(table.index)], axis=1))


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
