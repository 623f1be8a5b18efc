"""Who became champion, when and why: an append-only list that also decides who comes first.

MLflow has no compare-and-swap on aliases and keeps no history of them, but a run's params are write-once, by a unique
key of the database. So each move is one param of one run. Writing number n + 1 after reading n fails if anybody else
did so meanwhile.
"""

from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from champion.core.documents.registry import Move
from champion.core.errors import ChampionUnknown, PipelineError, Refusal
from champion.registry import tags

REBUILT = "rebuilt from the registered versions, since the ledger was gone: rollbacks before are not known"
TAG = "ledger"  # of the registered model: the run that holds the moves


class Ledger:
    """The moves on record in one run."""

    def __init__(self, client: MlflowClient, run_id: str | None) -> None:
        self.client, self.run_id = client, run_id

    def moves(self) -> list[Move]:
        """Return every move, oldest first."""
        if self.run_id is None:
            return []
        try:
            params = self.client.get_run(self.run_id).data.params
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            raise ChampionUnknown(
                f"the ledger (run {self.run_id}) is gone, and with it every change of the champion. Restore the registry "
                "from a backup, or let `pipeline champion-from versions` rebuild it from the registered versions and the alias."
            ) from None
        return [Move.model_validate_json(params[number]) for number in sorted(params, key=int)]

    def left(self, model: str, versions: set[str]) -> str:
        """Say when and why a model or one of these versions was rolled back; empty if none was, or is back again."""
        for move in reversed(self.moves()):
            if move.model_sha256 == model or move.after in versions:
                return ""
            went_back = move.action == "rollback" and int(move.after) < int(move.before or 0)
            if went_back and (move.left_sha256 == model or move.before in versions):  # going forward condemns nobody
                return f"as v{move.before} on {move.when[:10]} by {move.who}: {move.why}"
        return ""

    def deleted(self) -> str:
        """Say that its run was deleted, which can still be undone; empty if it was not."""
        if self.run_id is None or self.client.get_run(self.run_id).info.lifecycle_stage != "deleted":
            return ""
        return (
            f"the ledger (run {self.run_id}) was deleted, and nobody can become champion without it. "
            f"`mlflow runs restore --run-id {self.run_id}` brings it back."
        )

    def append(self, known: int, move: Move) -> None:
        """Write move number `known` + 1.

        Raises:
            PipelineError: if somebody else wrote it first.
        """
        number, text = f"{known + 1:04}", move.model_dump_json()
        try:
            self.client.log_param(self.run_id, number, text, synchronous=True)  # a later failure would be no swap
        except MlflowException:
            moves = self.moves()
            if len(moves) <= known:
                if said := self.deleted():
                    raise PipelineError(said) from None
                raise
            if moves[known] == move:  # written, and the answer was lost
                return
            raise PipelineError(
                f"champion is now v{moves[-1].after}: {moves[-1].who} was faster, see `pipeline history`. Run `dvc repro` to "
                "compare a candidate with it."
            ) from None


def of(client: MlflowClient, name: str) -> Ledger:
    """Return the ledger of a registered model; an empty one before its first champion.

    Raises:
        ChampionUnknown: if the model is gone and its ledger is not, or it is not of this pipeline.
    """
    run_id = run_id_of(client, name)
    if run_id is None:
        _check_not_lost(client, name)
    return Ledger(client, run_id)


def run_id_of(client: MlflowClient, name: str) -> str | None:
    """Return the run that a registered model names as its ledger, None if there is no such model.

    Raises:
        ChampionUnknown: if it names none.
    """
    models = client.search_registered_models(f"name = '{name}'", max_results=1)
    if models and TAG not in models[0].tags:
        raise ChampionUnknown(
            f"the registered model {name} exists but has no tag {TAG!r}: this pipeline did not make it, or somebody took "
            "the tag away. Choose another NAME in pipelines/problem/names.py, or set the tag to the id of the run in the "
            f"experiment {experiment_of(name)!r}."
        )
    return models[0].tags[TAG] if models else None


def experiment_of(name: str) -> str:
    """Return the experiment that holds a registered model's ledger."""
    return f"{name} ledger"


def rebuild(client: MlflowClient, name: str, alias: str | None, who: str) -> list[Move]:
    """Write a new ledger in place of one that is gone: each version became champion when it was made, the alias is last.

    Raises:
        Refusal: if the ledger is there, or no version is left to tell anything.
    """
    run_id = run_id_of(client, name)
    if run_id is None or _is_there(client, run_id):
        raise Refusal(f"the ledger of {name} is not gone: there is nothing to rebuild. See `pipeline history`.")
    versions = sorted(client.search_model_versions(f"name = '{name}'"), key=lambda version: int(version.version))
    moves = _told_by(versions, alias, who)
    if not moves:
        raise Refusal(f"no version of {name} is left, so nothing tells who was champion. Restore a backup.")
    experiment = client.get_experiment_by_name(experiment_of(name))
    run = client.create_run(experiment.experiment_id, run_name="champion moves, rebuilt").info.run_id
    for known, move in enumerate(moves):
        Ledger(client, run).append(known, move)
    client.set_terminated(run)
    client.set_registered_model_tag(name, TAG, run)  # last: until then the old one counts, which is gone
    return moves


def _is_there(client: MlflowClient, run_id: str) -> bool:
    try:
        Ledger(client, run_id).moves()
    except ChampionUnknown:
        return False
    return True


def _told_by(versions: list[ModelVersion], alias: str | None, who: str) -> list[Move]:
    """Return a promotion for each version, and a rollback to the alias if that is not the last one."""
    order = [*versions, *(each for each in versions[:-1] if str(each.version) == alias)]
    moves: list[Move] = []
    for place, version in enumerate(order):
        last = moves[-1] if moves else None
        promoted = place < len(versions)
        when = version.creation_timestamp if promoted else version.last_updated_timestamp
        moves.append(
            Move(
                action="promote" if promoted else "rollback",
                before=last.after if last else None,
                after=str(version.version),
                model_sha256=tags.read(version.tags)["model_sha256"],
                left_sha256=last.model_sha256 if last else None,
                who=who,
                when=datetime.fromtimestamp(when / 1000, UTC).isoformat(),
                why=REBUILT,
                run_url="",
            )
        )
    return moves


def _check_not_lost(client: MlflowClient, name: str) -> None:
    """Refuse to take a registered model that was deleted or renamed for one that never was."""
    experiment = client.get_experiment_by_name(experiment_of(name))
    runs = client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL) if experiment else []
    for run in runs:
        if moves := Ledger(client, run.info.run_id).moves():
            raise ChampionUnknown(
                f"the registered model {name} is gone, and its ledger (run {run.info.run_id}) is still there: champion was "
                f"v{moves[-1].after} since {moves[-1].when[:10]}. It was deleted or renamed. Restore it from a backup, or give "
                "it its name back, or take the new one as NAME in pipelines/problem/names.py; `pipeline champion-from "
                "nobody` begins anew."
            )
