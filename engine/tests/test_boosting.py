"""The recipes of docs/boosting.md: what the page says to write is written, and goes from clone to a served champion."""

import importlib.util
import json
import re
import sys

import numpy as np
import pytest
from conftest import PROJECT, copy_of_project

pytestmark = pytest.mark.weekly
PAGE = (PROJECT / "docs/boosting.md").read_text()
NAIVE = '''

def naive() -> SeasonalNaive:
    """Return the unfitted model that costs nothing."""
    return SeasonalNaive()
'''
SERVED = """
import json, mlflow, pandas as pd
from pipelines.problem.names import NAME
model = mlflow.pyfunc.load_model(f"models:/{NAME}@champion")
rows = pd.read_parquet("data/3-features/holdout.parquet").head(20)
columns = [column.name for column in model.metadata.signature.inputs]
print(json.dumps([model.predict(rows[columns].assign(weather=each)).tolist() for each in ("Clear", "Ash")]))
"""


def recipe(library: str) -> str:
    """Return the code that the page gives for a library."""
    section = re.search(rf"^## {library}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return re.search(r"```python\n(.*?)```", section[1], re.DOTALL)[1]


@pytest.mark.parametrize(
    ("library", "package", "categories"),
    [("LightGBM", "lightgbm", ""), ("XGBoost", "xgboost", ""), ("CatBoost", "catboost", '.fillna("")')],
)
def test_a_recipe_goes_from_clone_to_a_served_champion(tmp_path, library, package, categories):
    """Trained, promoted, watched, registered with its requirements, rebuilt to the byte."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed here")
    world = copy_of_project(tmp_path / "world")
    model = (world.path / "pipelines/problem/model.py").read_text()
    kept = model[model.index("class SeasonalNaive") :].partition("\n\n\ndef naive")[0]
    head = "from typing import Any\n\nimport pandas as pd\nfrom sklearn.base import BaseEstimator, RegressorMixin\n"
    (world.path / "pipelines/problem/model.py").write_text(f"{head}{recipe(library)}\n\n{kept}\n{NAIVE}")
    for name in ("weather", "holiday"):
        world.edit("pipelines/problem/features.py", *category(world, name, categories))
    world.commit(f"A model of {library}")

    assert "v1 is champion, it replaced nobody" in (said := world.repro()), said

    world.commit("First champion")
    world.repro()
    packed = next(world.path.glob("mlartifacts/**/requirements.txt")).read_text()
    assert re.search(rf"^{package}(-cpu)?==", packed, re.MULTILINE), packed
    assert world.pipeline("monitor").returncode == 0
    address = f"sqlite:///{world.path}/mlflow.db"
    clear, ash = json.loads(world.run(sys.executable, "-c", SERVED, MLFLOW_TRACKING_URI=address).stdout)
    assert len(clear) == 20
    assert clear != ash
    assert np.isfinite(ash).all()  # a word that training never saw
    rebuilt = world.pipeline("reproduce", "1").stdout
    assert "predictions  identical" in rebuilt
    assert "v1 was reproduced exactly" in rebuilt or library == "CatBoost"


def category(world, name: str, code: str) -> tuple[str, str]:
    """Return a feature as it is written, and as the page says to write it."""
    text = (world.path / "pipelines/problem/features.py").read_text()
    line = re.search(rf'^( +"{name}": )(.*),$', text, re.MULTILINE)
    return line[0], f"{line[1]}({line[2]}){code},"
