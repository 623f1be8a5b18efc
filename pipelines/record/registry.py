"""The MLflow registry: which version is champion, and how another one becomes it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mlflow.artifacts import download_artifacts
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from pipelines.errors import PipelineError
from pipelines.record import files, lineage, location, tracking
from pipelines.record.ledger import Ledger, Move

ALIAS = "champion"
LEDGER = "ledger"  # tag of the registered model: the run that holds the moves
HALF = "being recorded"  # tag `evaluation` of a run that is not whole


class Registry:
    """One problem's experiment, registered model and ledger."""

    def __init__(self, name: str, *, create: bool = False) -> None:
        self.name, self.client = name, tracking.connect(create=create)

    @property
    def experiment_id(self) -> str | None:
        """Return the experiment's id, None before the first candidate is recorded."""
        found = self.client.get_experiment_by_name(self.name)
        return str(found.experiment_id) if found else None

    @property
    def ledger(self) -> Ledger:
        """Return the moves of the champion; empty before the first one."""
        found = self.client.search_registered_models(f"name = '{self.name}'", max_results=1)
        return Ledger(self.client, found[0].tags.get(LEDGER) if found else None)

    def head(self) -> str | None:
        """Return the number of the champion that the ledger names. The alias follows the ledger."""
        moves = self.ledger.moves()
        return moves[-1].after if moves else None

    def version(self, wanted: str | None) -> ModelVersion | None:
        """Return one registered version, None if somebody deleted it."""
        try:
            return self.client.get_model_version(self.name, wanted) if wanted else None
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise

    def versions_of(self, candidate: str | None = None) -> list[ModelVersion]:
        """Return the versions made of a candidate, or all, oldest first."""
        made = f" and tags.candidate = '{candidate}'" if candidate else ""
        found = self.client.search_model_versions(f"name = '{self.name}'{made}")
        return sorted(found, key=lambda version: int(version.version))

    def runs(self, condition: str = "") -> list[Run]:
        """Return the candidates on record, the newest first."""
        experiment = self.experiment_id
        return list(self.client.search_runs([experiment], condition, max_results=10_000)) if experiment else []

    def runs_of(self, candidate: str) -> list[Run]:
        """Return the runs on record for a candidate, the newest first: one, and one more if it was judged again."""
        return self.runs(f"tags.candidate = '{candidate}'")

    def run_of(self, candidate: str) -> Run | None:
        """Return the newest run on record for a candidate."""
        return next(iter(self.runs_of(candidate)), None)

    def obstacle(self, wanted: str) -> str:
        """Say that a champion was deleted; empty if it was not."""
        remedy = "`pipeline rollback` gives back one of before"
        return "" if self.version(wanted) else f"champion v{wanted} was deleted from the registry; {remedy}"

    def params_of(self, wanted: str | None) -> dict[str, str]:
        """Return the params on record of a version's run; none without a version."""
        version = self.version(wanted)
        return dict(self.client.get_run(version.run_id).data.params) if version else {}

    def tries(self, holdout: str, known: set[str], before: int | None) -> int:
        """Count the models judged on one holdout but those known, before a time in ms if given."""
        runs = self.runs(f"tags.holdout = '{holdout}'")
        earlier = [run for run in runs if before is None or run.info.start_time < before]
        return len({run.data.tags.get("model_sha256") for run in earlier} - known - {None})

    def known(self, candidate: str, model: str) -> location.Known:
        """Return what is on record of a candidate, and who is champion."""
        seen = location.fingerprint()  # first: what is written meanwhile is looked at next time
        run, head = self.run_of(candidate), self.head()
        return location.Known(
            evaluation=run.data.tags.get("evaluation") if run else None,
            champion=head,
            crowned=is_made_of(self.version(head), candidate, model),
            alias=self.alias(),
            database=seen,
        )

    def rolled_back(self, candidate: str, model: str) -> str:
        """Say when and why a model, or one of the same inputs, was rolled back; empty if it was not, or is back again."""
        return self.ledger.left(model, {str(version.version) for version in self.versions_of(candidate)})

    def alias(self) -> str | None:
        """Return the version that consumers of models:/NAME@champion get."""
        try:
            return number(self.client.get_model_version_by_alias(self.name, ALIAS))
        except MlflowException:
            return None

    def check(self, expected: str | None, run: Run) -> None:
        """Stop unless the champion is still the one that was compared with, or this candidate already."""
        head = self.head()
        if head != expected and not is_made_of(
            self.version(head), run.data.tags["candidate"], run.data.tags["model_sha256"]
        ):
            now, was = (f"v{each}" if each else "nobody" for each in (head, expected))
            raise PipelineError(
                f"champion is now {now}, the comparison was with {was}. Run `dvc repro` to compare again."
            )

    def crown(
        self, version: ModelVersion, action: Literal["promote", "rollback"], expected: str | None, why: str
    ) -> None:
        """Make a version champion if `expected` still is.

        Safe to repeat after a kill, and safe against others: the ledger decides, the alias follows.
        """
        ledger = self.ledger
        moves = ledger.moves()
        head = moves[-1].after if moves else None
        if head != number(version):
            if head != expected:
                raise PipelineError(
                    f"champion is now v{head}: see `pipeline history`. Run `dvc repro` to compare a candidate with it."
                )
            left = moves[-1].model_sha256 if moves else None
            who, when = lineage.who(), datetime.now(UTC).isoformat()
            after, digest = str(version.version), version.tags["model_sha256"]
            url = self.url(self.client.get_run(version.run_id))
            ledger.append(len(moves), Move(action, head, after, digest, left, who, when, why[:1000], url))
        self.follow_ledger()

    def follow_ledger(self) -> None:
        """Point the alias at the ledger's champion, wherever a kill or a hand left it."""
        while (head := self.head()) and self.alias() != head:  # again, if somebody moved it meanwhile
            if self.version(head) is None:  # deleted: there is nothing to point at
                return
            self.client.set_registered_model_alias(self.name, ALIAS, head)

    def ensure(self, description: str) -> str:
        """Create experiment, ledger and registered model where they are missing; return the experiment's id."""
        experiment = tracking.ensure_experiment(self.client, self.name, description)
        if self.ledger.run_id is None:
            purpose = f"Every change of the champion of {self.name}. Append-only."
            book = tracking.ensure_experiment(self.client, f"{self.name} ledger", purpose)
            run = self.client.create_run(book, run_name="champion moves").info.run_id
            self.client.set_terminated(run)
            try:  # the name is unique: of two first promotions one gets its ledger in
                self.client.create_registered_model(self.name, tags={LEDGER: run}, description=description)
            except tracking.REFUSED:
                if self.ledger.run_id != run:  # it may be ours, and only the answer was lost
                    self.client.delete_run(run)
            if self.ledger.run_id is None:
                raise PipelineError(
                    f"the registered model {self.name} exists but has no tag {LEDGER!r}: this pipeline did not make "
                    "it. Choose another NAME in pipelines/problem/names.py."
                )
        return experiment

    def attach(self, run: Run, version: ModelVersion | None, topic: str, paths: list[Path], said: str) -> None:
        """Keep files at a run, in a folder of their own, and what they say as a tag of run and version."""
        for path in paths:
            self.client.log_artifact(run.info.run_id, str(path), topic)
        self.client.set_tag(run.info.run_id, topic, said)
        if version is not None:
            self.client.set_model_version_tag(self.name, str(version.version), topic, said)

    def url(self, run: Run) -> str:
        """Return where a person sees the run."""
        return f"{location.ui()}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"

    def fetch(self, made: ModelVersion | Run, folder: Path) -> None:
        """Copy model and card of a version or run into a folder; refuse files that are not the recorded ones."""
        if isinstance(made, Run):
            uri = self.client.get_logged_model(made.data.tags["model_id"]).artifact_location
            tags, name = made.data.tags, f"run {made.info.run_id[:8]}"
        else:
            uri, tags, name = f"models:/{self.name}/{made.version}", made.tags, f"champion v{made.version}"
        folder.mkdir(parents=True, exist_ok=True)
        for file, tag in (("model.skops", "model_sha256"), ("card.json", "card_sha256")):
            try:
                download_artifacts(f"{uri}/{file}", dst_path=str(folder))
            except Exception as error:  # noqa: BLE001  # every store fails in its own way
                raise PipelineError(f"{file} of {name} cannot be fetched: {str(error).splitlines()[0]}") from None
            if files.sha256(folder / file) != tags[tag]:
                raise PipelineError(f"{file} of {name} is not the one that was promoted: its digest differs")


def is_made_of(version: ModelVersion | None, candidate: str, model: str) -> bool:
    """Tell whether a version comes from these inputs and is these bytes."""
    return version is not None and (version.tags["candidate"], version.tags["model_sha256"]) == (candidate, model)


def number(version: ModelVersion | None) -> str | None:
    """Return a version's number as text: MLflow gives an int or a str, depending on the store."""
    return str(version.version) if version else None
