"""The architecture, as tests."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from conftest import PROBLEMS, PROJECT, README, STAGES

from champion import testing
from champion.cli.main import COMMANDS, cli
from champion.core import config, flow
from champion.core.config import Params
from champion.core.interface import ENGINE

TRAFFIC = PROBLEMS / "traffic"
MODULES = testing.modules(TRAFFIC)
OURS = {name: path for name, path in MODULES.items() if name.startswith("champion.")}
YOURS = {name: path for name, path in MODULES.items() if name.startswith("pipelines.")}
EXTENSIONS = {path.name for path in (ENGINE / "ext").iterdir() if (path / "__init__.py").exists()}
# A changelog names what was; `pipeline new` moves the template's to docs/.
PAGES = sorted(
    {*(PROJECT / "docs").glob("*.md"), *(PROJECT / "engine").glob("*.md"), README}
    - {PROJECT / "docs/template-changelog.md", PROJECT / "engine/CHANGELOG.md"}
)
# Which package may import which others; each may import itself and core. Extensions may import all that stand here.
MAY_IMPORT = {
    "core": set(),
    "metrics": set(),
    "ingest": set(),
    "validate": set(),
    "features": set(),
    "train": {"metrics"},
    "lineage": {"metrics"},
    "evaluate": {"lineage", "metrics"},
    "registry": {"lineage"},
    "report": {"evaluate", "metrics", "validate"},
    "baseline": {"lineage", "registry"},
    "promote": {"evaluate", "lineage", "registry", "report"},
    "monitor": {"evaluate", "lineage", "metrics"},
    "cli": {"evaluate", "features", "lineage", "metrics", "monitor", "promote", "registry", "report", "validate"},
    "testing": {"ingest"},
    "__main__": {"cli"},
}
OF_OTHERS = {"serve": {"predict"}}  # extensions that an extension is built on


def package(module: str) -> str:
    """Return the package of a module: `ext.predict` of an extension."""
    parts = module.split(".")
    return ".".join(parts[1:3]) if parts[1] == "ext" else parts[1]


def ours(module: str) -> set[str]:
    """Return the modules of the engine that a module of the engine imports."""
    return {name for name in testing.used(module, MODULES) if name in OURS}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_all_that_it_uses(stage: str):
    """Its own file, files of the problem, folders of the engine, the lock: too much is allowed, too little is not."""
    assert testing.unlisted(stage, TRAFFIC) == []


def test_a_stage_lists_at_most_four_folders_of_the_engine():
    """And no file of it: the list is to be read, not to be kept."""
    listed = {name: [dep for dep in stage["deps"] if dep.startswith("engine/")] for name, stage in STAGES.items()}

    assert {name: deps for name, deps in listed.items() if len(deps) > 4} == {}
    assert [dep for deps in listed.values() for dep in deps if not (PROJECT / dep).is_dir()] == []


def test_dvc_yaml_is_a_picture():
    """On two screens."""
    assert (TRAFFIC / "dvc.yaml").read_text().count("\n") <= 130


def test_words_of_reports_run_no_stage_again_and_metrics_those_that_measure():
    """What only people read is no part of a result."""
    listed = {name: {Path(dep).name for dep in stage["deps"]} for name, stage in STAGES.items()}
    again = {room: {name for name, deps in listed.items() if room in deps} for room in ("report", "monitor", "cli")}

    assert again == {"report": set(), "monitor": set(), "cli": set()}
    assert {name for name, deps in listed.items() if "metrics" in deps} == {"train", "evaluate"}


@pytest.mark.parametrize(("number", "stage"), list(enumerate(STAGES, start=1)))
def test_a_stage_has_one_word_in_five_places(number: int, stage: str):
    """Function, stage of dvc.yaml, section of params, folder of results, package of the engine."""
    assert STAGES[stage]["cmd"] == f"python -m pipelines.{stage}"
    assert flow.stage(stage, TRAFFIC).folder == TRAFFIC / f"data/{number}-{stage}"
    assert STAGES[stage].get("params", [stage]) == [stage]
    assert (ENGINE / stage / f"{stage}.py").exists()
    assert (Path(__file__).parent / stage / f"test_{stage}.py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_file_is_short(stage: str):
    """It says the flow in the engine's verbs."""
    assert YOURS[f"pipelines.{stage}"].read_text().count("\n") <= 45


def test_every_section_of_params_belongs_to_a_stage_and_the_reverse():
    """A number that no stage reads is a lie."""
    sections = set(yaml.safe_load((TRAFFIC / "params.yaml").read_text()))

    assert sections == {stage for stage in STAGES if "params" in STAGES[stage]}
    assert sections == {field.alias or name for name, field in Params.model_fields.items()}


def test_every_key_of_params_is_declared_and_the_reverse():
    """Each number is written down, and each is read."""
    params = yaml.safe_load((TRAFFIC / "params.yaml").read_text())
    known = config._kind().model_fields
    # for problems without time, for other metrics, for more rows than a model needs
    elsewhere = {"holdout_share", "quantile", "costs", "positive", "max_rows"}

    for name, field in known.items():
        assert set(params[field.alias or name]) == set(field.annotation.model_fields) - elsewhere


@pytest.mark.parametrize("module", OURS)
def test_no_module_imports_against_the_table(module: str):
    """No circle, no arrow back; nothing imports an extension, and the engine never imports the problem."""
    here = package(module)
    if here.startswith("ext."):
        extension = here.removeprefix("ext.")
        allowed = {*MAY_IMPORT} | {here, *(f"ext.{name}" for name in OF_OTHERS.get(extension, ()))}
    else:
        allowed = MAY_IMPORT[here] | {"core", here}

    assert {name for name in ours(module) if package(name) not in allowed} == set()
    named = testing.imports(OURS[module], module.rpartition(".")[0])
    assert {name for name in named if name.startswith("pipelines.")} - YOURS.keys() == set()
    assert "pipelines" not in ast.unparse(ast.Module(_imports(OURS[module]), []))


def _imports(path: Path) -> list[ast.stmt]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_packages_go_one_way():
    """No two import each other, directly or round about."""
    arrows = {(package(module), package(name)) for module in OURS for name in ours(module)}
    after = {here: {end for start, end in arrows if start == here and end != here} for here, _ in arrows}
    for here, nearby in after.items():
        reached, todo = set(), set(nearby)
        while todo:
            nearest = todo.pop()
            reached.add(nearest)
            todo |= after.get(nearest, set()) - reached
        assert here not in reached


def test_modules_import_each_other_one_way():
    """Nor do modules."""
    assert [module for module in OURS if any(module in testing.closure(name, MODULES) for name in ours(module))] == []


def test_every_package_of_the_engine_stands_in_the_table():
    """A folder more is a decision."""
    assert {package(module) for module in OURS} == MAY_IMPORT.keys() | {f"ext.{name}" for name in EXTENSIONS}


@pytest.mark.parametrize("folder", sorted({path.parent for path in OURS.values()}), ids=lambda path: path.name)
def test_a_folder_can_be_looked_over(folder: Path):
    """What belongs together is found in one glance."""
    assert len([*folder.glob("*.py")]) <= 24


def test_what_is_yours_uses_the_public_interface_alone():
    """Stage files, problems and hooks: what the page lists is kept from version to version, all else may change."""
    page = (PROJECT / "docs/interface.md").read_text()
    files = [*YOURS.values(), *PROBLEMS.glob("*/pipelines/problem/*.py")]
    used = {
        node.module if f"{node.module}.{alias.name}" not in OURS else f"{node.module}.{alias.name}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("champion")
        for alias in node.names
    }

    assert {module for module in used if f"`{module}`" not in page} == set()


def test_folder_numbers_stand_in_dvc_yaml_alone():
    """A stage between two others renumbers one file."""
    numbered = re.compile(r"[1-9]-(?:ingest|validate|features|train|baseline|evaluate|promote)\b")
    shown = {"champion.core.flow"}  # an example in a message

    assert [name for name, path in MODULES.items() if numbered.search(path.read_text()) and name not in shown] == []


@pytest.mark.parametrize(
    ("tool", "allowed"),
    [
        (
            "mlflow",
            {
                "registry.tracking",
                "registry.artifacts",
                "registry.registry",
                "registry.ledger",
                "registry.migration",
                "registry.runs",
                "registry.packaging",
                "ext.serve.following",
            },
        ),
        ("great_expectations", {"validate.expectations"}),
        ("skops", {"core.models"}),
        (
            "matplotlib",
            {"evaluate.figures", "evaluate.diagnostics", "report.moved", "ext.replay.page", "ext.why.picture"},
        ),
        ("wandb", {"ext.wandb.wandb_runs"}),
    ],
)
def test_a_tool_has_its_place(tool: str, allowed: set[str]):
    """Who wants to replace a tool has to look nowhere else."""
    users = {
        name
        for name, path in OURS.items()
        if any(each.split(".")[0] == tool for each in testing.imports(path, name.rpartition(".")[0]))
    }

    assert {name.removeprefix("champion.") for name in users} == allowed


def test_functions_stay_readable():
    """None is over 45 lines without its docstring."""
    for path in OURS.values():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                start = node.body[1].lineno if ast.get_docstring(node) and len(node.body) > 1 else node.lineno
                assert node.end_lineno - start <= 45, f"{path}: {node.name}"


def test_package_files_are_empty():
    """Nothing runs because something is imported."""
    packages = [*ENGINE.rglob("__init__.py"), *(TRAFFIC / "pipelines").rglob("__init__.py")]

    assert [path for path in packages if path.read_text()] == []


@pytest.mark.skipif(
    "[tool.champion-pipeline]" in (PROJECT / "pyproject.toml").read_text(),
    reason="a project of one's own: its flow and problem are its owner's",
)
def test_the_shipped_example_is_what_the_engines_tests_run():
    """The template's own files, and the copy that keeps the engine's tests apart from what an owner makes of them."""
    names = ["dvc.yaml", "params.yaml", *(str(path.relative_to(TRAFFIC)) for path in YOURS.values())]

    assert [name for name in names if (PROJECT / name).read_bytes() != (TRAFFIC / name).read_bytes()] == []


def test_every_module_says_what_it_does():
    """One sentence at the top."""
    silent = [name for name, path in OURS.items() if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_documents_and_records_are_typed():
    """What travels between modules has a written form: `Any` is for the few things that have none."""
    code = "".join(path.read_text() for path in OURS.values())

    assert len(re.findall(r"dict\[str, Any\]", code)) < 10
    assert len(re.findall(r"\bAny\b", code)) < 0.01 * code.count("\n")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_and_stands_in_the_docs(command: str):
    """A command nobody can find does not exist."""
    shown = CliRunner().invoke(cli, [command, "--help"])

    assert shown.exit_code == 0
    assert shown.output.count("\n") > 3
    assert f"pipeline {command}" in (PROJECT / "docs/commands.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_and_paths_in_the_docs_exist(page: Path):
    """What a page points at is there."""
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    paths = re.findall(r"`((?:pipelines|engine|tests|docs|data/0-source)/[\w./-]*)`", text)

    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in paths if not ((PROJECT / path).exists() or (page.parent / path).exists())] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_targets_and_commands_in_the_docs_exist(page: Path):
    """What a page tells to type works."""
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"(?:^ {4}|`)pipeline ([a-z-]+)", text, re.MULTILINE)) <= set(COMMANDS)
