"""Run the pipeline, with other values of params.yaml as an experiment."""

import subprocess

import click


def run(overrides: list[str]) -> int:
    """Run `dvc repro`; with overrides `dvc exp run`, which records and never promotes. Return the exit code."""
    if not overrides:
        return subprocess.run(["dvc", "repro"], check=False).returncode
    settings = [word for override in overrides for word in ("--set-param", override)]
    return subprocess.run(["dvc", "exp", "run", "--temp", *settings], check=False).returncode


@click.command()
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As in train.max_iter=500; repeatable.")
@click.argument("more", nargs=-1, metavar="[KEY=VALUE]...")
def command(overrides: tuple[str, ...], more: tuple[str, ...]) -> int:
    """Run the pipeline; with other values as an experiment that is recorded and never promoted.

    The values follow --set, or stand alone, as the agent of a sweep gives them.
    """
    given = [override for override in (*overrides, *more) if override]  # MLproject leaves it empty
    if wrong := [override for override in given if "=" not in override]:
        raise click.UsageError(f"--set needs KEY=VALUE, found {wrong[0]!r}")
    return run(given)
