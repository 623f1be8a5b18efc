"""The three searches of docs/search.md, typed as they stand there: each trial is recorded, and none is promoted."""

import re

import pytest
from conftest import PROJECT, World, copy_of_project
from wandb_server import wandb_server

PAGE = (PROJECT / "docs/search.md").read_text()
FIRST = {"train.learning_rate": "0.1"}


def block(kind: str, place: int = 0) -> str:
    """Return a block of the page."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[place]


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> World:
    """A problem with a champion. Shared: each search takes other values."""
    world = copy_of_project(tmp_path_factory.mktemp("search") / "world", "stores")
    world.repro()
    world.commit("First champion")
    return world


def tried(world: World) -> list[float]:
    """Return the learning rates on record, of experiments, and see that nothing else moved."""
    assert "champion   v1" in world.pipeline("status").stdout
    assert len(world.query("select version from model_versions")) == 1
    assert not world.run("git", "status", "--porcelain", "params.yaml").stdout
    rates = world.query("select value from params where key = 'train.learning_rate'")
    return sorted(float(value) for (value,) in rates if value != FIRST["train.learning_rate"])


@pytest.mark.weekly
def test_a_grid(stores):
    """DVC runs what was queued."""
    before = tried(stores)
    queue, run, show = block("sh").splitlines()

    for command in (queue.replace("0.05,0.1,0.2", "0.05,0.2").replace("100,300", "10"), run, show):
        printed = stores.run("bash", "-c", command).stdout

    assert tried(stores) == sorted([*before, 0.05, 0.2])
    assert "candidate.mae" in printed


@pytest.mark.weekly
def test_optuna(stores):
    """Each trial is an experiment whose loss Optuna is told."""
    before = tried(stores)
    (stores.path / "search.py").write_text(block("python").replace("n_trials=20", "n_trials=2"))

    found = stores.run("python", "search.py")
    (stores.path / "search.py").unlink()

    [best] = re.findall(r"\{'train.learning_rate': ([\d.]+)\}", found.stdout)
    assert len(tried(stores)) == len(before) + 2
    assert float(best) in tried(stores)


@pytest.mark.weekly
def test_a_sweep_of_weights_and_biases(stores):
    """An agent's trial is the run that the sweep waits for; what else is sent meanwhile is not."""
    before = tried(stores)
    with wandb_server() as server:
        server.sweep, server.trials = block("yaml"), [{"train.learning_rate": 0.07}, {"train.learning_rate": 0.3}]
        [agent] = re.findall(r"^(wandb agent) --count", PAGE, re.MULTILINE)
        said = stores.run(*agent.split(), "ada/stores/search", **server.environment)

    assert tried(stores) == sorted([*before, 0.07, 0.3]), said.stdout + said.stderr
    assert set(server.swept) == {"trial1", "trial2"}
    assert len(server.runs) == len(before) + 4  # the first champion, and its promotion
