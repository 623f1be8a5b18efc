"""Serve the champion, and follow it."""

import socket
import threading

import click

from champion.core import flow
from champion.core.errors import PipelineError, to_install
from champion.core.problem import Problem, load


def serve(problem: Problem, host: str, port: int, every: float) -> None:
    """Answer on an address until stopped.

    Raises:
        PipelineError: if there is no champion that can be used, prometheus-client is not installed, or somebody listens there.
    """
    import uvicorn  # noqa: PLC0415  # this and what follows costs seconds

    try:
        from champion.ext.serve import app, following  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise PipelineError(f"{error.name} is not installed: {to_install('serve')}.") from None
    _check_free(host, port)
    followed = following.Following(problem, flow.path("ingest", "ingested") / "table.parquet")
    followed.look()
    print(
        f"on http://{host}:{port}/invocations; whether another one is champion is asked every {every:g} s", flush=True
    )
    threading.Thread(target=followed.follow, args=(every,), daemon=True).start()
    uvicorn.run(app.build(followed), host=host, port=port, log_level="warning")


def _check_free(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as uvicorn does
            probe.bind((host, port))
    except OSError as error:
        raise PipelineError(
            f"{host}:{port} cannot be listened on: {error.strerror}. Take another one: --host, --port."
        ) from None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--every", default=10.0, show_default=True, type=click.FloatRange(min=0.1), help="Seconds between looks.")
def command(host: str, port: int, every: float) -> None:
    """Serve the champion, as JSON or CSV; after a promotion or rollback the other one answers, without a restart.

    /invocations takes what `mlflow models serve` takes, /rows a file like the delivery, /version says who answers,
    /health whether the registry is followed, /metrics what Prometheus reads.
    """
    problem = load()
    serve(problem, host, port, every)
