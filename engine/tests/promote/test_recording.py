"""What promote keeps of a run is there, under names that can be searched."""

from conftest import Prepared


def test_a_run_has_metrics_params_inputs_and_pages(first_champion: Prepared):
    """All that is needed to judge and to rebuild it."""
    metrics = {name for (name,) in first_champion.query("select distinct key from metrics")}
    params = {name for (name,) in first_champion.query("select distinct key from params")}
    kept = {path.name for path in (first_champion.path / "mlartifacts").rglob("*") if path.is_file()}

    assert {"mae", "naive_mae", "train_mae"} <= metrics
    assert {"train.max_iter", "training_rows", "python"} <= params
    assert {
        "provenance.json", "params.yaml", "dvc.lock", "requirements.lock", "uncommitted.diff", "code.tar.gz", "report.json", "report.html",
        "evaluation.json", "predictions.csv", "card.json", "model.skops",
    } <= kept  # fmt: skip
