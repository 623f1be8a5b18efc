"""A version or a run is named as people name it, and what is no name is refused with what there is."""

from pathlib import Path

from conftest import World

SCRIPT = """
import sys
from pathlib import Path
from champion.registry import recorded
from champion.registry import registry
candidate = recorded.find(registry.Registry("traffic-demand"), sys.argv[1], Path(sys.argv[2]))
print(candidate.name, candidate.slug, candidate.provenance.data.version, sorted(p.name for p in candidate.folder.iterdir()))
"""


def test_a_version_and_its_run_are_the_same_candidate(world: World, tmp_path: Path):
    """By number, with its v, or by the beginning of the run's id; with all that it was made of."""
    run = world.decision["run_url"].rpartition("/")[2]

    said = [world.run("python", "-c", SCRIPT, name, str(tmp_path / name)).stdout for name in ("1", "v1", run[:12])]

    assert said[0] == said[1] == said[2]
    assert said[0].startswith(
        "v1 v1 v1 ['code.tar.gz', 'dvc.lock', 'params.yaml', 'provenance.json', 'report.json', 'requirements.lock', "
    )
