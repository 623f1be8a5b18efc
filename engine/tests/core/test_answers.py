"""What `why` answers names the parts that changed."""

import samples


def test_parts_that_changed_come_in_a_fixed_order():
    """Code first, environment last; an empty change is one, too."""
    changed = {"environment": {"packages": {}, "python": ("3.11.9", "3.12.1")}, "config": {}}

    assert samples.why(changed=changed).changed.parts == ["config", "environment"]
