"""Somebody clones the template and puts another problem in, by replacing pipelines/problem/ and params.yaml only."""

import json

import pytest
from conftest import World, copy_of_project


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Classification without time: the project with scikit-learn's bundled biopsies."""
    return copy_of_project(tmp_path_factory.mktemp("clinic") / "world", "breast_cancer")


@pytest.mark.slow
def test_another_problem_gets_its_champion_and_a_better_one(clinic: World):
    """Regression or classification, with or without time: the flow is the same."""
    first = clinic.repro()
    assert "v1 is champion, it replaced nobody" in first
    assert clinic.query("select name from registered_models") == [("breast-cancer",)]
    holdout = clinic.json("data/6-evaluate/evaluation.json")["holdout"]
    assert 0.25 < holdout["rows"] / 569 < 0.35

    clinic.commit("First champion")
    clinic.set(train__c=1.0)
    second = clinic.repro()

    assert "v2 is champion, it replaced v1" in second
    assert "log_loss" in clinic.pipeline("status").stdout
    assert "nothing to do" in clinic.repro()


@pytest.mark.slow
def test_the_monitor_scores_rows_that_are_new(clinic: World):
    """Without time a row's key tells: the holdout of the promotion is none of them, those that came since are."""
    assert "0 rows since its promotion" in clinic.pipeline("monitor").stdout
    source = clinic.path / "data/0-source/biopsies.csv"
    header, *rows = source.read_text().splitlines()
    source.write_text("\n".join([header, *rows, *(f"T{row[1:]}" for row in rows)]) + "\n")
    clinic.repro("validate")

    found = json.loads(clinic.pipeline("monitor", "--json").stdout)

    assert 0.25 < found["rows"] / len(rows) < 0.35  # the split's share of them, no row of that holdout
    assert found["loss"]["low"] <= found["loss"]["now"] <= found["loss"]["high"]

    (clinic.path / "mlflow.db").rename(clinic.path / "mlflow.db.away")
    assert "champion is the model of commit" in clinic.pipeline("champion-from", "HEAD").stdout
    assert json.loads(clinic.pipeline("monitor", "--json").stdout)["rows"] == found["rows"]
    (clinic.path / "mlflow.db.away").rename(clinic.path / "mlflow.db")
    clinic.run("git", "checkout", "--quiet", "data")


@pytest.mark.slow
def test_another_kind_of_machine_is_told_as_that(clinic: World):
    """Linear algebra is chosen by CPU, and rounds sums in its own order: other bytes, the same answers within 1e-9."""
    clinic.repro()
    said = clinic.pipeline("reproduce", "1", OPENBLAS_CORETYPE="Prescott")

    assert said.returncode == 0
    assert "other bytes than recorded" in said.stdout
    assert "was reproduced: same within 1e-09; other bytes, made on another kind of machine (" in said.stdout
    assert "DIFFERENTLY" not in said.stdout
