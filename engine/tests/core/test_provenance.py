"""The numbers of a candidate in a sentence."""

import samples

from champion.report import text


def test_the_sentence_has_the_numbers_of_three_parts():
    """The environment has none."""
    assert text.made_from(samples.provenance()) == "was trained on Data v9, using Code v42, with Config v3"
