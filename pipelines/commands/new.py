"""Make this clone of the template somebody's own, with a problem to start from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click

from pipelines import files
from pipelines.adopt import project
from pipelines.adopt.delivery import Delivery
from pipelines.errors import PipelineError, Refusal
from pipelines.problem.names import NAME
from pipelines.record import git, identity, migration, mlflow_uri

NEXT = """next: read pipelines/problem/ (docs/adapt.md walks through it), then
  git add --all && git commit --message "Start {name}"
  dvc repro
  git add dvc.lock && git commit --message "First data"  # it is Data v1 from now on"""


def new(name: str, kind: str, csv: Path | None, target: str | None) -> Delivery | None:
    """Rename the project, put a problem in, and return what the delivery seems to be, if one was given.

    Raises:
        Refusal: if that was done before, if something is not committed or logged predictions would be lost, or if the
            name is that of another problem.
        PipelineError: if the name cannot be one, or the delivery cannot be read.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise PipelineError(
            f"{name!r} cannot be a name; a small letter, then small letters, digits and hyphens are expected: store-sales."
        )
    if begun := identity.template():
        raise Refusal(
            f"this project was made from commit {begun[:12]} of the template already. Edit {project.PROBLEM}/; if that is "
            "not committed yet, `git restore .` undoes it."
        )
    if changed := git.uncommitted(*identity.TRACKED, identity.SOURCE, "README.md", "MLproject"):
        raise Refusal(f"not committed, and would be lost: {', '.join(changed)}. Commit or `git stash -u` first.")
    if any(files.PREDICTIONS.glob("*.parquet")):
        raise Refusal(
            f"{files.PREDICTIONS} has predictions of the problem before. Move that folder out of the project first."
        )
    _check_name_unused(name)
    delivery = None
    if csv is not None:
        delivery = project.take_delivery(csv, name, target)
    else:
        project.take_shipped(kind, name)
    project.rename(name, git.answer("rev-parse", "HEAD"))
    for tidy in (["check", "--quiet", "--fix-only", "--select", "F401,I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *tidy, str(project.PROBLEM)], check=False)
    delete_results()
    return delivery


def _check_name_unused(name: str) -> None:
    """Refuse the name of a problem that has run: candidates would be compared with its champion."""
    if name == NAME:
        raise Refusal(
            f"the problem before is called {name!r}: wherever it ran, its champion would count. Choose another name."
        )
    database = mlflow_uri.database()
    if database and database.exists() and migration.has_name(database, name):
        raise Refusal(
            f"{database.name} has runs of {name!r} already, and they would count as this problem's. Choose another name, or "
            f"move {database.name} and mlartifacts away."
        )


def delete_results() -> None:
    """Delete what stages and commands made of the problem before; DVC's cache and MLflow keep what they have of it."""
    for path in (*Path("data").glob("[1-9]-*"), files.REPORTS, Path(identity.LOCK)):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def text(delivery: Delivery) -> str:
    """Say what was guessed."""
    held = "a class" if delivery.is_classification else "a number"
    kinds = ", ".join(f"{column.name} {column.kind}" for column in delivery.columns)
    lines = [
        f"predicts   {delivery.target}, {held}",
        f"key        {', '.join(delivery.key) or 'the number of the row: nothing else tells rows apart'}",
        f"time       {delivery.time or 'none: rows are divided by a hash of their key'}",
        f"columns    {kinds}",
    ]
    return "\n".join(lines)


@click.command()
@click.argument("name")
@click.option("--from", "kind", metavar="KIND", default="traffic", help="Problem to start from; docs/problems.md.")
@click.option("--csv", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your data, to start from.")
@click.option("--target", metavar="COLUMN", help="With --csv: the column to predict.")
def command(name: str, kind: str, csv: Path | None, target: str | None) -> None:
    """Make this clone yours: names, README, and a problem to start from. Versions count from here.

    The problem is the template's of a KIND, or guessed from a CSV file, with a comment at each guess. It
    deletes the results of the problem before (stage outputs, reports, dvc.lock); DVC's cache and MLflow keep theirs.
    Nothing is committed.
    """
    if kind not in project.kinds():
        raise click.UsageError(f"--from {kind}: one of {', '.join(project.kinds())} is expected")
    delivery = new(name, kind, csv, target)
    click.echo(text(delivery) if delivery else f"problem    {kind}, with its sample in {project.SOURCE}")
    click.echo("deleted    the results of the problem before: stage outputs, reports and dvc.lock")
    click.echo(NEXT.format(name=name))
