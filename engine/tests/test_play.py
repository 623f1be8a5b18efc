"""The pages that are played: their answers are the real ones."""

import runpy
import subprocess
import sys
from types import SimpleNamespace

import pytest
from conftest import PROJECT, weekly_but

PLAYED = [f"docs/{page.name}" for page in sorted((PROJECT / "docs").glob("*.md")) if "```console" in page.read_text()]
play = SimpleNamespace(**runpy.run_path(str(PROJECT / "docs/play.py")))


@pytest.mark.slow
@pytest.mark.parametrize("page", weekly_but(["docs/story.md"], PLAYED))
def test_what_a_page_shows_is_what_comes(page: str):
    """Word for word; figures may differ in the last digits."""
    done = subprocess.run(
        [sys.executable, "docs/play.py", page], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_a_block_is_commands_and_their_answers():
    """A command may go on over lines; an answer may have none."""
    block = "```console\n$ one <<END\n> two\n> END\nsaid\n> quoted\n$ three\n```\n"

    assert play.steps(block) == [("one <<END\ntwo\nEND", ["said", "> quoted"]), ("three", [])]


@pytest.mark.parametrize(
    ("came", "said", "shown"),
    [
        (["a", "b"], ["x"], ["a", "b"]),
        (["a", "b", "c", "d"], ["x", "...", "y"], ["a", "...", "d"]),
        (["a", "b"], ["...", "y"], ["...", "b"]),
        (["a", "b"], ["x", "..."], ["a", "..."]),
        (["a"], ["x", "...", "y"], ["a"]),
    ],
)
def test_what_a_page_leaves_out_stays_out(came: list[str], said: list[str], shown: list[str]):
    """The dots keep their place, whatever the words around them become."""
    assert play.shortened(came, said) == shown


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("mae candidate 176.0, naive 289.5", "mae candidate 175.98, naive 1,289"),
        ("v1 → v2:   1.2e-05", "v1 → v2: 0.3"),
        ("2026-01-02 10:09  promote", "2031-11-12 09:00   promote"),
        ("http://127.0.0.1:5000/#/runs/3147ec5e0747", "http://127.0.0.1:5001/#/runs/fadebead"),
        ("Python 3.11.7 on Linux x86_64 SkylakeX, a", "Python 3.12.1 on Darwin arm64, a"),
    ],
)
def test_figures_may_differ(here: str, there: str):
    """Other machines, other last digits."""
    assert play.masked([here]) == play.masked([there])


@pytest.mark.parametrize(
    ("here", "there"),
    [("v2 is champion", "v3 is champion"), ("promote", "reject"), ("mae +1.2", "mae -1.2"), ("a 1", "a 1 b")],
)
def test_words_signs_and_versions_may_not(here: str, there: str):
    """What happened has to be what the page says."""
    assert play.masked([here]) != play.masked([there])


def test_a_command_that_fails_stops_the_page_and_leaves_it_alone(tmp_path):
    """Also when pages are written anew."""
    page = tmp_path / "page.md"
    page.write_text("Said.\n\n```console\n$ echo 1\n2\n$ false\n```\n")

    with pytest.raises(SystemExit, match="ended with 1"):
        play.play(page, tmp_path, update=True)

    assert "\n2\n" in page.read_text()


def test_other_words_stop_the_page(tmp_path):
    """A figure passes, a word does not; writing anew takes both."""
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo 1 apple\n2 apple\n$ echo pear\nplum\n```\n")

    with pytest.raises(SystemExit, match="plum"):
        play.play(page, tmp_path, update=False)

    assert play.play(page, tmp_path, update=True) == "```console\n$ echo 1 apple\n1 apple\n$ echo pear\npear\n```\n"


def test_the_copy_runs_its_own_code(tmp_path):
    """An editable installation points elsewhere; commands of a page do not."""
    for package in ("pipelines", "engine/src/champion", "engine/src/champion/cli"):
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "pipelines/hooks.py").write_text("OWN = 'my flow'\n")
    engine = "def main():\n    from pipelines.hooks import OWN\n\n    print('my engine,', OWN)\n"
    (tmp_path / "engine/src/champion/cli/main.py").write_text(engine)

    assert play.run("pipeline status", tmp_path) == (0, ["my engine, my flow"])
