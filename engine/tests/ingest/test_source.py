"""A delivery that is no file: whether there is another is asked each time, and old rows stay when upstream has new ones."""

import re
import subprocess

import pytest
from conftest import PROJECT, World, copy_of_project, environment_of


def of_the_page(pattern: str) -> str:
    """What docs/sources.md shows."""
    return re.findall(pattern, (PROJECT / "docs/sources.md").read_text(), re.DOTALL | re.MULTILINE)[0]


def add_the_stage(world: World) -> None:
    """Type the command that the page shows."""
    world.run("bash", "-c", of_the_page(r"^    (dvc stage add [^\n]+)$"))
    world.commit("Ask whether there is another delivery")


def test_a_state_that_nobody_asks_is_told(engine_of):
    """Else old rows would be taken for the newest."""
    world = engine_of("def state(params):\n    return '1'\n")

    done = world.run("dvc", "repro", "ingest", check=False)

    assert "state() in pipelines/problem/source.py is asked by no stage yet" in done.stderr
    assert of_the_page(r"^    (dvc stage add [^\n]+)$") in done.stderr


def test_a_state_is_a_text(engine_of):
    """An object that is another each time would run everything again and again."""
    world = engine_of("def state(params):\n    return object()\n")
    add_the_stage(world)

    done = world.run("dvc", "repro", "source", check=False)

    expected = "returned something of type object; a text: the same one for the same delivery is expected."
    assert f"source: state() in pipelines/problem/source.py {expected}" in done.stderr
    assert not (world.path / "data/0-source/state").exists()


def test_ci_keeps_to_the_delivery_that_is_committed(engine_of):
    """It judges a commit: upstream has moved on, or gives CI no credentials."""
    world = engine_of("def state(params):\n    raise RuntimeError('asked')\n")
    add_the_stage(world)
    state = world.path / "data/0-source/state"
    state.write_text("as it was\nwith a second line\n")

    kept = world.run("dvc", "repro", "source", KEEP_DELIVERY="true")
    asked = world.run("dvc", "repro", "source", check=False)

    assert "source: kept to the delivery that is committed: as it was\n" in kept.stdout
    assert state.read_text() == "as it was\nwith a second line\n"
    assert "asked" in asked.stderr


@pytest.mark.parametrize(
    ("environment", "kept"), [({"CI": "true"}, "true"), ({"CI": "true", "AS_OF": "yesterday"}, ""), ({}, "")]
)
def test_make_asks_for_newer_rows_in_ci_only_with_as_of(environment, kept):
    """As the monitor does."""
    command = ["make", "--silent", "--eval", "said: ; @echo $$KEEP_DELIVERY", "said"]
    others = {name: value for name, value in environment_of().items() if name not in ("CI", "AS_OF", "MAKEFLAGS")}

    said = subprocess.run(command, cwd=PROJECT, env=others | environment, capture_output=True, text=True, check=True)

    assert said.stdout.strip() == kept


@pytest.mark.slow
def test_a_base_keeps_the_delivery_of_its_commit(engine_of):
    """Who rebuilds it does not ask upstream, which has moved on since."""
    world = engine_of("import os\n\n\ndef state(params):\n    return os.environ['UPSTREAM']\n")
    add_the_stage(world)
    world.repro("features", UPSTREAM="as it was")
    world.commit("As it was")

    done = world.pipeline("champion-from", "HEAD")

    assert done.stdout.startswith("champion-from: champion is the model of commit"), done.stdout + done.stderr


def test_a_source_takes_the_place_of_file_and_read(engine_of):
    """One of the two would be read, and nobody would know which."""
    world = engine_of('SOURCE = "the lake"\n')

    done = world.run("dvc", "repro", "ingest", check=False)

    both = "has SOURCE, which takes the place of FILE, read, records, state, and FILE, read as well. Delete one."
    assert f"pipelines/problem/source.py {both}" in done.stdout + done.stderr


@pytest.fixture
def engine_of(tmp_path):
    """A project of stores whose source.py has more."""

    def made(more: str) -> World:
        world = copy_of_project(tmp_path / "world", "stores")
        path = world.path / "pipelines/problem/source.py"
        path.write_text(f"{path.read_text()}\n\n{more}")
        world.commit("Say whether there is another delivery")
        return world

    return made
