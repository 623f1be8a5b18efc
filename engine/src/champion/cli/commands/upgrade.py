"""Take a later version of the template into a project that was made from it."""

import re

import click

from champion.cli.adopt import before, merge, names
from champion.cli.adopt.merge import Merge
from champion.core.errors import ATTENTION, FINE, Refusal
from champion.lineage import git, identity

REMOTE = "template"
VERSION, CHANGELOG = "engine/VERSION", "engine/CHANGELOG.md"
FIRST = "0.1.0"  # what a project that began before 1.0 has
DUTY = re.compile(r"^### What you have to do\n+(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


def upgrade(version: str) -> tuple[Merge, list[str]]:
    """Merge a version of the template; return what was merged, and what is left for a person.

    Raises:
        Refusal: if this is the template itself, part of a larger repository, something is not committed, the engine was
            edited here, or there is nothing new.
    """
    _check_project("HEAD")
    if git.has("MERGE_HEAD"):
        raise Refusal(
            "a merge is under way. `pipeline upgrade --finish` goes on with it, `git merge --abort` goes back."
        )
    _check_committed()
    if version.startswith(f"{REMOTE}/"):
        git.answer("fetch", "--quiet", REMOTE)
    commit = git.answer("rev-parse", "--verify", f"{version}^{{commit}}")
    taking = _merge("HEAD", commit, version)
    if taking.base == commit:
        raise Refusal(f"{version} is commit {commit[:12]}, which is in here already.")
    _check_engine(taking)
    try:
        git.answer("merge", "--no-commit", "--no-ff", commit)
    except git.Unanswered:
        if not git.has("MERGE_HEAD"):  # it did not begin
            raise
    return taking, _settle(taking)


def finish() -> tuple[Merge, list[str]]:
    """Go on with a merge that the `pipeline upgrade` of before 1.0 began, also if a person has committed it meanwhile.

    Files that a person resolved already stay as they are, but for those that have their own rule.

    Raises:
        Refusal: if there is none.
    """
    if git.has("MERGE_HEAD"):
        _check_project("HEAD")
        taking = _merge("HEAD", git.answer("rev-parse", "MERGE_HEAD"), "the commit that is merged")
        return taking, _settle(taking)
    last = git.answer(
        "log", "--no-show-signature", "--first-parent", "--merges", "--max-count=1", "--format=%P"
    ).split()
    if not last or not before.is_before(last[0]) or before.is_before(last[1]):
        raise Refusal("no merge of the template is under way. `pipeline upgrade` begins one.")
    _check_project(last[0])
    _check_committed()
    taking = _merge(last[0], last[1], "the commit that was merged")
    left = before.settle(taking)
    merge.take_pages(taking)
    merge.mark(taking)
    return taking, left


def _settle(taking: Merge) -> list[str]:
    """Give each file its content; return what is left for a person."""
    merge.settle(taking)
    if before.is_before(taking.ours):
        gone = before.edited(taking)
        lost = [f"{name} was edited here, and is gone: `git show {taking.ours[:12]}:./{name}`" for name in gone]
        return [*lost, *before.settle(taking)]
    old, new = _versions(taking)
    if old != new and not git.holds(taking.ours, merge.ENGINE):
        return [
            f"the engine is an installed package here: ask for version {new} in {identity.PROJECT}, then `make lock`"
        ]
    return []


def _check_committed() -> None:
    if changed := git.uncommitted("."):
        raise Refusal(f"not committed: {', '.join(changed[:5])}. Commit or `git stash` first.")


def _check_project(commit: str) -> None:
    if not names.begun(git.answer("show", f"{commit}:./{identity.PROJECT}", otherwise="")):
        raise Refusal("this project was not made by `pipeline new`: merge as you would any branch.")
    if inside := git.prefix():
        raise Refusal(
            f"the project is {inside} of a larger repository: `git subtree pull --prefix={inside} {REMOTE} main`."
        )


def _merge(ours: str, theirs: str, called: str) -> Merge:
    base = git.answer("merge-base", theirs, ours, otherwise="")
    if not base:
        raise Refusal(
            f"{called} and this project have no commit in common: it was copied without the template's history. With the "
            "commit of the template that was copied, `git replace --graft` of this project's first commit gives it that history."
        )
    return Merge(base, git.answer("rev-parse", ours), theirs)


def _check_engine(taking: Merge) -> None:
    """Refuse to replace an engine that was edited here.

    Raises:
        Refusal: with how to see what was edited.
    """
    is_before = before.is_before(taking.ours)
    edited = before.edited(taking) if is_before else merge.edited_engine(taking)
    if not edited:
        return
    more = f" and {len(edited) - 5} more" if len(edited) > 5 else ""
    folder, places = (before.CODE, " ".join(edited)) if is_before else (merge.ENGINE, merge.ENGINE)
    raise Refusal(
        f"the engine was edited here, and is replaced as a whole: {', '.join(edited[:5])}{more}.\n"
        f"  git diff {taking.base[:12]} HEAD -- {folder}   # what was edited\n"
        "Move it into hooks, stages or the problem, or propose it to the template; then go back to the template's engine:\n"
        f"  git restore --source {taking.base[:12]} --staged --worktree -- {places} && git commit"
    )


def news(taking: Merge) -> str:
    """Return what the changelogs say of the versions in between: what changed in the engine, what you have to do."""
    old, new = _versions(taking)
    engine = "" if old == FIRST else between(taking.text(taking.theirs, CHANGELOG) or "", old, new)
    template = between(taking.text(taking.theirs, "CHANGELOG.md") or "", old, new)
    duties = "\n".join(each.strip() for each in DUTY.findall(template))
    return "\n\n".join(part for part in (engine, duties and f"What you have to do\n\n{duties}") if part)


def _versions(taking: Merge) -> tuple[str, str]:
    """Return the engine's version before and after; that of the template where the project has no folder of it."""
    known = [taking.text(commit, VERSION) for commit in (taking.ours, taking.base)]
    return next((each.strip() for each in known if each), FIRST), (taking.text(taking.theirs, VERSION) or FIRST).strip()


def between(changelog: str, old: str, new: str) -> str:
    """Return the sections of the versions after one, up to another."""
    sections = re.split(r"^(?=## )", changelog, flags=re.MULTILINE)
    versions = [(re.match(r"## \[?(\d[\d.]*)", each), each) for each in sections]
    wanted = (each for found, each in versions if found and _parts(old) < _parts(found[1]) <= _parts(new))
    return "".join(wanted).strip()


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


@click.command()
@click.argument("version", default=f"{REMOTE}/main")
@click.option("--finish", "is_begun", is_flag=True, help="Go on with a merge that the command of before 1.0 began.")
def command(version: str, is_begun: bool) -> int:
    """Take a later version of the template in: by default the branch main of the remote `template`.

    The engine is replaced; it refuses if that was edited. Your problem, params, data and README stay as they are. Exit 2 if
    both sides changed the same lines of another file, or something else is left for you.
    """
    taking, left = finish() if is_begun else upgrade(version)
    conflicts = merge.conflicts()
    if not conflicts:
        git.answer("commit", "--quiet", "--allow-empty", "--message", f"Take in the template's {taking.theirs[:12]}")
    if said := news(taking):
        click.echo(f"{said}\n")
    if left:
        click.echo("left for you:\n" + "\n".join(f"  {line}" for line in left))
    if conflicts:
        listed = "\n".join(f"  {name}" for name in conflicts)
        click.echo(f"both sides changed the same lines of:\n{listed}\nResolve them, then `git add` and `git commit`.")
        return ATTENTION
    old, new = _versions(taking)
    engine = f"{old} → {new}" if old != new else new
    moved = ", but for imports of the engine, which has other names now" if before.is_before(taking.ours) else ""
    click.echo(
        f"took in the template's {taking.theirs[:12]}, engine {engine}; your problem, params, data and README are as they "
        f"were{moved}\nnext: make run"
    )
    return ATTENTION if left else FINE
