"""A project on the engine as a package: engine/README.md, typed as it stands there, with a folder of wheels for an index."""

import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import PROJECT, World, copy_of_project

pytestmark = pytest.mark.slow
VERSION = (PROJECT / "engine/VERSION").read_text().strip()
BUILD, SWITCH = re.findall(r"^```sh\n(.*?)^```$", (PROJECT / "engine/README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A project that `pipeline new` made, whose engine was built, and which has its folder still."""
    world = copy_of_project(tmp_path_factory.mktemp("wheel") / "project")
    assert world.pipeline("new", "sales", "--from", "stores").returncode == 0
    world.commit("Start sales")
    world.run("bash", "-euo", "pipefail", "-c", BUILD)
    (world.path / "dist").rename(world.path.with_name("index"))
    return world


def wheel(project: World) -> Path:
    [file] = project.path.with_name("index").iterdir()
    return file


def test_the_wheel_is_the_package_and_nothing_else(project: World):
    """Templates of pages and of `pipeline new` included, and with the version of the folder."""
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    here = subprocess.run([*listed, "champion"], cwd=PROJECT / "engine/src", capture_output=True, text=True, check=True)
    with ZipFile(wheel(project)) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}

    assert names == {name for name in here.stdout.splitlines() if (PROJECT / "engine/src" / name).exists()}
    assert {name.rpartition("/")[0] for name in names} >= {"champion/cli/adopt/templates", "champion/report/templates"}
    assert wheel(project).name == f"champion_engine-{VERSION}-py3-none-any.whl"


def test_a_project_runs_on_the_package(project: World):
    """To its first champion, which is made again; what is checked and tested there is the project's own."""
    index = {"UV_FIND_LINKS": str(project.path.with_name("index"))}
    done = project.run("bash", "-euo", "pipefail", "-c", SWITCH.replace("1.0.0", VERSION), **index)
    project.commit("On the package")
    (project.path / "tests").mkdir(exist_ok=True)
    (project.path / "tests/test_mine.py").write_text("def test_mine():\n    import champion.core  # noqa: F401\n")
    checked, tested = (project.run("make", name, **index) for name in ("check", "test"))
    where = project.run(
        ".venv/bin/python", "-c", "from champion.core import version as v; print(v.number(), v.__file__)"
    )
    again = project.run(".venv/bin/pipeline", "reproduce", "1")

    assert "promote: v1 is champion, it replaced nobody" in done.stdout
    assert not (project.path / "engine").exists()
    assert where.stdout.startswith(f"{VERSION} {project.path}/.venv/lib/")
    assert "v1 was reproduced exactly" in again.stdout
    assert "All checks passed!" in checked.stdout
    assert "1 passed" in tested.stdout
    assert "there is no folder engine/, so none of its tests" in tested.stdout
    assert not (project.path / ".venv/bin/mypy").exists()  # nothing of the engine's was installed
