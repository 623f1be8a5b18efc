"""Bring a project that began before 1.0, when the engine was part of pipelines/, into today's layout, as far as a program can."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from champion.cli.adopt import project
from champion.cli.adopt.merge import Merge, add, conflicts, remove
from champion.core import files
from champion.lineage import git, recipe

CODE, TESTS, YOURS, FLOW = "pipelines", "tests", "tests/yours", "dvc.yaml"
OLD_STAGE = "python -m pipelines.entry"
SOURCE = re.compile(rf"{re.escape(OLD_STAGE)} source --state (\S+)")
NEW_SOURCE = r"python -m champion.ingest.source \1"
# As in `from pipelines import params as engine`, with or without brackets.
TOP = re.compile(r"^([ \t]*)from (?:pipelines|\.\.) import (?:\(([^)]*)\)|([^(\n]+))", re.MULTILINE)
ROOMS = {old.removeprefix(f"{CODE}."): new.rpartition(".")[0] for old, new in recipe.MOVED.items()}


def is_before(commit: str) -> bool:
    """Tell whether a commit has the layout of before 1.0."""
    return git.holds(commit, recipe.OLD_LAYOUT)


def edited(merge: Merge) -> list[str]:
    """Return the files of the old engine that were changed here: nothing of that comes along."""
    return [name for name in merge.changed(CODE) if not name.startswith(f"{project.PROBLEM}/")]


def settle(merge: Merge) -> list[str]:
    """Move what is the project's own to where it is now; return what is left for a person, a line each."""
    own_tests = _move_tests(merge)
    old = {name for name in merge.names(merge.base, CODE, TESTS) if not name.startswith(f"{project.PROBLEM}/")}
    remove(old - merge.names(merge.theirs, CODE, TESTS))
    own = merge.names(merge.ours, CODE) - old
    left = [*_flow(merge), *_notes_of_tests(merge)]
    for name in sorted(name for name in own | own_tests if name.endswith(".py") and Path(name).exists()):
        text = Path(name).read_text(encoding="utf-8")
        files.write_bytes(Path(name), (changed := moved_imports(text)).encode())
        add([name])
        left += [f"{name} imports {module}, which is gone" for module in _gone(changed)]
    return left


def moved_imports(text: str) -> str:
    """Return code with the modules of the engine that it may use under their names of today.

    >>> moved_imports("from pipelines import params as engine"), moved_imports("from pipelines.sources.delta import Delta")
    ('from champion.core import params as engine', 'from champion.ext.sources.delta import Delta')
    """
    text = TOP.sub(lambda line: "\n".join(_from_top(line[1], line[2] or line[3])), text)
    for old, new in recipe.MOVED.items():
        text = re.sub(rf"\b{re.escape(old)}\b", new, text)
        text = re.sub(rf"^(\s*)from \.\.{old.removeprefix(CODE)[1:]}\b", rf"\1from {new}", text, flags=re.MULTILINE)
    return text


def _from_top(indent: str, imported: str) -> Iterator[str]:
    """Yield import statements for what was imported from the package pipelines itself."""
    code, _, comment = imported.partition("#")
    for each in filter(None, (each.strip() for each in code.split(","))):
        package = ROOMS.get(each.split()[0], CODE)
        yield f"{indent}from {package} import {each}{f'  #{comment}' if comment else ''}"


def _gone(text: str) -> list[str]:
    """Return the modules of the old engine that code imports and that have no name of today."""
    found = re.findall(rf"^\s*(?:from|import) ({CODE}(?:\.\w+)*)(?: import (\w+))?", text, re.MULTILINE)
    modules = {module if module != CODE else f"{CODE}.{name}" for module, name in found}
    return sorted(each for each in modules if not _exists(each))


def _exists(module: str) -> bool:
    place = Path(*module.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


def _move_tests(merge: Merge) -> set[str]:
    """Move the project's own tests from tests/yours/ to tests/; return all of its own."""
    template = merge.names(merge.base, TESTS)
    own = set[str]()
    for name in merge.names(merge.ours, TESTS) - template:
        target = f"{TESTS}/{name.removeprefix(f'{YOURS}/')}" if name.startswith(f"{YOURS}/") else name
        if target != name:
            text = git.raw("show", f"{merge.ours}:./{name}")
            remove({name, target})  # git may have moved it halfway, and left that as a conflict
            files.write_bytes(Path(target), text)
        own.add(target)
    add(name for name in own if Path(name).exists())
    return own


def _notes_of_tests(merge: Merge) -> list[str]:
    return [
        f"{name} was changed here, and the template's of today took its place: `git show {merge.ours[:12]}:./{name}`"
        for name in merge.changed(TESTS)
        if (merge.text(merge.ours, name) or "").strip()
    ]


def _flow(merge: Merge) -> list[str]:
    """Write dvc.yaml: the template's, with the stages and dependencies that were added here; return what could not be moved."""
    ours, base, theirs = (merge.text(commit, FLOW) or "" for commit in (merge.ours, merge.base, merge.theirs))
    if ours == base:
        return []
    if FLOW in conflicts() or _is_old(Path(FLOW).read_text(encoding="utf-8")):
        text, left = merged_flow(ours, base, theirs)
        files.write_bytes(Path(FLOW), text.encode())
        add([FLOW])
        return left
    return []


def _is_old(text: str) -> bool:
    return OLD_STAGE in text


def merged_flow(ours: str, base: str, theirs: str) -> tuple[str, list[str]]:
    """Add to the template's dvc.yaml of today what a project added to that of before; return what it takes a person for."""
    mine, before, now = (yaml.safe_load(text)["stages"] for text in (ours, base, theirs))
    text, left = theirs, []
    for name in (name for name in mine if name not in before):
        block = SOURCE.sub(NEW_SOURCE, _block(ours, name))
        text = _with_stage(text, block)
        if OLD_STAGE in block:
            left.append(
                f"dvc.yaml: the stage {name} runs `{OLD_STAGE}`: make it a function in {CODE}/, as docs/adapt.md says"
            )
    for name in (name for name in mine if name in before):
        listed = now.get(name, {}).get("deps", [])
        for path in (path for path in _deps(mine[name]) if path not in _deps(before[name])):
            if Path(path).exists() and not any(Path(path).is_relative_to(each) for each in listed):
                text = _with_dep(text, name, path)
        if _rest(mine[name]) != _rest(before[name]):
            left.append(f"dvc.yaml: the stage {name} was changed here beside its deps, and is the template's now")
    return text, left


def _deps(stage: Mapping[str, list[str]]) -> list[str]:
    return [str(path) for path in stage.get("deps", [])]


def _rest(stage: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in stage.items() if key != "deps"}


def _block(text: str, stage: str) -> str:
    """Return the lines of a stage of dvc.yaml."""
    found = re.search(rf"^  {re.escape(stage)}:\n(?:(?:    .*)?\n)*", f"{text.rstrip()}\n", re.MULTILINE)
    return f"{found[0].rstrip()}\n" if found else ""


def _with_stage(text: str, block: str) -> str:
    """Put a stage after the last one."""
    text = f"{text.rstrip()}\n"
    stages = re.search(r"^stages:\n(?:(?:[ #].*)?\n)*", text, re.MULTILINE)
    end = stages.end() if stages else len(text)
    return "\n".join(part for part in (f"{text[:end].rstrip()}\n", block, text[end:]) if part)


def _with_dep(text: str, stage: str, path: str) -> str:
    """List a path among the dependencies of a stage, after those of pipelines/."""
    block = _block(text, stage)
    added = re.sub(rf"((?:.*\n)*      - {CODE}/.*\n)", rf"\1      - {path}\n", block, count=1)
    return text.replace(block, added)
