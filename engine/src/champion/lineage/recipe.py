"""What made a model, but for its data: the project's own code and params of the stages that lead to it, and the engine's recipe."""

import ast
import hashlib
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from champion.core import flow, version
from champion.lineage import identity

MAKING = ("Ingested", "Divided", "Trained")  # what is handed on to a model; a stage that gives one of them makes it
# What the problem's files imported before 1.0, when the engine was part of pipelines/: another address is no other recipe.
MOVED = {
    "pipelines.interface": "champion.core.interface",
    "pipelines.params": "champion.core.params",
    "pipelines.errors": "champion.core.errors",
    "pipelines.sources.source": "champion.core.source",
    "pipelines.sources": "champion.ext.sources",
}
OLD_LAYOUT = "pipelines/entry.py"


def changes(packed: Path) -> list[str]:
    """Return the files and params by which the recipe here differs from that of a model, whose code is `packed`.

    Comments and docstrings do not count, nor does code that only judges or reports. A model whose code is not on record
    differs in all.
    """
    if not packed.exists():
        return [identity.CODE, identity.CONFIG]
    with tarfile.open(packed) as archive:
        members = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        theirs = {name: file.read() for name, file in members.items() if file}
    files = [name for name in _files() if _is_compared(name, theirs)]
    other = [name for name in files if _meaning(_here(name)) != _meaning(theirs.get(name, b""))]
    engine = _engine(theirs, packed.with_name(identity.ENVIRONMENT))
    if version.recipe(engine) != version.recipe(version.number()):
        other.append(f"engine {engine} → {version.number()}")
    sections = [identity.mapping(_here(identity.CONFIG)), identity.mapping(theirs.get(identity.CONFIG, b""))]
    return [*other, *_params(*sections)]


def digest() -> str:
    """Return the digest of the recipe here: of what `changes` compares."""
    files = {name: _meaning(_here(name)) for name in _files()}
    config = identity.mapping(_here(identity.CONFIG))
    content = [files, {section: config.get(section) for section in _sections()}, version.recipe(version.number())]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def as_of() -> str:
    """Return the day up to which data is taken here; empty where rows have no time."""
    told = identity.mapping(_here(identity.CONFIG)).get("ingest")
    return str(told.get("as_of") or "") if isinstance(told, dict) else ""


def _stages() -> list[str]:
    return [each.name for each in flow.stages() if each.gives in MAKING]


def _sections() -> list[str]:
    return [name for name in _stages() if name != "ingest"]  # whose params say what data is taken


def _files() -> list[str]:
    """Return the project's own files that the stages of the recipe list, sorted."""
    declared = flow.declared(Path())
    listed = (path for name in _stages() for path in _listed(declared[name].get("deps")))
    own = (path for path in map(Path, listed) if path.parts[0] == identity.CODE)
    found = (file for path in own for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path]))
    return sorted({file.as_posix() for file in found if file.suffix == ".py"})


def _listed(deps: object) -> list[str]:
    return [str(path) for path in deps] if isinstance(deps, list) else []


def _is_compared(name: str, theirs: Mapping[str, bytes]) -> bool:
    """Tell whether a file counts: the stages of before 1.0 were the engine's, and did what those of 1.0 do."""
    return OLD_LAYOUT not in theirs or name.startswith("pipelines/problem/")


def _engine(theirs: Mapping[str, bytes], lock: Path) -> str:
    """Return the version of the engine that made a model: of the folder in its code, or of the package in its lock."""
    if "engine/VERSION" in theirs:
        return theirs["engine/VERSION"].decode().strip()
    locked = lock.read_text(encoding="utf-8") if lock.exists() else ""
    pinned = re.search(r"^champion-engine==([^\s;\\]+)", locked, re.MULTILINE)
    return pinned[1] if pinned else ""


def _here(name: str) -> bytes:
    path = Path(name)
    return path.read_bytes() if path.exists() else b""


def _meaning(source: bytes) -> str:
    """Return what is left of a module without comments, docstrings and layout; one that is no Python is left as it is."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return source.decode(errors="replace")
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.ImportFrom) and node.module:
            node.module = _moved(node.module)
    return ast.dump(module)


def _moved(module: str) -> str:
    """Return where a module of the engine is now.

    >>> _moved("pipelines.sources.delta"), _moved("pandas")
    ('champion.ext.sources.delta', 'pandas')
    """
    if module == "pipelines":
        return "champion.core"
    for old, new in MOVED.items():
        if f"{module}.".startswith(f"{old}."):
            return new + module.removeprefix(old)
    return module


def _params(ours: Mapping[str, object], theirs: Mapping[str, object]) -> Iterator[str]:
    for section in _sections():
        here, there = (told if isinstance(told := side.get(section), dict) else {} for side in (ours, theirs))
        yield from (f"{section}.{key}" for key in [*here, *(there.keys() - here)] if here.get(key) != there.get(key))
