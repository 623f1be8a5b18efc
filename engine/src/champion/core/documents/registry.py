"""What the registry said, and every change of the champion."""

from typing import ClassVar, Literal

from champion.core.documents.document import Document, Record


class Known(Record):
    """What a registry knows of a candidate; one that does not exist knows this."""

    evaluation: str | None = None
    """Digest of the evaluation on record; null if the candidate is not."""
    champion: str | None = None
    """The champion's number; null if there is none."""
    is_champion: bool = False
    """Whether the candidate is the champion."""
    alias: str | None = None
    """The number that the alias gives: the champion's, unless somebody interfered."""
    database: list[int] | None = None
    """Fingerprint of the embedded database; null for a server."""


class Question(Record):
    """Of which candidate, on which holdout, a registry was asked."""

    candidate: str
    """Digest of the candidate's inputs."""
    model_sha256: str
    """Digest of its model."""
    holdout_sha256: str
    """Digest of the holdout's keys and targets."""


class RegistryState(Document):
    """What the registry last said, so that it need not be asked again."""

    WHERE: ClassVar[str] = "registry.json of baseline"

    question: Question
    """What was asked."""
    known: Known
    """What was answered."""
    files: dict[str, str]
    """Digest of each file of the champion that was fetched, by its place in the folder."""

    @property
    def is_settled(self) -> bool:
        """Tell whether the candidate is champion already, and the alias says so."""
        return self.known.is_champion and self.known.alias == self.known.champion


class Move(Record):
    """One change of the champion. A param of the ledger's run, for ever."""

    action: Literal["promote", "rollback"]
    """A promotion by the gate, or a rollback by a person."""
    before: str | None
    """Number of the champion that was left; null for the first one."""
    after: str
    """Number of the champion that came."""
    model_sha256: str
    """Digest of the model that became champion."""
    left_sha256: str | None
    """Digest of the model that was left."""
    who: str
    """Who did it, as git knows them."""
    when: str
    """ISO time, UTC."""
    why: str
    """The reasons."""
    run_url: str
    """Where a person sees the run of the champion that came."""
    job_url: str = ""
    """Where a person sees the CI job that did it; empty if a person did."""
