"""A clone with a history, and no registry."""

import pytest
from conftest import World


@pytest.fixture
def fresh(world: World) -> World:
    """A clone that no registry knows, with a champion in its history only."""
    for name in ("mlflow.db", "data/5-baseline/registry.json", "data/7-promote/decision.json"):
        (world.path / name).unlink()
    return world
