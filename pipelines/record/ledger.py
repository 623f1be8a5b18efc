"""Who became champion, when and why: an append-only list that also decides who comes first.

MLflow has no compare-and-swap on aliases and keeps no history of them, but a run's params are write-once, by a unique
key of the database. So each move is one param of one run. Writing number n + 1 after reading n fails if anybody else
did so meanwhile.
"""

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from pipelines.documents.registry import Move
from pipelines.errors import PipelineError


class Ledger:
    """The moves on record in one run."""

    def __init__(self, client: MlflowClient, run_id: str | None) -> None:
        self.client, self.run_id = client, run_id

    def moves(self) -> list[Move]:
        """Return every move, oldest first."""
        if self.run_id is None:
            return []
        params = self.client.get_run(self.run_id).data.params
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
                raise
            if moves[known] == move:  # written, and the answer was lost
                return
            raise PipelineError(
                f"champion is now v{moves[-1].after}: {moves[-1].who} was faster, see `pipeline history`. Run `dvc repro` to "
                "compare a candidate with it."
            ) from None
