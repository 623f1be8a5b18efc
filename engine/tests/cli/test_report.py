"""What the last run found is told, and nothing of the run before."""

import pytest
from conftest import World


def test_a_broken_contract_is_told_in_the_summary(world: World):
    """Which checks, with what was found; nothing of the run before is taken for news."""
    world.run("python", "-m", "champion", "as-of", "2018-10-20")
    assert "  as_of: '2018-10-20'        # last day" in (world.path / "params.yaml").read_text()
    world.run("dvc", "repro", "validate", check=False)

    told = world.pipeline("report").stdout

    assert "## the data contract is broken, nothing was trained" in told
    assert "| critical | delivery.days_behind |" in told
    assert "Did not run" in (world.path / "reports/report.html").read_text()


@pytest.mark.slow
def test_a_stage_that_stopped_is_told_in_the_summary(world: World):
    """With its message, until it is mended; a delivery that cannot be read leaves nothing else to tell."""
    source = world.path / "data/0-source/metro_interstate_traffic_volume.csv.gz"
    delivered = source.read_bytes()
    source.write_bytes(b"")
    world.run("dvc", "repro", check=False)

    told = world.pipeline("report").stdout

    assert told.startswith("<!-- champion pipeline -->\n## ingest stopped\n\n```\ndata/0-source/metro")
    assert (world.path / "reports/summary.md").read_text() in told
    source.write_bytes(delivered)
    world.repro("validate")
    assert "stopped" not in world.pipeline("report").stdout
    world.edit(
        "pipelines/problem/model.py",
        "def build(",
        'def build(params):\n    raise ValueError("no trees")\n\n\ndef built(',
    )
    world.run("dvc", "repro", check=False)
    told = world.pipeline("report").stdout
    assert "## train stopped" in told
    assert "no trees" in told
    assert "## data is valid" in told
