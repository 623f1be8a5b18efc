"""The command line: one module a command, and help without importing any."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from champion.cli import main as command_line


def test_help_lists_every_command_with_what_it_says_of_itself():
    """Each has a sentence that ends; a forgotten docstring shows."""
    listed = CliRunner().invoke(command_line.cli, ["--help"]).output

    for name, path in command_line.COMMANDS.items():
        assert f"\n  {name} " in listed
        assert command_line._summary(path).endswith(".")


@pytest.mark.parametrize("name", sorted(command_line.COMMANDS))
def test_each_command_has_the_name_of_its_file(name: str):
    """And an own help page."""
    result = CliRunner().invoke(command_line.cli, [name, "--help"])

    assert result.exit_code == 0
    assert f" {name} [OPTIONS]" in result.output


def test_help_imports_none_of_the_heavy_packages(project):
    """They cost seconds each."""
    script = (
        "import sys; sys.argv = ['pipeline', '--help']; from champion.cli.main import main\n"
        "try: main()\nexcept SystemExit: print(*sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True, check=True)

    assert {"mlflow", "great_expectations", "sklearn", "pandas", "dvc"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [("def (:", "names.py, line 1 is not Python: invalid syntax"), ("", "names.py has no NAME"), (None, "names.py does not exist")],
    ids=["a typing mistake", "emptied", "deleted"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["monitor", "history", "status"])
def test_a_problem_that_cannot_be_imported_is_told_without_a_traceback(project, command, spoilt, said):
    """The same words as a stage has for it."""
    names = project / "pipelines/problem/names.py"
    names.unlink() if spoilt is None else names.write_text(spoilt)

    done = subprocess.run(
        [sys.executable, "-m", "champion", command], cwd=project, capture_output=True, text=True, check=False
    )

    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (65, True, False), done.stderr
