"""State is read out of rules, never out of a sentence."""

import pytest
import samples


@pytest.mark.parametrize(
    ("rules", "expected"),
    [(["same_model"], True), (["same_model", "contract"], False), (["improvement"], False), ([], False)],
)
def test_the_champion_itself_is_told_by_its_rule(rules, expected):
    """Nothing to promote and nothing to refuse, unless something else speaks against it."""
    reasons = [{"rule": rule, "effect": "reject", "text": "whatever is said"} for rule in rules]

    assert samples.evaluation(reasons=reasons).is_champion == expected


def test_an_unknown_rule_is_refused():
    """The list is closed: CI acts on it."""
    with pytest.raises(ValueError, match="rule"):
        samples.evaluation(reasons=[{"rule": "mood", "effect": "reject", "text": "no"}])
