"""A refit has the recipe of the champion: code and params that lead to a model, whatever else changed."""

from pathlib import Path

import pytest

from champion.core import version
from champion.lineage import checkout, recipe

FLOW = """
stages:
  ingest: {cmd: python -m pipelines.ingest, deps: [data/0-source, pipelines/ingest.py, pipelines/problem/source.py], outs: [data/1-ingest]}
  validate: {cmd: python -m pipelines.validate, deps: [pipelines/validate.py, pipelines/problem/contract.py], outs: [data/2-validate]}
  train: {cmd: python -m pipelines.train, deps: [requirements.lock, pipelines/train.py, pipelines/problem/model.py, engine/src/champion/train], outs: [data/4-train]}
"""
STAGE = "def {0}() -> {1}: ...\n"
MODEL = '"""A model."""\n\n\ndef build():\n    """Return it."""\n    return 1  # one\n'
PARAMS = "ingest: {as_of: 1}\ntrain: {trees: 3, seed: 7}\nevaluate: {margin: 0.1}\n"
FILES = {
    "dvc.yaml": FLOW,
    "params.yaml": PARAMS,
    "pipelines/ingest.py": STAGE.format("ingest", "Ingested"),
    "pipelines/validate.py": STAGE.format("validate", "Validated"),
    "pipelines/train.py": STAGE.format("train", "Trained"),
    "pipelines/problem/source.py": "read = 1\n",
    "pipelines/problem/contract.py": "views = 1\n",
    "pipelines/problem/model.py": MODEL,
    "engine/VERSION": "1.0.0\n",
    "engine/src/champion/train/train.py": "fit = 1\n",
}


@pytest.fixture
def packed(repository) -> Path:
    """The code of a champion; the project is as it was."""
    repository.commit(**FILES)
    path = repository.path.parent / "code.tar.gz"
    path.write_bytes(checkout.pack("pipelines", "params.yaml", "dvc.yaml", "engine/VERSION"))
    return path


@pytest.mark.parametrize(
    ("file", "content", "differing"),
    [
        ("pipelines/problem/model.py", MODEL, []),
        ("pipelines/problem/model.py", "def build(): return 1  # the same in other words\n", []),
        ("pipelines/problem/model.py", MODEL.replace("return 1", "return 2"), ["pipelines/problem/model.py"]),
        ("pipelines/problem/model.py", "def build(:\n", ["pipelines/problem/model.py"]),
        ("pipelines/problem/source.py", "read = 2\n", ["pipelines/problem/source.py"]),
        ("pipelines/problem/contract.py", "views = 2\n", []),
        ("pipelines/train.py", "def train() -> Trained:\n    return 2\n", ["pipelines/train.py"]),
        ("pipelines/validate.py", "def validate() -> Validated:\n    return 2\n", []),
        ("engine/src/champion/train/train.py", "fit = 2\n", []),
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

    repository.write(
        **{
            "pipelines/problem/model.py": MODEL.replace("# one", "# two"),
            "pipelines/problem/contract.py": "views = 2\n",
        }
    )
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
        **{"dvc.yaml": FLOW.replace("problem/model.py", "problem/more.py"), "pipelines/problem/more.py": "a = 1\n"}
    )

    assert recipe.changes(packed) == ["pipelines/problem/more.py"]


def test_a_champion_whose_code_is_not_on_record_differs_in_all(repository):
    """It was promoted by an older version of the template."""
    assert recipe.changes(repository.path / "code.tar.gz") == ["pipelines", "params.yaml"]


def test_a_stage_in_between_is_part_of_the_recipe(repository, packed):
    """Its file and its params, without a word elsewhere."""
    between = (
        "  sample: {cmd: python -m pipelines.sample, deps: [pipelines/sample.py], outs: [data/3-sample]}\n  train:"
    )
    code = STAGE.format("sample", "Divided")
    repository.write(
        **{
            "dvc.yaml": FLOW.replace("  train:", between),
            "pipelines/sample.py": code,
            "params.yaml": PARAMS + "sample: {every: 2}\n",
        }
    )

    assert recipe.changes(packed) == ["pipelines/sample.py", "sample.every"]


def test_an_engine_that_makes_other_models_is_another_recipe(repository, packed, monkeypatch):
    """Its version says so, raised by hand where golden bytes change; any other new version is none."""
    monkeypatch.setattr(version, "number", lambda: "1.1.0")
    assert recipe.changes(packed) == []

    monkeypatch.setattr(version, "OTHER_MODELS_SINCE", ("1.0.0", "1.1.0"))
    assert recipe.changes(packed) == ["engine 1.0.0 → 1.1.0"]


def test_an_installed_engine_is_known_by_the_lock(repository, packed, monkeypatch):
    """Which lies beside the code of a champion."""
    repository.commit(**FILES)
    packed.write_bytes(checkout.pack("pipelines", "params.yaml", "dvc.yaml"))
    packed.with_name("requirements.lock").write_text("champion-engine==1.2.0\\\n    --hash=sha256:0\n")
    monkeypatch.setattr(version, "number", lambda: "1.1.0")
    monkeypatch.setattr(version, "OTHER_MODELS_SINCE", ("1.0.0", "1.2.0"))

    assert recipe.changes(packed) == ["engine 1.2.0 → 1.1.0"]


def test_champions_of_before_1_0_have_the_recipe_of_the_same_problem(repository):
    """Their stages were the engine's, and its modules had other addresses."""
    old = {
        "pipelines/entry.py": "",
        "pipelines/stages/train.py": "def train(): ...\n",
        "pipelines/problem/source.py": "from pipelines.interface import Column\nfrom pipelines import params as engine\n",
        "pipelines/problem/model.py": MODEL,
        "params.yaml": PARAMS,
    }
    repository.commit(**old)
    archive = repository.path.parent / "code.tar.gz"
    archive.write_bytes(checkout.pack("pipelines", "params.yaml"))
    for name in ("pipelines/entry.py", "pipelines/stages/train.py"):
        (repository.path / name).unlink()
    now = "from champion.core.interface import Column\nfrom champion.core import params as engine\n"
    repository.write(**FILES | {"pipelines/problem/source.py": now})

    assert recipe.changes(archive) == []

    repository.write(**{"pipelines/problem/source.py": now + "read = 2\n"})
    assert recipe.changes(archive) == ["pipelines/problem/source.py"]
