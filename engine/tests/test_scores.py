"""A metric of all rows together decides, and rows weigh what the problem says: from the first champion on."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import World, copy_of_project
from sklearn.metrics import roc_auc_score

pytestmark = pytest.mark.slow
WEIGHTS = "    return 1.0 + 4.0 * (rows['mean_texture'] > 20)\n"
BEST, STUMP = "LogisticRegression(C=params.c,", "DecisionTreeClassifier(max_depth=1,"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Biopsies judged by the area under the ROC curve, those of a coarse texture five times as much as others."""
    world = copy_of_project(tmp_path_factory.mktemp("scores") / "world", "breast_cancer")
    world.edit("pipelines/problem/loss.py", "    del rows  # unused here\n    return None\n", WEIGHTS)
    world.set(evaluate__metric="roc_auc", evaluate__limits={"roc_auc": [0.9, 0.9999], "f1": [0.5, 1.0]})
    world.set(evaluate__positive="malignant")
    world.edit("pipelines/problem/model.py", BEST, STUMP)
    also = "from sklearn.linear_model import LogisticRegression\nfrom sklearn.tree import DecisionTreeClassifier\n"
    world.edit("pipelines/problem/model.py", "from sklearn.linear_model import LogisticRegression\n", also)
    world.commit("The order counts")
    assert "v1 is champion, it replaced nobody" in world.repro()
    world.commit("First champion")
    return world


def test_the_figure_is_scikit_learns_with_these_weights(clinic: World):
    """Of the holdout as it lies on disk."""
    rows = pd.read_csv(clinic.path / "data/6-evaluate/predictions.csv", dtype={"row": str})
    holdout = pd.read_parquet(clinic.path / "data/3-features/holdout.parquet")
    weights = np.where(holdout["mean_texture"] > 20, 5.0, 1.0)

    expected = roc_auc_score(rows["actual"] == "malignant", rows["candidate: malignant"], sample_weight=weights)

    found = clinic.json("data/6-evaluate/evaluation.json")["metrics"]["candidate"]["roc_auc"]
    assert found == pytest.approx(expected, abs=1e-4)  # predictions.csv has six digits


def test_weights_reach_the_fit(clinic: World):
    """Another weight is another model, with the same data and config."""
    before = clinic.json("data/4-train/card.json")["model_sha256"]
    clinic.edit("pipelines/problem/loss.py", "4.0", "0.0")
    clinic.repro("train")
    after = clinic.json("data/4-train/card.json")["model_sha256"]
    clinic.run("git", "checkout", "--quiet", "pipelines", "dvc.lock")
    clinic.repro("train")

    assert before != after
    assert clinic.json("data/4-train/card.json")["model_sha256"] == before


def test_a_better_order_is_promoted_explained_watched_and_rebuilt(clinic: World):
    """What is compared is what is missing to 1, in every command."""
    clinic.edit("pipelines/problem/model.py", STUMP, BEST)
    clinic.commit("A better one")
    said = clinic.repro()
    assert "v2 is champion, it replaced v1" in said
    clinic.commit("Second champion")

    assert "of the champion's 1 - roc_auc, at least" in said
    assert clinic.pipeline("why", "1", "2").stdout.startswith("1 - roc_auc fell by")
    assert json.loads(clinic.pipeline("monitor", "--json").stdout)["metric"] == "1 - roc_auc"
    assert "v1 was reproduced exactly" in clinic.pipeline("reproduce", "1").stdout
    assert "champion is v1 again" in clinic.pipeline("rollback", "--yes").stdout
