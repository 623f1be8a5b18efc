"""What a machine of a cluster does: it calls a function for a task, if it has what the driver has."""

import os
import pickle
import platform
from importlib.metadata import PackageNotFoundError, version

from pipelines import interface
from pipelines.errors import PipelineError

PACKAGES = ("numpy", "pandas", "pyarrow")  # that bytes depend on


def packages() -> dict[str, str]:
    """Return the versions of what bytes depend on."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def worked(function: bytes, task: bytes, needed: dict[str, str]) -> tuple[bytes | None, str | None]:
    """Return what a function returns for a task, or what is to be repaired; all of it pickled, as it comes and goes."""
    if other := [f"{name} {_version(name)}, not {here}" for name, here in needed.items() if _version(name) != here]:
        return (
            None,
            f"Spark's machine {platform.node()} has {'; '.join(other)}. Give it the packages of requirements.lock.",
        )
    try:
        return pickle.dumps(pickle.loads(function)(pickle.loads(task))), None  # noqa: S301  # from whom it works for
    except PipelineError as error:
        return None, str(error)
    except Exception as error:
        if os.environ.get("PIPELINE_TRACEBACK") or not (message := interface.blamed(error)):
            raise
        return None, message
