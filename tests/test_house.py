"""The architecture, as tests."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from conftest import PROJECT

from pipelines.__main__ import cli
from pipelines.entry import Params

MODULES = {
    ".".join(path.with_suffix("").parts[-len(path.relative_to(PROJECT).parts) :]): path
    for path in sorted((PROJECT / "pipelines").rglob("*.py"))
    if path.name != "__init__.py"
}
STAGES = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["stages"]
ROOT = {"pipelines.entry", "pipelines.errors", "pipelines.dials"}
MAY_IMPORT = {
    "problem": {"problem"},
    "judge": {"judge"},
    "record": {"record"},
    "stages": {"problem", "judge", "record"},
    "commands": {"problem", "judge", "record", "commands"},
}


def imports(path: Path) -> set[str]:
    """Every module named by an import statement, wherever it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(path: Path) -> set[str]:
    return {name for name in imports(path) if name in MODULES}


def closure(module: str) -> set[str]:
    """The module and everything of ours that it imports, directly or not."""
    seen, todo = set(), {module}
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= ours(MODULES[name]) - seen
    return seen


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_exactly_the_modules_it_imports(stage: str):
    """A forgotten dependency leaves old results in place, a superfluous one reruns for nothing; what always runs has none."""
    declared = {dep for dep in STAGES[stage]["deps"] if dep.endswith(".py")}

    modules = closure("pipelines.entry") | closure(f"pipelines.stages.{stage}")
    needed = {str(MODULES[name].relative_to(PROJECT)) for name in modules}

    assert declared == (set() if STAGES[stage].get("always_changed") else needed)


@pytest.mark.parametrize(("number", "stage"), list(enumerate(STAGES, start=1)))
def test_a_stage_has_one_word_in_five_places(number: int, stage: str):
    """Module, stage, params section, data folder, test file."""
    assert f"pipelines.stages.{stage}" in MODULES
    assert STAGES[stage]["cmd"].startswith(f"python -m pipelines.entry {stage} ")
    assert f"data/{number}-{stage}" in STAGES[stage]["cmd"]
    assert STAGES[stage].get("params", [stage]) == [stage]
    assert (PROJECT / f"tests/stages/test_{stage}.py").exists()


def test_every_section_of_params_belongs_to_a_stage_and_the_reverse():
    """A number that no stage reads is a lie."""
    sections = set(yaml.safe_load((PROJECT / "params.yaml").read_text()))

    assert sections == {stage for stage in STAGES if "params" in STAGES[stage]}
    assert sections == {field.alias or name for name, field in Params.model_fields.items()}


def test_every_key_of_params_is_a_dial_and_the_reverse():
    """Each number is written down, and each is read."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    other_split = {"holdout_share"}  # for problems without time

    for name, field in Params.model_fields.items():
        assert set(params[field.alias or name]) == set(field.annotation.model_fields) - other_split


@pytest.mark.parametrize("module", MODULES)
def test_nobody_imports_against_the_table(module: str):
    """Problem and judge know nobody; record knows the outside; stages and commands bring them together."""
    layer = module.split(".")[1]
    if layer not in MAY_IMPORT:
        return
    foreign = {name for name in ours(MODULES[module]) - ROOT if name.split(".")[1] not in MAY_IMPORT[layer]}

    assert not foreign


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        (
            "mlflow",
            {
                "record.tracking",
                "record.registry",
                "record.ledger",
                "record.runs",
                "record.packaging",
                "record.origins",
            },
        ),
        ("great_expectations", {"problem.contract", "record.expectations"}),
        ("skops", {"record.models"}),
        ("matplotlib", {"judge.pictures"}),
    ],
)
def test_a_tool_has_its_place(package: str, allowed: set[str]):
    """Who wants to replace a tool has to look nowhere else."""
    users = {name for name, path in MODULES.items() if any(each.split(".")[0] == package for each in imports(path))}

    assert {name.removeprefix("pipelines.") for name in users} == allowed


def test_functions_and_files_stay_readable():
    """No function over 40 lines without its docstring, no file over 210."""
    for path in MODULES.values():
        text = path.read_text()
        assert text.count("\n") <= 210, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                start = node.body[1].lineno if ast.get_docstring(node) and len(node.body) > 1 else node.lineno
                assert node.end_lineno - start <= 40, f"{path}: {node.name}"


def test_every_module_says_what_it_does():
    """One sentence at the top."""
    silent = [name for name, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_package_files_are_empty():
    """Nothing runs because something is imported."""
    assert [path for path in (PROJECT / "pipelines").rglob("__init__.py") if path.read_text()] == []


def test_help_loads_none_of_the_heavy_tools():
    """`pipeline --help` is instant."""
    script = "import sys; sys.argv = ['pipeline', '--help']; import pipelines.__main__ as m\ntry: m.main()\nexcept SystemExit: print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT)

    assert "Commands:" in loaded.stdout
    assert not {"pandas", "mlflow", "sklearn", "great_expectations", "dvc"} & set(loaded.stdout.split())


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_help_and_stands_in_the_readme(command: str):
    """A command nobody can find does not exist."""
    shown = CliRunner().invoke(cli, [command, "--help"])

    assert shown.exit_code == 0
    assert cli.commands[command].help
    assert f"pipeline {command}" in (PROJECT / "README.md").read_text()


@pytest.mark.parametrize(
    "page", [*sorted((PROJECT / "docs").glob("*.md")), PROJECT / "README.md"], ids=lambda path: path.name
)
def test_links_and_paths_in_the_docs_exist(page: Path):
    """What a page points at is there."""
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    paths = re.findall(r"`((?:pipelines|tests|docs|data/0-source|benchmarks)/[\w./-]*)`", text)

    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in paths if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize(
    "page", [*sorted((PROJECT / "docs").glob("*.md")), PROJECT / "README.md"], ids=lambda path: path.name
)
def test_targets_and_commands_in_the_docs_exist(page: Path):
    """What a page tells to type works."""
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"(?:^ {4}|`)pipeline ([a-z-]+)", text, re.MULTILINE)) <= set(cli.commands)
