"""A refit has the recipe of the champion: code and params that lead to a model, whatever else changed."""

from pathlib import Path

import pytest

from pipelines.record import checkout, recipe

FLOW = """
stages:
  ingest: {cmd: x, deps: [data/0-source, pipelines/source.py]}
  validate: {cmd: x, deps: [pipelines/contract.py]}
  train: {cmd: x, deps: [requirements.lock, pipelines/model.py, pipelines/source.py]}
"""
MODEL = '"""A model."""\n\n\ndef build():\n    """Return it."""\n    return 1  # one\n'
PARAMS = "ingest: {as_of: 1}\ntrain: {trees: 3, seed: 7}\nevaluate: {margin: 0.1}\n"
FILES = {
    "dvc.yaml": FLOW,
    "params.yaml": PARAMS,
    "pipelines/source.py": "read = 1\n",
    "pipelines/contract.py": "views = 1\n",
    "pipelines/model.py": MODEL,
}


@pytest.fixture
def packed(repository) -> Path:
    """The code of a champion; the project is as it was."""
    repository.commit(**FILES)
    path = repository.path.parent / "code.tar.gz"
    path.write_bytes(checkout.pack("pipelines", "params.yaml", "dvc.yaml"))
    return path


@pytest.mark.parametrize(
    ("file", "content", "differing"),
    [
        ("pipelines/model.py", MODEL, []),
        ("pipelines/model.py", "def build(): return 1  # the same in other words\n", []),
        ("pipelines/model.py", MODEL.replace("return 1", "return 2"), ["pipelines/model.py"]),
        ("pipelines/model.py", "def build(:\n", ["pipelines/model.py"]),
        ("pipelines/source.py", "read = 2\n", ["pipelines/source.py"]),
        ("pipelines/contract.py", "views = 2\n", []),
        ("params.yaml", PARAMS.replace("as_of: 1", "as_of: 2").replace("0.1", "0.2"), []),
        ("params.yaml", PARAMS.replace("trees: 3", "trees: 4"), ["train.trees"]),
        ("params.yaml", PARAMS.replace("trees: 3, ", "depth: 2, "), ["train.depth", "train.trees"]),
        ("params.yaml", "train:\n\tseed: 7\n", ["train.seed", "train.trees"]),
    ],
)
def test_what_decides_on_the_model_counts(repository, packed, file, content, differing):
    """Not the contract, not the gate, not a comment, not which day it is."""
    repository.write(**{file: content})

    assert sorted(recipe.changes(packed)) == differing


def test_equal_recipes_have_equal_digests(repository, packed):
    """As `changes` sees them: what does not decide on the model does not count."""
    before = recipe.digest()

    repository.write(**{"pipelines/model.py": MODEL.replace("# one", "# two"), "pipelines/contract.py": "views = 2\n"})
    same = recipe.digest()
    repository.write(**{"params.yaml": PARAMS.replace("trees: 3", "trees: 4")})

    assert same == before != recipe.digest()


def test_the_day_is_that_of_the_data(repository, packed):
    """No day where rows have no time."""
    assert recipe.as_of() == "1"
    repository.write(**{"params.yaml": "train: {trees: 3}\n"})
    assert recipe.as_of() == ""


def test_a_module_of_today_that_the_champion_did_not_have_counts(repository, packed):
    """Its stage depends on it now."""
    repository.write(
        **{"dvc.yaml": FLOW.replace("pipelines/model.py", "pipelines/more.py"), "pipelines/more.py": "a = 1\n"}
    )

    assert recipe.changes(packed) == ["pipelines/more.py"]


def test_a_champion_whose_code_is_not_on_record_differs_in_all(repository):
    """It was promoted by an older version of the template."""
    assert recipe.changes(repository.path / "code.tar.gz") == ["pipelines", "params.yaml"]
