"""Time is moved on in params.yaml, and its comments are kept."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from conftest import World


@pytest.mark.slow
def test_a_schedule_moves_time_by_itself(world: World):
    """A daily monitor names yesterday, and time moves on."""
    before = datetime.now(UTC).date()
    world.run("python", "-m", "champion", "as-of", "yesterday")
    after = datetime.now(UTC).date()

    written = yaml.safe_load((world.path / "params.yaml").read_text())["ingest"]["as_of"]
    assert written in [str(day - timedelta(days=1)) for day in (before, after)]


@pytest.mark.parametrize("day", ["2018-13-45", "tomorrow", "x/e;touch pwned"])
def test_what_is_no_day_leaves_params_alone(world: World, day: str):
    """The dial keeps its value."""
    before = (world.path / "params.yaml").read_bytes()

    done = world.pipeline("as-of", day)

    assert done.returncode == 65
    assert (world.path / "params.yaml").read_bytes() == before
    assert not (world.path / "pwned").exists()
