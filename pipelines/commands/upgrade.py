"""Take a later version of the template into a project that was made from it."""

import click

from pipelines import files
from pipelines.adopt import project
from pipelines.errors import ATTENTION, FINE, Refusal
from pipelines.record import git, identity

REMOTE = "template"
# What is ours stays as it is, even where git could merge it: a number that changes by itself is nobody's decision.
OURS = (str(project.PROBLEM), str(project.SOURCE), identity.CONFIG, identity.LOCK, str(project.README))


def upgrade(version: str) -> tuple[str, list[str]]:
    """Merge a version of the template, and return its commit and the files in which both changed the same lines.

    If there are none the merge is committed; else it is left for a person to finish.

    Raises:
        Refusal: if this is the template itself, part of a larger repository, something is not committed, or there is
            nothing new.
    """
    if not identity.template():
        raise Refusal("this project was not made by `pipeline new`: merge as you would any branch.")
    if inside := git.prefix():
        raise Refusal(
            f"the project is {inside} of a larger repository: `git subtree pull --prefix={inside} {REMOTE} main`."
        )
    if changed := git.uncommitted("."):
        raise Refusal(f"not committed: {', '.join(changed[:5])}. Commit or `git stash` first.")
    if version.startswith(f"{REMOTE}/"):
        git.answer("fetch", "--quiet", REMOTE)
    commit = git.answer("rev-parse", "--verify", f"{version}^{{commit}}")
    if git.answer("merge-base", commit, "HEAD") == commit:
        raise Refusal(f"{version} is commit {commit[:12]}, which is in here already.")
    readme = git.raw("show", f"{commit}:{project.README}").decode()
    git.answer("merge", "--no-commit", "--no-ff", commit, otherwise="")  # it fails where there are conflicts
    _keep_ours()
    files.write_bytes(project.TEMPLATE_README, project.as_page(readme).encode())
    git.answer("add", "--", str(project.TEMPLATE_README))
    conflicts = git.answer("diff", "--name-only", "--diff-filter=U").splitlines()
    if not conflicts:
        git.answer("commit", "--quiet", "--message", f"Take in the template's {commit[:12]}")
    return commit, conflicts


def _keep_ours() -> None:
    """Give each file of ours its content of before; one that is new comes along, unless it is of the sample."""
    before = set(git.answer("ls-tree", "-r", "--name-only", "HEAD", "--", *OURS).splitlines())
    now = set(git.answer("ls-files", "--", *OURS).splitlines())
    unwanted = [name for name in now - before if not name.startswith(f"{project.PROBLEM}/") or _is_deleted(name)]
    if before:
        git.answer("checkout", "HEAD", "--", *sorted(before))
    if unwanted:
        git.answer("rm", "--quiet", "--force", "--ignore-unmatch", "--", *sorted(unwanted))


def _is_deleted(name: str) -> bool:
    """Tell whether it was there when the project began, and is not any more."""
    begun = identity.template()
    return begun is not None and git.holds(begun, name)


@click.command()
@click.argument("version", default=f"{REMOTE}/main")
def command(version: str) -> int:
    """Take a later version of the template in: by default the branch main of the remote `template`.

    Your problem, params, data and README stay as they are. Exit 2 if both sides changed the same lines of another file.
    """
    commit, conflicts = upgrade(version)
    if conflicts:
        listed = "\n".join(f"  {name}" for name in conflicts)
        click.echo(f"both sides changed the same lines of:\n{listed}\nResolve them, then `git add` and `git commit`.")
        return ATTENTION
    click.echo(
        f"took in the template's {commit[:12]}; your problem, params, data and README are as they were\nnext: make run"
    )
    return FINE
