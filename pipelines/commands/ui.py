"""Show the embedded registry in a browser."""

import os

from pipelines.errors import PipelineError
from pipelines.record import location


def ui(port: int) -> None:
    """Become an MLflow server on loopback. Does not return."""
    database = location.database()
    if database is None:
        raise PipelineError(f"MLFLOW_TRACKING_URI is set: the pages are at {location.ui()}.")
    if not database.exists():
        raise PipelineError(f"{database} does not exist yet: nothing is recorded. Run `dvc repro` first.")
    print(f"MLflow on http://127.0.0.1:{port}; stop it with Ctrl-C", flush=True)
    os.execvp(
        "mlflow",
        ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--backend-store-uri", location.tracking_uri(),
         "--default-artifact-root", location.artifacts() or ""],
    )  # fmt: skip
