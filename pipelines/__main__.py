"""The command line. Each command imports what it needs, so that help is instant."""

import gc
import json
import os
import sys
from pathlib import Path
from typing import TextIO

import click

from pipelines.errors import PipelineError, Refusal
from pipelines.record import location

YES, NO, ATTENTION, USAGE, ENVIRONMENT = 0, 1, 2, 64, 65


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Ask about, and steer, the champion of this project. `dvc repro` runs the pipeline.

    Exit codes: 0 fine, 1 the answer is no, 2 needs attention, 64 or more a mistake in the call or the environment.
    """


@cli.command()
def status() -> int:
    """Show data, candidate, verdict, champion, and what is stale."""
    from pipelines.commands.status import status as summary

    click.echo(summary())
    return YES


@cli.command()
@click.option("--output", type=click.File("a", lazy=False), help="Add decision=… to this file, as GitHub reads it.")
def gate(output: TextIO | None) -> int:
    """Exit 0 if the current verdict is promote or the model is the champion itself, 1 if not; say why."""
    from pipelines.commands import gate as answer

    passed, text = answer.gate(output)
    click.echo(text)
    return YES if passed else NO


@cli.command()
@click.argument("commit")
def base(commit: str) -> int:
    """Let the model of COMMIT be champion where no registry remembers one: to compare with, without a server."""
    from pipelines.commands.base import base as rebuild

    rebuild(commit, click.echo)
    return YES


@cli.command()
def report() -> int:
    """Write reports/report.html, a page of all that the last run found, and reports/summary.md, also to stdout."""
    from pipelines.commands.report import report as write

    click.echo(write())
    return YES


@cli.command()
@as_json
def history(as_json: bool) -> int:
    """List every change of the champion: when, who, from, to, why."""
    from pipelines.commands import history as answer

    moves = answer.history()
    click.echo(_document(moves) if as_json else answer.text(moves))
    return YES


@cli.command()
@click.argument("version", required=False)
@as_json
def lineage(version: str | None, as_json: bool) -> int:
    """Say what VERSION (by default the champion) was made of, and how to get each part back."""
    from pipelines.commands import lineage as answer

    facts = answer.lineage(version)
    click.echo(_document(facts) if as_json else answer.text(facts))
    return YES


@cli.command()
@click.argument("version", required=False)
@click.option("--reason", default="rolled back by hand", show_default=True, help="Kept in the history.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(version: str | None, reason: str, yes: bool) -> int:
    """Make VERSION champion again; by default the one before."""
    from pipelines.commands.rollback import rollback as go_back

    if not yes:
        click.confirm(f"Change the champion to {version or 'the one before'}?", abort=True)
    click.echo(go_back(version, reason))
    return YES


@cli.command()
@click.argument("version")
@click.option("--fresh-env", is_flag=True, help="Build the recorded environment from its lock first.")
def reproduce(version: str, fresh_env: bool) -> int:
    """Train VERSION again from what is on record, in a temporary copy, and compare. Exit 1 if it differs."""
    from pipelines.commands.reproduce import reproduce as rebuild

    return YES if rebuild(version, fresh=fresh_env, say=click.echo) else NO


@cli.command()
@click.argument("versions", nargs=-1, metavar="[OLD NEW]")
@as_json
def why(versions: tuple[str, ...], as_json: bool) -> int:
    """Say what changed between two versions or runs, and what each change did. Retrains; nothing is changed here.

    By default: the champion and the candidate that was refused, or the two ends of the last change of champion.
    """
    from pipelines.commands.why import why as answer
    from pipelines.judge import reading

    if len(versions) not in (0, 2):
        raise click.UsageError(f"two versions are needed, OLD and NEW, or none; found {' '.join(versions)}")
    found = answer(versions)
    click.echo(_document(found) if as_json else reading.text(found))
    return YES


@cli.command()
@as_json
def monitor(as_json: bool) -> int:
    """Score the champion on the rows since its promotion. Exit 2 on decay, drift, or if it cannot be used."""
    from pipelines.commands import monitor as answer

    found = answer.monitor()
    click.echo(_document(found) if as_json else answer.text(found))
    return ATTENTION if found["attention"] else YES


@cli.command("as-of")
@click.argument("day")
def as_of(day: str) -> int:
    """Move time on: make DAY, as in 2018-09-30 or yesterday, the last day of the data in params.yaml."""
    from pipelines.commands.as_of import as_of as move

    click.echo(move(day))
    return YES


@cli.command()
def doctor() -> int:
    """Say what is set up and which protections are missing. Exit 2 if any is."""
    from pipelines.commands.doctor import doctor as examine

    fine, text = examine()
    click.echo(text)
    return YES if fine else ATTENTION


@cli.command()
@click.option("--port", default=5000, show_default=True)
def ui(port: int) -> None:
    """Show runs, pictures and versions in a browser (MLflow, loopback only)."""
    from pipelines.commands.ui import ui as serve

    serve(port)


@cli.command()
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As in train.max_iter=500; repeatable.")
def run(overrides: tuple[str, ...]) -> int:
    """Run the pipeline; with --set as an experiment that is recorded and never promoted."""
    from pipelines.commands.run import run as repro

    given = [override for override in overrides if override]  # MLproject leaves it empty
    if wrong := [override for override in given if "=" not in override]:
        raise click.UsageError(f"--set needs KEY=VALUE, found {wrong[0]!r}")
    return repro(given)


def main() -> None:
    """Run a command in the project's folder and turn mistakes into one message and an exit code."""
    gc.disable()  # a command mostly imports, as a stage does: see entry.main
    try:
        os.chdir(location.project())
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # dvc, mlflow, python
        sys.exit(cli.main(standalone_mode=False) or YES)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(NO)
    except PipelineError as error:
        click.echo(f"pipeline: {error}", err=True)
        sys.exit(NO if isinstance(error, Refusal) else ENVIRONMENT)
    finally:
        gc.freeze()


def _document(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    main()
