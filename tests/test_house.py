"""The architecture, as tests."""

import ast
import re
from pathlib import Path

import imports
import pytest
import yaml
from click.testing import CliRunner
from conftest import PROBLEMS, PROJECT, README, STAGES

from pipelines.__main__ import COMMANDS, cli
from pipelines.config import Params

MODULES = imports.modules(PROBLEMS / "traffic")
OURS = {name: path for name, path in MODULES.items() if not name.startswith(imports.PROBLEM)}
PAGES = sorted({*(PROJECT / "docs").glob("*.md"), README})
GROUND = {
    "errors",
    "files",
    "params",
    "documents",
    "interface",
    "returned",
}  # what can go wrong, be set and be written down
THEIRS = GROUND | {"problem", "sources"}  # what a problem may import
MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    "sources": {"sources"},
    "problem": {"problem", "sources"},
    "adopt": {"adopt"},
    "evaluation": {"evaluation"},
    "report": {"report"},
    "record": {"record"},
    "config": {"problem"},
    "columns": {"problem"},
    "own_loss": {"problem", "evaluation"},
    "naive": {"problem", "record"},
    "rebuild": {"rebuild", "naive", "own_loss", "columns", "problem", "evaluation", "report", "record"},
    "engines": {"engines"},
    "stages": {
        "stages",
        "engines",
        "sources",
        "naive",
        "own_loss",
        "columns",
        "rebuild",
        "problem",
        "evaluation",
        "report",
        "record",
    },
    "batch": {
        "batch",
        "stages",
        "report",
        "engines",
        "rebuild",
        "evaluation",
        "sources",
        "columns",
        "problem",
        "record",
    },
    "replay": {
        "replay",
        "stages",
        "engines",
        "config",
        "naive",
        "own_loss",
        "columns",
        "problem",
        "evaluation",
        "record",
    },
    "serving": {"serving", "batch", "engines", "rebuild", "evaluation", "record"},
    "commands": {
        "commands",
        "engines",
        "serving",
        "batch",
        "replay",
        "adopt",
        "own_loss",
        "columns",
        "config",
        "rebuild",
        "problem",
        "evaluation",
        "report",
        "record",
    },
    "entry": {"config", "problem"},
    "__main__": {"record"},
}


def ours(module: str) -> set[str]:
    return imports.ours(module, MODULES)


DECLARED = imports.declared()


def test_stages_that_are_cached_declare_modules_and_those_that_always_run_none():
    """One that always runs needs no list; a cached one without it would keep old results."""
    always = {name for name, stage in STAGES.items() if stage.get("always_changed")}

    assert always == {"baseline", "promote"}
    assert DECLARED.keys() & STAGES.keys() == STAGES.keys() - always
    assert [dep for name in always for dep in STAGES[name]["deps"] if dep.endswith(".py")] == []


@pytest.mark.parametrize("stage", [name for name in DECLARED if name in STAGES])
def test_a_stage_declares_exactly_the_modules_it_imports(stage: str):
    """A forgotten dependency leaves old results in place, a superfluous one reruns for nothing.

    What an owner's problem imports, of itself and of the ground floor, is asked by tests/yours.
    """
    needed = {path for path in imports.of_stage(stage, MODULES) if not path.startswith("pipelines/problem/")}
    superfluous = {path for path in DECLARED[stage] - needed if Path(path).with_suffix("").parts[1] not in THEIRS}

    assert (needed - DECLARED[stage], superfluous) == (set(), set())


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
    sections = set(yaml.safe_load((PROBLEMS / "traffic/params.yaml").read_text()))

    assert sections == {stage for stage in STAGES if "params" in STAGES[stage]}
    assert sections == {field.alias or name for name, field in Params.model_fields.items()}


def test_every_key_of_params_is_declared_and_the_reverse():
    """Each number is written down, and each is read."""
    params = yaml.safe_load((PROBLEMS / "traffic/params.yaml").read_text())
    # for problems without time, for other metrics, for more rows than a model needs
    elsewhere = {"holdout_share", "quantile", "costs", "positive", "max_rows"}

    for name, field in Params.model_fields.items():
        assert set(params[field.alias or name]) == set(field.annotation.model_fields) - elsewhere


@pytest.mark.parametrize("module", OURS)
def test_nobody_imports_against_the_table(module: str):
    """Problem, evaluation, report and record know the ground floor only; stages and commands bring them together."""
    room = module.split(".")[1]
    allowed = MAY_IMPORT[room] | GROUND | {room}
    if room == "report":
        allowed |= {"evaluation"}  # its types

    assert {name for name in ours(module) if name.split(".")[1] not in allowed} == set()


def test_rooms_go_one_way():
    """No two rooms import each other, directly or round about."""
    arrows = {(module.split(".")[1], name.split(".")[1]) for module in MODULES for name in ours(module)}
    after = {room: {end for start, end in arrows if start == room and end != room} for room, _ in arrows}
    for room, nearby in after.items():
        reached, todo = set(), set(nearby)
        while todo:
            nearest = todo.pop()
            reached.add(nearest)
            todo |= after.get(nearest, set()) - reached
        assert room not in reached


def test_modules_import_each_other_one_way():
    """Nor do modules."""
    assert [
        module for module in MODULES if any(module in imports.closure(name, MODULES) for name in ours(module))
    ] == []


def test_folder_numbers_stand_in_dvc_yaml_alone():
    """A stage between two others renumbers one file."""
    numbered = re.compile(r"[1-9]-(?:ingest|validate|features|train|baseline|evaluate|promote)")

    assert [name for name, path in MODULES.items() if numbered.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        (
            "mlflow",
            {
                "record.tracking",
                "record.artifacts",
                "record.registry",
                "record.ledger",
                "record.migration",
                "record.runs",
                "record.packaging",
                "serving.following",
            },
        ),
        ("great_expectations", {"record.expectations"}),
        ("skops", {"record.models"}),
        ("matplotlib", {"report.figures", "report.diagnostics", "report.replay", "report.moved"}),
    ],
)
def test_a_tool_has_its_place(package: str, allowed: set[str]):
    """Who wants to replace a tool has to look nowhere else."""
    users = {
        name
        for name, path in OURS.items()
        if any(each.split(".")[0] == package for each in imports.imports(path, "pipelines"))
    }

    assert {name.removeprefix("pipelines.") for name in users} == allowed


def test_functions_and_files_stay_readable():
    """No function over 45 lines without its docstring, no file over 250; most have half of that."""
    for path in OURS.values():
        text = path.read_text()
        assert text.count("\n") <= 250, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                start = node.body[1].lineno if ast.get_docstring(node) and len(node.body) > 1 else node.lineno
                assert node.end_lineno - start <= 45, f"{path}: {node.name}"


def test_every_module_says_what_it_does():
    """One sentence at the top."""
    silent = [name for name, path in OURS.items() if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_package_files_are_empty():
    """Nothing runs because something is imported."""
    packages = {
        path for path in (PROJECT / "pipelines").rglob("__init__.py") if path.parent != PROJECT / "pipelines/problem"
    }

    assert [path for path in packages if path.read_text()] == []


def test_documents_and_records_are_typed():
    """What travels between modules has a written form: `Any` is for the few things that have none."""
    code = "".join(path.read_text() for path in OURS.values())

    assert len(re.findall(r"dict\[str, Any\]", code)) < 10
    assert len(re.findall(r"\bAny\b", code)) < 0.01 * code.count("\n")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_and_stands_in_the_readme(command: str):
    """A command nobody can find does not exist."""
    shown = CliRunner().invoke(cli, [command, "--help"])

    assert shown.exit_code == 0
    assert shown.output.count("\n") > 3
    assert f"pipeline {command}" in README.read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_and_paths_in_the_docs_exist(page: Path):
    """What a page points at is there."""
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    paths = re.findall(r"`((?:pipelines|tests|docs|data/0-source|benchmarks)/[\w./-]*)`", text)

    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in paths if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_targets_and_commands_in_the_docs_exist(page: Path):
    """What a page tells to type works."""
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"(?:^ {4}|`)pipeline ([a-z-]+)", text, re.MULTILINE)) <= set(COMMANDS)
