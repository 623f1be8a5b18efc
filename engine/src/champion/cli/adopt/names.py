"""What of the template's files reads otherwise in a project of one's own: names, pages, and which version was taken."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

from champion.core import files
from champion.core.errors import PipelineError

# Lines that hold the project's name, and how they read in a new project.
LINES: Mapping[str, Mapping[str, str]] = {
    "pyproject.toml": {
        r'^name = ".*"': 'name = "$name"',
        r'^version = ".*"': 'version = "0.1.0"',
        r'^description = ".*"': 'description = "$name, made from the champion pipeline."',
    },
    "MLproject": {r"^name: .*": "name: $name"},
    ".devcontainer/devcontainer.json": {r'^  "name": ".*"': '  "name": "$name"'},
}
# Pages about the template itself, and where they go: a project has its own README, and a history of its own.
PAGES: Mapping[str, str] = {
    "README.md": "docs/template.md",
    "CHANGELOG.md": "docs/template-changelog.md",
    "CONTRIBUTING.md": "docs/template-contributing.md",
}
SETTINGS = re.compile(r"^\[tool\.champion-pipeline\]\n(?:.+\n)*\n?", re.MULTILINE)


def named(file: str, text: str, name: str) -> str:
    """Return a file of the template with the name of a new project.

    Raises:
        PipelineError: if it has no line to put it into.
    """
    for pattern, line in LINES[file].items():
        text = replaced(file, text, pattern, Template(line).substitute(name=name))
    return text


def replaced(file: str, text: str, pattern: str, line: str) -> str:
    """Return the text with another first line of this pattern.

    Raises:
        PipelineError: if there is none.
    """
    changed, count = re.subn(pattern, lambda _: line, text, count=1, flags=re.MULTILINE)
    if not count:
        raise PipelineError(f"{file} has no line like {pattern}: it is not the template's any more.")
    return changed


def as_in(project: str, file: str, text: str) -> str:
    """Return a file of the template as it reads in a project, whose own version of it is `project`: with its names and links."""
    for pattern in LINES.get(file, {}):
        own, theirs = (re.search(pattern, each, re.MULTILINE) for each in (project, text))
        if own and theirs:
            text = text.replace(theirs[0], own[0], 1).replace(
                f"{_value(theirs[0])}[", f"{_value(own[0])}["
            )  # its extras
    return SETTINGS.sub("", relinked(text) if Path(file).parent == Path("docs") else text)


def _value(line: str) -> str:
    """Return what stands between a name and its extras, as `dev` of before 1.0 had it: `"store-sales` of `"store-sales[s3]"`."""
    return line.partition("= ")[2].rstrip('"') or line


def as_page(text: str) -> str:
    """Return a page of the template's top folder as a page in docs/, its links with it.

    >>> as_page("[a](docs/gate.md), [b](LICENSE), [c](CHANGELOG.md)")
    '[a](gate.md), [b](../LICENSE), [c](template-changelog.md)'
    """

    def moved(link: re.Match[str]) -> str:
        return f"]({link[1]})" if link[0].startswith("](docs/") else f"](../{link[1]})"

    return relinked(re.sub(r"\]\((?!https?:|#)(?:docs/)?([^)]*)\)", moved, text))


def relinked(text: str) -> str:
    """Return a page in docs/ with its links to pages that move."""
    for name, page in PAGES.items():
        text = text.replace(f"](../{name}", f"]({Path(page).name}")
    return text


def relink(pages: Iterable[str]) -> list[str]:
    """Lead the links of the template's pages in docs/ to the pages that moved; return which were changed."""
    texts = {page: Path(page).read_text(encoding="utf-8") for page in sorted(pages) if Path(page).exists()}
    changed = {page: text for page, text in texts.items() if relinked(text) != text}
    for page, text in changed.items():
        files.write_bytes(Path(page), relinked(text).encode())
    return [*changed]


def begun(pyproject: str) -> str:
    """Return the commit of the template that a project began at, as its pyproject.toml says; empty if it does not."""
    found = SETTINGS.search(pyproject)
    commit = re.search(r'^template = "(\w+)"', found[0], re.MULTILINE) if found else None
    return commit[1] if commit else ""


def marked(pyproject: str, template: str, engine: str) -> str:
    """Return pyproject.toml with the commit of the template that this began at, and the engine taken last, if in a folder."""
    settings = (
        f'[tool.champion-pipeline]\ntemplate = "{template}"  # the commit this began at: versions count from there\n'
    )
    if engine:
        settings += (
            f'engine = "{engine}"  # git tree of engine/src as it was taken; if it is edited, the lineage says so\n'
        )
    return f"{settings}\n{SETTINGS.sub('', pyproject)}"
