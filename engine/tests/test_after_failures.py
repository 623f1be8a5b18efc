"""Every command after every stage's failure: an answer or a message, never a traceback, and nothing is changed."""

import pytest
from conftest import World, weekly_but

pytestmark = pytest.mark.slow
NOWHERE = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
FILE = "data/0-source/metro_interstate_traffic_volume.csv.gz"
FEATURES, MODEL = "pipelines/problem/features.py", "pipelines/problem/model.py"


def raise_in(world: World, path: str, function: str) -> None:
    world.edit(path, f"def {function}(", f'def {function}(*_):\n    raise KeyError("boom")\n\n\ndef _{function}(')


def break_delivery(world: World) -> None:
    (world.path / FILE).write_bytes(b"no longer packed\n")


def break_contract(world: World) -> None:
    world.edit("pipelines/problem/source.py", "possible=(210, 325)", "possible=(290, 325)")


FAILURES = {
    "ingest": (break_delivery, {}),
    "validate": (break_contract, {}),
    "features": (lambda world: raise_in(world, FEATURES, "features"), {}),
    "train": (lambda world: raise_in(world, MODEL, "build"), {}),
    "baseline": (lambda world: world.set(train__max_iter=150), NOWHERE),
    "evaluate": (lambda world: raise_in(world, FEATURES, "slices"), {}),
}
QUESTIONS = {
    "status": 0, "history": 0, "lineage": 0, "gate": 65, "report": 0, "doctor": 2, "monitor": 0, "why": 0,
}  # fmt: skip
NEED_MORE = {"ingest": {"monitor": 65}, "validate": {"monitor": 65}, "features": {"monitor": 65}}


@pytest.fixture
def second(world: World) -> World:
    """A world with two champions, so that there is something to go back to and to ask why about."""
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")
    world.repro()
    return world


@pytest.mark.parametrize("stage", weekly_but(["validate", "evaluate"], FAILURES))
def test_every_command_answers_after_a_stage_failed(second: World, stage: str):
    """What stands is told as before, what is out of date as that, and the way back is open."""
    fail, environment = FAILURES[stage]
    fail(second)
    said = second.repro(check=False, **environment)
    assert f"failed to reproduce '{stage}'" in said
    before = second.registered()

    codes = {}
    for question in QUESTIONS:
        answer = second.pipeline(*question.split())
        assert "Traceback" not in answer.stdout + answer.stderr, question
        codes[question] = answer.returncode

    assert codes == QUESTIONS | NEED_MORE.get(stage, {})
    assert stage in second.pipeline("status").stdout or stage == "validate"
    assert second.registered() == before
    assert "champion is v1 again" in second.pipeline("rollback", "--yes").stdout
