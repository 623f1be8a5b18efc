"""What a machine of a cluster does: it calls a function for a task, if it has what the driver has."""

import pickle
import platform
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from champion.core import interface
from champion.core.errors import PipelineError

TOOLS = {"setuptools", "pip", "uv", "pyspark", "py4j"}  # that no byte depends on


def packages() -> dict[str, str]:
    """Return the versions of all packages that are loaded here, since bytes may depend on each."""
    loaded = {name.partition(".")[0] for name in sys.modules} - {"pipelines", "champion"}
    by_module = packages_distributions().items()  # a name of several, such as google, tells nothing
    return {
        each[0]: version(each[0])
        for name, each in by_module
        if name in loaded and len(set(each)) == 1 and each[0] not in TOOLS
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def run_task(function: bytes, task: bytes, needed: dict[str, str]) -> tuple[bytes | None, str | None]:
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
        if message := interface.explained(error):
            return None, message
        raise
