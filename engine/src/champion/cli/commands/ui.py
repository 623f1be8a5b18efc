"""Show the embedded registry in a browser."""

import os

import click

from champion.core.errors import PipelineError
from champion.core.problem import Problem, load
from champion.registry import mlflow_uri


def ui(problem: Problem, port: int) -> None:
    """Become an MLflow server on loopback. Does not return."""
    database = mlflow_uri.database()
    if database is None:
        raise PipelineError(f"MLFLOW_TRACKING_URI is set: the pages are at {mlflow_uri.ui()}.")
    if not database.exists():
        raise PipelineError(f"{database} does not exist yet: nothing is recorded. Run `dvc repro` first.")
    files = mlflow_uri.artifacts() or database.with_name("mlartifacts")
    from champion.registry import tracking  # noqa: PLC0415  # costs seconds, and often it does not come to that

    with tracking.explained():
        pages = tracking.pages(
            tracking.connect(), problem.name
        )  # not of an older MLflow: a server would change it in place
    server = f"http://127.0.0.1:{port}"
    print(f"MLflow on {server}, once it says that it runs; stop it with Ctrl-C")
    print(*(f"  {name:<12}{server}/{page}" for name, page in pages.items()), sep="\n", flush=True)
    os.execvp(
        "mlflow",
        ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", mlflow_uri.tracking_uri(),
         "--default-artifact-root", files.as_uri()],
    )  # fmt: skip


@click.command()
@click.option("--port", default=5000, show_default=True)
def command(port: int) -> None:
    """Show runs, pictures and versions in a browser (MLflow, loopback only)."""
    problem = load()
    ui(problem, port)
