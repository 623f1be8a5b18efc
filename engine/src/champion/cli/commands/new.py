"""Make this clone of the template somebody's own, with a problem to start from."""

import os
import re
import shutil
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

import click

from champion.cli.adopt import names, project
from champion.cli.adopt.delivery import Delivery
from champion.core import files
from champion.core.errors import PipelineError, Refusal
from champion.core.problem import Problem, load
from champion.lineage import git, identity
from champion.registry import migration, mlflow_uri

ACTIVATE = "source .venv/bin/activate"
NEXT = """  git add --all && git commit --message "Start {name}"
  dvc repro
  git add dvc.lock && git commit --message "First data"  # it is Data v1 from now on"""
WRITTEN = (*identity.TRACKED, identity.SOURCE, *names.LINES, *names.PAGES, "docs")


def new(problem: Problem, name: str, kind: str | None, csv: Path | None, target: str | None) -> Delivery | None:
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
            "not committed yet, `git stash -u` undoes it."
        )
    if changed := git.uncommitted(*WRITTEN):
        raise Refusal(f"not committed, and would be lost: {', '.join(changed)}. Commit or `git stash -u` first.")
    if any(files.PREDICTIONS.glob("*.parquet")):
        raise Refusal(
            f"{files.PREDICTIONS} has predictions of the problem before. Move that folder out of the project first."
        )
    _check_name_unused(problem, name)
    delivery = None
    if csv is not None:
        delivery = project.take_delivery(csv, name, target)
    elif kind is not None:
        project.take_shipped(kind, name)
    engine = git.tree(identity.ENGINE) if Path(identity.ENGINE).exists() else ""
    project.rename(name, git.answer("rev-parse", "HEAD"), engine)
    tidy()
    delete_results()
    return delivery


def tidy() -> None:
    """Bring what was written into the project's format. Ruff is no part of what models are made with: `make dev` installs it."""
    if find_spec("ruff") is None and Path(sys.prefix) == Path(".venv").resolve() and shutil.which("make"):
        subprocess.run(["make", "--silent", "dev"], check=False)
    for how in (["check", "--quiet", "--fix-only", "--select", "F401,I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *how, str(project.PROBLEM)], capture_output=True, check=False)


def _check_name_unused(problem: Problem, name: str) -> None:
    """Refuse the name of a problem that has run: candidates would be compared with its champion."""
    if name == problem.name:
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


def _next(name: str) -> str:
    """Say what to type next; whoever came here by `make` has no environment yet."""
    first = "" if os.environ.get("VIRTUAL_ENV") else f"  {ACTIVATE}\n"
    invalidate_caches()
    if find_spec("ruff") is None:  # there is no network, or this is another environment than .venv
        first += "  make dev && ruff check --fix && ruff format\n"
    return f"next: read {project.PROBLEM}/ (docs/adapt.md walks through it), then\n{first}{NEXT.format(name=name)}"


def _check_start(kind: str | None, csv: Path | None, target: str | None) -> None:
    """Refuse a call that does not say what to start from, or says two things."""
    ready = ", ".join(project.kinds())
    if kind and (csv or target):
        raise click.UsageError(
            "--from starts from one of the template's problems, --csv from your data: give one of them."
        )
    if target and not csv:
        raise click.UsageError(f"--target {target} is a column of the file that --csv names: give --csv as well.")
    if not kind and not csv:
        shipped = f", or --from KIND: {ready}" if ready else ""
        raise click.UsageError(f"say what to start from: --csv FILE --target COLUMN{shipped}.")
    if kind and not ready:
        raise click.UsageError(
            f"--from {kind}: the template's problems come with the folder engine/, and the engine is an installed package "
            "here. Start from your data with --csv, or in a clone of the template."
        )
    if kind and kind not in project.kinds():
        raise click.UsageError(f"--from {kind}: one of {ready} is expected")


@click.command()
@click.argument("name")
@click.option(
    "--from", "kind", metavar="KIND", help="One of the template's problems, with its sample: docs/problems.md."
)
@click.option("--csv", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your data, to start from.")
@click.option("--target", metavar="COLUMN", help="With --csv: the column to predict.")
def command(name: str, kind: str | None, csv: Path | None, target: str | None) -> None:
    """Make this clone yours: names, README, and a problem to start from. Versions count from here.

    The problem is the template's of a KIND, or guessed from a CSV file, with a comment at each guess. It
    deletes the results of the problem before (stage outputs, reports, dvc.lock); DVC's cache and MLflow keep theirs.
    Nothing is committed.
    """
    _check_start(kind, csv, target)
    delivery = new(load(), name, kind, csv, target)
    click.echo(text(delivery) if delivery else f"problem    {kind}, with its sample in {project.SOURCE}")
    click.echo("deleted    the results of the problem before: stage outputs, reports and dvc.lock")
    click.echo(_next(name))
