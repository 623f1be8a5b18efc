"""The problem of a project: what pipelines/problem says of its rows, loaded once and handed to whatever needs it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from champion.core import interface
from champion.core.interface import Column

if TYPE_CHECKING:
    from champion.core.source import Source

PACKAGE = "pipelines.problem"


@dataclass(frozen=True)
class Problem:
    """Names of the rows' columns, and the modules of pipelines/problem, each loaded when it is first used.

    A stage that uses no model does not load scikit-learn, and is not run again when the model changes.
    """

    name: str  # of the MLflow experiment and the registered model
    description: str
    key: list[str]  # columns that make a row the same row
    time: str | None  # column that orders rows
    group: str | None  # column whose rows belong together
    target: str
    part: str | None  # column that divides rows which never need each other

    def __hash__(self) -> int:
        """Let what was made for a problem be remembered by it."""
        return hash((self.name, *self.key))

    def __reduce__(self) -> tuple[Callable[[], "Problem"], tuple[()]]:
        """Let another process load its own: modules do not travel."""
        return load, ()

    @cached_property
    def row(self) -> list[str]:
        """Return the columns that identify a row. They travel beside the features; the model never sees them."""
        return list(dict.fromkeys(name for name in (*self.key, self.time, self.group) if name is not None))

    @cached_property
    def entity(self) -> list[str]:
        """Return the columns that identify the time series of a row, such as a store; empty if there is only one."""
        return [name for name in self.key if name != self.time] if self.time in self.key else []

    @cached_property
    def unit(self) -> list[str]:
        """Return the columns whose rows are on the same side of a split without time."""
        return self.key if self.group is None else [self.group]

    @cached_property
    def source(self) -> Any:
        """Return the module `source`: FILE or SOURCE, COLUMNS, CONFLICTS, read, merge."""
        return import_module(f"{PACKAGE}.source")

    @property
    def columns(self) -> list[Column]:
        """Return the columns of the delivery."""
        columns: list[Column] = self.source.COLUMNS
        return columns

    @property
    def system(self) -> "Source | None":
        """Return the system that the rows are read from; None if it is a file."""
        system: Source | None = getattr(self.source, "SOURCE", None)
        return system

    @cached_property
    def contract(self) -> Any:
        """Return the module `contract`: views, expectations."""
        return import_module(f"{PACKAGE}.contract")

    @cached_property
    def features(self) -> Any:
        """Return the module `features`: HORIZON, features, slices."""
        return import_module(f"{PACKAGE}.features")

    @cached_property
    def model(self) -> Any:
        """Return the module `model`: TRUSTED_TYPES, build, naive."""
        return import_module(f"{PACKAGE}.model")

    @cached_property
    def loss(self) -> Any:
        """Return the module `loss`: loss, weights."""
        return import_module(f"{PACKAGE}.loss")

    @cached_property
    def rules(self) -> Any:
        """Return the module `rules`."""
        return import_module(f"{PACKAGE}.rules")


def load() -> Problem:
    """Check pipelines/problem of the current project, and load its names.

    Raises:
        PipelineError: with a line for every module, name or parameter that is missing or of another kind.
    """
    interface.check_problem(Path(sys.modules[PACKAGE].__path__[0]) if PACKAGE in sys.modules else interface.PROBLEM)
    names = import_module(f"{PACKAGE}.names")
    return Problem(
        names.NAME, names.DESCRIPTION, names.KEY, names.TIME, names.GROUP, names.TARGET, getattr(names, "PART", None)
    )
