"""Which of a model and its refit serves, and which a candidate has to face."""

from pathlib import Path

import pytest
from samples import card

from champion.core.documents.model import ModelCard
from champion.evaluate.serving import its_model


@pytest.fixture
def champion(tmp_path: Path) -> ModelCard:
    """A champion whose refit knows all until the end of September."""
    card(split={"start": "2018-10-01T00:00:00"}).write(tmp_path / "refit/card.json")
    return card(refit_sha256="5678")


@pytest.mark.parametrize(
    ("held_out", "place"),
    [
        ("2018-09-03T00:00:00", ""),  # a push of code on the same data
        ("2018-09-30T23:00:00", ""),  # a week later: the candidate lacks rows that the refit has
        ("2018-10-01T00:00:00", "refit"),
        ("2018-10-29T00:00:00", "refit"),
    ],
    ids=["the same data", "part of it", "the day after", "a month later"],
)
def test_a_refit_is_faced_unless_it_knows_more_than_the_candidate(champion, tmp_path, held_out, place):
    """What serves is what a candidate would replace; but a model that knows newer rows is no fair one to face."""
    folder, faced = its_model(tmp_path, champion, card(split={"start": held_out}))

    assert folder == tmp_path / place
    assert faced.split.start == ("2018-10-01T00:00:00" if place else "2018-09-03T00:00:00")


def test_without_time_the_judged_model_is_faced(tmp_path):
    """Its refit knows rows of every part."""
    card(split={"share": 0.0}).write(tmp_path / "refit/card.json")
    theirs = card(split={"share": 0.2}, refit_sha256="5678")

    assert its_model(tmp_path, theirs, card(split={"share": 0.2})) == (tmp_path, theirs)


def test_a_champion_of_before_has_one_model(tmp_path):
    """It was promoted by a template that did not refit."""
    assert its_model(tmp_path, card(), card()) == (tmp_path, card())
