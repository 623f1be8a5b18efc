"""What the registry said, read as it was meant."""

import pytest

from champion.core.documents.registry import Known, Question, RegistryState


@pytest.mark.parametrize(
    ("known", "settled"),
    [
        ({"champion": "2", "alias": "2", "is_champion": True}, True),
        ({"champion": "2", "alias": "1", "is_champion": True}, False),
        ({"champion": "2", "alias": "2"}, False),
        ({}, False),
    ],
    ids=["champion", "the alias is elsewhere", "somebody else", "nobody"],
)
def test_a_candidate_is_settled_once_ledger_and_alias_name_it(known, settled):
    """Until then there is something to do."""
    question = Question(candidate="c", model_sha256="m", holdout_sha256="h")

    assert RegistryState(question=question, known=Known(**known), files={}).is_settled == settled
