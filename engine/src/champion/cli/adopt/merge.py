"""Merge a version of the template: the engine is replaced, what is the project's own stays, the rest is merged three ways."""

import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from champion.cli.adopt import names, project
from champion.core import files
from champion.lineage import git, identity

ENGINE = "engine"
# What is ours stays as it is, even where git could merge it: a number that changes by itself is nobody's decision.
OURS = (str(project.PROBLEM), str(project.SOURCE), identity.CONFIG, identity.LOCK, "README.md")


@dataclass(frozen=True)
class Merge:
    """A version of the template on its way into a project."""

    base: str  # the last commit of the template that is in here already
    ours: str  # the project before
    theirs: str  # the commit of the template that is taken

    def names(self, commit: str, *folders: str) -> set[str]:
        """Return the files that a commit has, of some folders."""
        return set(git.answer(*git.PLAIN, "ls-tree", "-r", "--name-only", commit, "--", *folders).splitlines())

    def text(self, commit: str, name: str) -> str | None:
        """Return a file as a commit has it; None if it has none."""
        return git.raw("show", f"{commit}:./{name}").decode() if git.holds(commit, name) else None

    def changed(self, *folders: str) -> list[str]:
        """Return the template's files, of some folders, that were changed or deleted here."""
        listed = git.answer(
            *git.PLAIN, "diff", "--no-renames", "--name-only", "--diff-filter=MD", self.base, self.ours, "--", *folders
        )
        return listed.splitlines()


def edited_engine(merge: Merge) -> list[str]:
    """Return the files of the engine that are not as the template has them; none where it is an installed package."""
    if not git.holds(merge.ours, ENGINE):
        return []
    listed = git.answer(*git.PLAIN, "diff", "--no-renames", "--name-only", merge.base, merge.ours, "--", ENGINE)
    return listed.splitlines()


def settle(merge: Merge) -> None:
    """Give each file of a merge that is under way the content that it should have; a conflict that is left stays one."""
    _replace_engine(merge)
    _keep_ours(merge)
    _merge_with_names(merge)
    take_pages(merge)
    mark(merge)


def conflicts() -> list[str]:
    """Return the files in which both sides changed the same lines."""
    return git.answer(*git.PLAIN, "diff", "--name-only", "--diff-filter=U").splitlines()


def add(listed: Iterable[str]) -> None:
    """Take files into the merge as they are on disk."""
    if paths := sorted(listed):
        git.answer("add", "--", *paths)


def remove(listed: Iterable[str]) -> None:
    """Take files out of the merge and off the disk."""
    if paths := sorted(listed):
        git.answer("rm", "--quiet", "--force", "--ignore-unmatch", "--", *paths)


def _replace_engine(merge: Merge) -> None:
    """Take the engine as the template has it, file by file; none, if the project runs on an installed one."""
    here = set(git.answer(*git.PLAIN, "ls-files", "--", ENGINE).splitlines())
    if git.holds(merge.base, ENGINE) and not git.holds(merge.ours, ENGINE):
        remove(here)
        return
    remove(here - merge.names(merge.theirs, ENGINE))
    if git.holds(merge.theirs, ENGINE):
        git.answer("checkout", merge.theirs, "--", ENGINE)


def _keep_ours(merge: Merge) -> None:
    """Give each file of ours its content of before; one that is new comes along, unless it is of the sample."""
    before = merge.names(merge.ours, *OURS)
    now = set(git.answer(*git.PLAIN, "ls-files", "--", *OURS).splitlines())
    begun = merge.names(merge.base, *OURS)  # what the project deleted of it is not wanted back
    remove(name for name in now - before if not name.startswith(f"{project.PROBLEM}/") or name in begun)
    if before:
        git.answer("checkout", merge.ours, "--", *sorted(before))


def _merge_with_names(merge: Merge) -> None:
    """Merge files in conflict once more, with the project's names and links in the template's versions as well."""
    for name in conflicts():
        if name not in names.LINES and Path(name).parent != Path("docs"):
            continue
        ours, base, theirs = (merge.text(commit, name) for commit in (merge.ours, merge.base, merge.theirs))
        if ours is None or base is None or theirs is None:
            continue
        text, is_whole = _three_ways(*(names.as_in(ours, name, version) for version in (ours, base, theirs)))
        files.write_bytes(Path(name), text)
        if is_whole:
            add([name])


def _three_ways(ours: str, base: str, theirs: str) -> tuple[bytes, bool]:
    """Merge two changed versions of a text; tell whether no lines were changed by both."""
    with tempfile.TemporaryDirectory() as folder:
        for called, text in (("ours", ours), ("base", base), ("template", theirs)):
            (Path(folder) / called).write_text(text, encoding="utf-8")
        merged = subprocess.run(
            ["git", "merge-file", "-p", "ours", "base", "template"], cwd=folder, capture_output=True, check=False
        )
        return merged.stdout, merged.returncode == 0


def take_pages(merge: Merge) -> None:
    """Put the template's pages about itself where this project has them, and lead links there."""
    for name, page in names.PAGES.items():
        text = merge.text(merge.theirs, name)
        if text is not None:
            files.write_bytes(Path(page), names.as_page(text).encode())
            add([page])
        if name == "README.md":
            continue
        ours = merge.text(merge.ours, name)
        if ours is None or ours == merge.text(merge.base, name):
            remove([name])
        else:
            git.answer("checkout", merge.ours, "--", name)
    theirs = {name for name in merge.names(merge.theirs, "docs") if name.endswith(".md")}
    add(names.relink(theirs - set(conflicts())))


def mark(merge: Merge) -> None:
    """Note in pyproject.toml which engine is here now. It is written even into one with conflicts, above them."""
    file, is_settled = Path(identity.PROJECT), identity.PROJECT not in conflicts()
    begun = names.begun(merge.text(merge.ours, identity.PROJECT) or "")
    engine = git.tree(identity.ENGINE) if Path(identity.ENGINE).exists() else ""
    files.write_bytes(file, names.marked(file.read_text(encoding="utf-8"), begun, engine).encode())
    if is_settled:
        add([identity.PROJECT])
