"""Where the MLflow tracking server and registry are."""

import os
import re
from pathlib import Path

from champion.core import files
from champion.core.errors import PipelineError

DEFAULT_UI = "http://127.0.0.1:5000"


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI, or the embedded database; a relative sqlite path starts at the project.

    Raises:
        PipelineError: if it has a blank at an end, which would be another address.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    if uri != uri.strip():
        raise PipelineError(f"MLFLOW_TRACKING_URI is {shown(uri)!r}: take the blanks at its ends away.")
    relative = re.fullmatch(r"sqlite:///((?!file:)[^/].*)", uri)
    return f"sqlite:///{files.root() / relative[1]}" if relative else uri


def database() -> Path | None:
    """Return the embedded database's file; None if the registry is anywhere else."""
    match = re.fullmatch(r"sqlite:///(/[^?]*)", tracking_uri())
    return Path(match[1]) if match else None


def missing() -> Path | None:
    """Return the embedded database's file if it is not there yet, None if there is a registry to ask."""
    file = database()
    return None if file is None or file.exists() else file


def fingerprint() -> list[int] | None:
    """Return what changes whenever the embedded database does; None without one."""
    file = database()
    if file is None or not file.exists():
        return None
    states = [path.stat() for path in (file, file.with_name(f"{file.name}-wal")) if path.exists()]
    return [value for state in states for value in (state.st_ino, state.st_mtime_ns, state.st_size)]


def is_shared() -> bool:
    """Tell whether others use this registry too."""
    return not tracking_uri().startswith("sqlite:")


def artifacts() -> Path | None:
    """Return where files go: beside an embedded database; None where the server says it."""
    if is_shared():
        return None
    file = database()
    return (file.parent if file else files.root()) / "mlartifacts"


def ui() -> str:
    """Return the address of the MLflow pages; `make ui` serves the embedded ones."""
    uri = tracking_uri()
    return shown(uri).rstrip("/") if uri.startswith("http") else DEFAULT_UI


def link(address: str) -> str:
    """Return an address of these pages, with what serves it where no server stands ready."""
    return address if tracking_uri().startswith("http") else f"{address} (`make ui` shows it)"


def shown(text: str) -> str:
    """Return a text without the credentials of the addresses in it."""
    return re.sub(r"//[^/@\s]*@", "//", text)
