"""What a candidate was made of, written down: each uncommitted file stands with the part that it belongs to."""

from conftest import Prepared
from samples import evaluation

from champion.core import flow
from champion.core.documents.data import Counts
from champion.core.documents.model import ModelCard
from champion.lineage import identity
from champion.lineage.provenance import provenance


def test_an_uncommitted_file_belongs_to_its_part(first_champion: Prepared, tmp_path, monkeypatch):
    """Config and code are marked, data and environment are clean."""
    world = first_champion.copy(tmp_path / "world")
    monkeypatch.chdir(world.path)
    world.set(train__max_iter=7)
    world.edit("pipelines/problem/rules.py", "def rules", "\ndef rules")
    counts = Counts.read(flow.path("ingest", "ingested") / "counts.json")
    card = ModelCard.read(flow.path("train", "card"))

    document = provenance(identity.working_tree(), counts, card, evaluation(), {"train.max_iter": ("300", "7")})

    assert document.config.uncommitted == ["params.yaml"]
    assert document.code.uncommitted == ["pipelines/problem/rules.py"]
    assert (document.data.uncommitted, document.environment.uncommitted) == ([], [])
    assert document.config.changed == {"train.max_iter": ("300", "7")}
    assert document.data.source_rows == counts.source
    assert document.training.rows == card.rows
    assert (document.verdict, document.compared_with) == ("reject", "v7")
