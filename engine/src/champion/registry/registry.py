"""The MLflow registry: which version is champion, and how another one becomes it."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mlflow.exceptions import MlflowException

from champion.core.documents.registry import Known, Move
from champion.core.errors import ChampionUnusable, PipelineError
from champion.lineage import identity
from champion.registry import artifacts, ledger, mlflow_uri, tags, tracking
from champion.registry.entities import RecordedRun, Version

ALIAS = "champion"
Action = Literal["promote", "rollback"]


class Registry:
    """One problem's experiment, registered model and ledger."""

    def __init__(self, name: str, *, create: bool = False, migrate: bool = False) -> None:
        self.name, self.client = name, tracking.connect(create=create, migrate=migrate)

    def ledger(self) -> ledger.Ledger:
        """Return the moves of the champion; empty before the first one.

        Raises:
            ChampionUnknown: if the registered model is gone and its ledger is not, or it is not of this pipeline.
        """
        return ledger.of(self.client, self.name)

    def champion(self) -> str | None:
        """Return the number of the champion that the ledger names, None if there is none. The alias follows the ledger.

        Raises:
            ChampionUnknown: if it cannot be told.
        """
        moves = self.ledger().moves()
        return moves[-1].after if moves else None

    def version(self, number: str | None) -> Version | None:
        """Return one registered version, None if somebody deleted it."""
        try:
            return tracking.registered(self.client.get_model_version(self.name, number)) if number else None
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise

    def versions(self, candidate: str | None = None) -> list[Version]:
        """Return the versions made of a candidate, or all, oldest first."""
        made = [f" and {condition}" for condition in tags.equal("candidate", candidate)] if candidate else [""]
        found = (each for one in made for each in self.client.search_model_versions(f"name = '{self.name}'{one}"))
        versions = {int(version.version): tracking.registered(version) for version in found}
        return [versions[number] for number in sorted(versions)]

    def run(self, run_id: str) -> RecordedRun:
        """Return one run.

        Raises:
            ChampionUnusable: if it was deleted for good.
        """
        try:
            return tracking.recorded(self.client.get_run(run_id))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            raise ChampionUnusable(f"run {run_id} was deleted for good (`mlflow gc`)") from None

    def run_of_version(self, version: Version) -> RecordedRun:
        """Return the run of a version: if it was deleted for good, what is kept of it beside the model.

        Raises:
            ChampionUnusable: if nothing is.
        """
        try:
            return self.run(version.run_id)
        except ChampionUnusable:
            return artifacts.record(self.client, self.name, version)

    def runs(self, *conditions: str) -> list[RecordedRun]:
        """Return the candidates on record that meet any of some conditions, or all, the newest first."""
        experiment = self.client.get_experiment_by_name(self.name)
        if experiment is None:  # no candidate is on record yet
            return []
        search, place = self.client.search_runs, [experiment.experiment_id]
        found = [run for condition in conditions or ("",) for run in search(place, condition, max_results=10_000)]
        runs = {run.info.run_id: tracking.recorded(run) for run in found}
        return sorted(runs.values(), key=lambda run: run.started, reverse=True)

    def runs_of(self, candidate: str) -> list[RecordedRun]:
        """Return the runs on record for a candidate, the newest first: one, and one more if it was judged again."""
        return self.runs(*tags.equal("candidate", candidate))

    def run_of(self, candidate: str) -> RecordedRun | None:
        """Return the newest run on record for a candidate."""
        return next(iter(self.runs_of(candidate)), None)

    def obstacle(self, number: str) -> str:
        """Say that a champion was deleted; empty if it was not."""
        gone = f"champion v{number} was deleted from the registry; `pipeline rollback` gives back one of before"
        return "" if self.version(number) else gone

    def params_of(self, number: str | None) -> dict[str, str]:
        """Return the params on record of a version's run; none without a version or its run."""
        version = self.version(number)
        try:
            return dict(self.run_of_version(version).params) if version else {}
        except ChampionUnusable:  # without its run: what differs from it cannot be told, and that is all
            return {}

    def tries(self, holdout: str, known: set[str], before: int | None) -> int:
        """Count the models judged on one holdout but those known, before a time in ms if given."""
        runs = (run for run in self.runs(*tags.equal("holdout", holdout)) if before is None or run.started < before)
        return len({run.tags.get("model_sha256") for run in runs} - known - {None})

    def known(self, candidate: str, model_sha256: str) -> Known:
        """Return what is on record of a candidate, and who is champion."""
        seen = mlflow_uri.fingerprint()  # first: what is written meanwhile is looked at next time
        run, champion = self.run_of(candidate), self.champion()
        version = self.version(champion)
        return Known(
            evaluation=run.tags.get("evaluation") if run else None,
            champion=champion,
            is_champion=version is not None and version.is_made_of(candidate, model_sha256),
            alias=self.alias(),
            database=seen,
        )

    def rolled_back(self, candidate: str, model_sha256: str) -> str:
        """Say when and why a model, or one of the same inputs, was rolled back; empty if it was not, or is back again."""
        return self.ledger().left(model_sha256, {version.number for version in self.versions(candidate)})

    def alias(self) -> str | None:
        """Return the version that consumers of models:/NAME@champion get."""
        try:
            return tracking.registered(self.client.get_model_version_by_alias(self.name, ALIAS)).number
        except MlflowException:
            return None

    def check(self, expected: str | None, run: RecordedRun) -> None:
        """Make sure that the champion is still the one that was compared with, or this candidate already.

        Raises:
            PipelineError: if it is another one.
        """
        champion = self.champion()
        version = self.version(champion)
        ours = version is not None and version.is_made_of(run.tags["candidate"], run.tags["model_sha256"])
        if champion != expected and not ours:
            now, was = (f"v{number}" if number else "nobody" for number in (champion, expected))
            raise PipelineError(
                f"champion is now {now}, the comparison was with {was}. Run `dvc repro` to compare again."
            )

    def set_champion(self, version: Version, action: Action, expected: str | None, why: str) -> None:
        """Make a version champion if `expected` still is.

        Safe to repeat after a kill, and safe against others: the ledger decides, the alias follows.

        Raises:
            PipelineError: if another one is champion by now.
        """
        record = self.ledger()
        moves = record.moves()
        champion = moves[-1].after if moves else None
        if champion != version.number:
            if champion != expected:
                raise PipelineError(
                    f"champion is now v{champion}: see `pipeline history`. Run `dvc repro` to compare a candidate with it."
                )
            move = Move(
                action=action,
                before=champion,
                after=version.number,
                model_sha256=version.model_sha256,
                left_sha256=moves[-1].model_sha256 if moves else None,
                who=identity.who(),
                when=datetime.now(UTC).isoformat(),
                why=why[:1000],
                run_url=self._url_of(version),
                job_url=identity.job_url(),
            )
            record.append(len(moves), move)
        self.follow_ledger()

    def _url_of(self, version: Version) -> str:
        try:
            return self.url(self.run(version.run_id))
        except ChampionUnusable:  # its run is gone
            return ""

    def follow_ledger(self) -> None:
        """Point the alias at the ledger's champion, wherever a kill or a hand left it."""
        while (champion := self.champion()) and self.alias() != champion:  # again, if somebody moved it meanwhile
            if self.version(champion) is None:  # deleted: there is nothing to point at
                return
            self.client.set_registered_model_alias(self.name, ALIAS, champion)

    def tag(self, name: str) -> str | None:
        """Return a tag of the registered model; None if it has none of this name, or there is no such model."""
        try:
            return self.client.get_registered_model(self.name).tags.get(name)
        except MlflowException:
            return None

    def set_tag(self, name: str, value: str) -> None:
        """Set a tag of the registered model."""
        self.client.set_registered_model_tag(self.name, name, value)

    def ensure(self, description: str, *, anew: bool = False) -> str:
        """Create experiment, ledger and registered model where they are missing; return the experiment's id.

        Raises:
            ChampionUnknown: if a registered model of this name exists that this pipeline did not make, or the ledger of
                one that is gone, unless somebody begins `anew`.
        """
        experiment = tracking.ensure_experiment(self.client, self.name, description)
        if ledger.run_id_of(self.client, self.name) is not None:
            return experiment
        if not anew:
            self.ledger()  # that of a model that is gone forbids another
        purpose = f"Every change of the champion of {self.name}. Append-only."
        moves = tracking.ensure_experiment(self.client, ledger.experiment_of(self.name), purpose)
        run = self.client.create_run(moves, run_name="champion moves").info.run_id
        self.client.set_terminated(run)
        try:  # the name is unique: of two first promotions one gets its ledger in
            self.client.create_registered_model(self.name, tags={ledger.TAG: run}, description=description)
        except tracking.REFUSED:
            if ledger.run_id_of(self.client, self.name) != run:  # it may be ours, and only the answer was lost
                self.client.delete_run(run)
        return experiment

    def attach(self, run: RecordedRun, version: Version | None, topic: str, paths: list[Path], tag: str) -> None:
        """Keep files at a run, in a folder of their own, and what they say as a tag of run and version."""
        if run.state == "active":  # another takes nothing in
            for path in paths:
                self.client.log_artifact(run.id, str(path), topic)
            self.client.set_tag(run.id, topic, tag)
        if version is not None:
            self.client.set_model_version_tag(self.name, version.number, topic, tag)

    def url(self, run: RecordedRun) -> str:
        """Return where a person sees the run."""
        return f"{mlflow_uri.ui()}/#/experiments/{run.experiment_id}/runs/{run.id}"

    def fetch(self, model: Version | RecordedRun, folder: Path) -> Path:
        """Copy model and card of a version or run into a folder, and if on record its lock and code; return that of what serves.

        Raises:
            ChampionUnusable: if one is gone, or is not the recorded one.
            RegistryUnavailable: if the store of artifacts does not answer.
        """
        served = artifacts.fetch(self.client, self.name, model, folder)
        with suppress(ChampionUnusable):  # they serve a model that does not load here, or learned other features
            run = self.run_of_version(model) if isinstance(model, Version) else model
            for name in (identity.ENVIRONMENT, identity.PACKED):
                with suppress(FileNotFoundError):
                    artifacts.download(run.artifacts, f"inputs/{name}", folder)
        return served
