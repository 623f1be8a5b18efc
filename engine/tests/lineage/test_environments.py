"""A model that does not work here answers with the packages it was made with, or it is said why not."""

import numpy as np
import pandas as pd
import pytest
import shared
from conftest import PROJECT, Prepared

from champion.core import tables
from champion.core.documents.model import ModelCard
from champion.core.errors import ChampionUnusable
from champion.lineage import environments


@pytest.fixture
def champion(first_champion: Prepared, tmp_path, monkeypatch):
    """The first champion's files, its card and its holdout rows, in the project's folder."""
    monkeypatch.chdir(PROJECT)
    data = first_champion.path / "data"
    for name in ("model.skops", "card.json"):
        shared.copy(data / "4-train" / name, tmp_path / name)
    return tmp_path, ModelCard.read(tmp_path / "card.json"), tables.read(data / "3-features/holdout.parquet")


def test_a_model_that_works_here_answers_here(champion, monkeypatch):
    """No environment is made for it."""
    monkeypatch.setattr(environments, "its_own", None)

    predicted = environments.predict(*champion)

    assert predicted.shape == (672,)
    assert np.isfinite(predicted).all()
    folder, card, rows = champion
    assert environments.predict(folder, card, rows.iloc[:0]).shape == (0,)


def spoilt(folder):
    (folder / "model.skops").write_bytes(b"of another library")


def moved(folder):
    card = ModelCard.read(folder / "card.json")
    card.model_copy(update={"answers": [value + 1 for value in card.answers]}).write(folder / "card.json")


@pytest.mark.parametrize(
    ("change", "lock", "message"),
    [
        (spoilt, None, "does not load with the installed .*; the lock that it was made with is not on record"),
        (moved, None, "predicts something else than when it was trained; the lock"),
        (moved, "today", "; its lock is today's, so other packages would not help"),
        (moved, "nothing==99", r"; the environment of its lock \(Python 3.* cannot be built"),
    ],
    ids=["does not load", "answers otherwise", "the same lock", "a lock that cannot be had"],
)
def test_one_that_works_nowhere_is_told_with_both_reasons(champion, tmp_path, monkeypatch, change, lock, message):
    """Why not here, and why not there."""
    folder, _, rows = champion
    change(folder)
    if lock:
        today = (PROJECT / "requirements.lock").read_text()
        (folder / "requirements.lock").write_text(today if lock == "today" else lock)
    monkeypatch.setattr(environments.files, "root", lambda: tmp_path)

    with pytest.raises(ChampionUnusable, match=message):
        environments.predict(folder, ModelCard.read(folder / "card.json"), rows)

    assert not [*tmp_path.glob(".environments/*/installed")]


def test_the_rows_in_the_card_show_whether_it_answers_as_before(champion):
    """To the sixth digit; a missing answer is as good as the same."""
    _, card, _ = champion
    answers = np.asarray(card.answers)

    assert environments._are_alike(answers * (1 + 1e-9), card)
    assert not environments._are_alike(answers * 1.001, card)
    assert not environments._are_alike(answers[:-1], card)
    assert pd.Series(answers).notna().all()
