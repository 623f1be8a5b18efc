"""The MLflow registry: which version is champion, and how another one becomes it."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # a dead server is told in seconds, not minutes

import mlflow  # it reads its settings when imported
import requests
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import PipelineError
from pipelines.record import lineage, location
from pipelines.record.ledger import Ledger, Move

ALIAS = "champion"
LEDGER_TAG = "ledger"  # on the registered model: the run that holds the moves


class Registry:
    """One problem's experiment, registered model and ledger."""

    def __init__(self, name: str) -> None:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("mlflow.store.db").setLevel(logging.CRITICAL)  # its tracebacks are told by explained()
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self.name, self.uri = name, location.tracking_uri()
        mlflow.set_tracking_uri(self.uri)
        self.client = MlflowClient(self.uri)

    @cached_property
    def experiment_id(self) -> str | None:
        """Return the experiment's id, None before the first candidate is recorded."""
        found = self.client.get_experiment_by_name(self.name)
        return found.experiment_id if found else None

    @cached_property
    def ledger(self) -> Ledger:
        """Return the moves of the champion; empty before the first one."""
        return Ledger(self.client, self._ledger_run())

    def champion(self) -> ModelVersion | None:
        """Return the champion that the ledger names. The alias follows the ledger."""
        moves = self.ledger.moves()
        return self.version(moves[-1].after) if moves else None

    def version(self, wanted: str) -> ModelVersion:
        """Return one registered version."""
        return self.client.get_model_version(self.name, wanted)

    def versions_of(self, candidate: str) -> list[ModelVersion]:
        """Return the versions made of a candidate, oldest first."""
        found = self.client.search_model_versions(f"name = '{self.name}' and tags.candidate = '{candidate}'")
        return sorted(found, key=lambda version: int(version.version))

    def run_of(self, candidate: str) -> Run | None:
        """Return the run on record for a candidate."""
        if self.experiment_id is None:
            return None
        runs = self.client.search_runs([self.experiment_id], f"tags.candidate = '{candidate}'", max_results=1)
        return runs[0] if runs else None

    def tries(self, holdout: str, known: set[str], before: int | None) -> int:
        """Count the models judged on one holdout but those known, before a time in ms if given."""
        if self.experiment_id is None:
            return 0
        runs = self.client.search_runs([self.experiment_id], f"tags.holdout = '{holdout}'", max_results=10_000)
        earlier = [run for run in runs if before is None or run.info.start_time < before]
        return len({run.data.tags.get("model_sha256") for run in earlier} - known - {None})

    def known(self, candidate: str) -> dict[str, Any]:
        """Return what is on record of a candidate, and who is champion."""
        run, head = self.run_of(candidate), self.champion()
        return {
            "run": run.info.run_id if run else None,
            "evaluation": run.data.tags.get("evaluation") if run else None,
            "champion": number(head),
            "crowned": head is not None and head.tags["candidate"] == candidate,
            "alias": self.alias(),
            "database": location.fingerprint(),
        }

    def rolled_back(self, model: str) -> str:
        """Say when and why this model was rolled back; empty if it was not, or became champion again since."""
        for move in reversed(self.ledger.moves()):
            if move.model_sha256 == model:
                return ""
            if move.action == "rollback" and move.left_sha256 == model:
                return f"as v{move.before} on {move.when[:10]} by {move.who}: {move.why}"
        return ""

    def alias(self) -> str | None:
        """Return the version that consumers of models:/NAME@champion get."""
        try:
            return str(self.client.get_model_version_by_alias(self.name, ALIAS).version)
        except MlflowException:
            return None

    def check(self, expected: str | None, run: Run) -> None:
        """Stop unless the champion is still the one that was compared with, or this candidate already."""
        head = self.champion()
        if head is not None and head.tags["candidate"] == run.data.tags["candidate"]:
            return
        if number(head) != expected:
            now, was = (f"v{each}" if each else "nobody" for each in (number(head), expected))
            raise PipelineError(
                f"champion is now {now}, the comparison was with {was}. Run `dvc repro` to compare again."
            )

    def crown(self, version: ModelVersion, action: str, expected: str | None, why: str) -> None:
        """Make a version champion if `expected` still is.

        Safe to repeat after a kill, and safe against others: the ledger decides, the alias follows.
        """
        moves = self.ledger.moves()
        head = moves[-1].after if moves else None
        if head != number(version):
            if head != expected:
                raise PipelineError(f"champion is now v{head}. Run `dvc repro` to be compared with it.")
            self.ledger.append(len(moves), self._move(version, action, head, why))
        self.repair_alias(str(version.version))

    def repair_alias(self, version: str) -> None:
        """Point the alias at the ledger's champion."""
        if self.alias() != version:
            self.client.set_registered_model_alias(self.name, ALIAS, version)

    def ensure(self, description: str) -> None:
        """Create the experiment, the ledger and the registered model where they are missing."""
        self.__dict__["experiment_id"] = self._experiment(self.name, description)
        if self._ledger_run() is None:
            book = self._experiment(f"{self.name} ledger", f"Every change of the champion of {self.name}. Append-only.")
            run = self.client.create_run(book, run_name="champion moves").info.run_id
            self.client.set_terminated(run)
            try:  # the name is unique: of two first promotions one gets its ledger in
                self.client.create_registered_model(self.name, tags={LEDGER_TAG: run}, description=description)
            except (MlflowException, SQLAlchemyError):
                self.client.delete_run(run)
            if self._ledger_run() is None:
                raise PipelineError(
                    f"the registered model {self.name} exists but has no tag {LEDGER_TAG!r}: this pipeline did not make "
                    "it. Choose another NAME in pipelines/problem/names.py."
                )
        self.__dict__.pop("ledger", None)

    def url(self, run: Run) -> str:
        """Return where a person sees the run."""
        return f"{location.ui()}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"

    def download(self, version: ModelVersion, names: list[str], folder: Path) -> None:
        """Copy files of a version's model into a folder."""
        for name in names:
            mlflow.artifacts.download_artifacts(f"models:/{self.name}/{version.version}/{name}", dst_path=str(folder))

    def _ledger_run(self) -> str | None:
        found = self.client.search_registered_models(f"name = '{self.name}'", max_results=1)
        return found[0].tags.get(LEDGER_TAG) if found else None

    def _experiment(self, name: str, description: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is None:
            try:
                return self.client.create_experiment(
                    name, location.artifacts(self.uri), tags={"mlflow.note.content": description}
                )
            except (MlflowException, SQLAlchemyError):  # somebody was faster
                found = self.client.get_experiment_by_name(name)
                if found is None:
                    raise
        if found.lifecycle_stage == "deleted":
            raise PipelineError(f"the MLflow experiment {name!r} was deleted. Restore it: mlflow experiments restore.")
        return str(found.experiment_id)

    def _move(self, version: ModelVersion, action: Any, head: str | None, why: str) -> Move:
        left = self.version(head).tags.get("model_sha256") if head else None
        return Move(
            action, head, str(version.version), version.tags["model_sha256"], left, lineage.who(),
            datetime.now(UTC).isoformat(), why[:1000], version.tags.get("run_url", ""),
        )  # fmt: skip


def number(version: ModelVersion | None) -> str | None:
    """Return a version's number as text: MLflow gives an int or a str, depending on the store."""
    return str(version.version) if version else None


@contextmanager
def explained() -> Iterator[None]:
    """Turn what MLflow, its database and its server raise into a message; the cause stays the same."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, requests.RequestException, ImportError) as error:
        raise PipelineError(
            f"the MLflow registry at {location.shown()} refused: {_cause(error)}\n  Mend it (is it running, writable, not locked, "
            "not full?) and run `dvc repro` again: finished stages are kept, nothing is half promoted."
        ) from error


def _cause(error: BaseException | None) -> str:
    """Return what the database said, or the first line of what MLflow made of it."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    while error is not None:
        if (said := getattr(error, "orig", None)) is not None:
            return str(said)
        error = error.__cause__ or error.__context__
    return first
