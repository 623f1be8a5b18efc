"""The exceptions that a person is meant to read, by what a caller has to tell apart.

Each message says what was found, what was expected and what to do next; it is printed without a traceback.
"""


class PipelineError(Exception):
    """Something has to be repaired: a mistake in a file or a call, or in the environment."""


class Refusal(PipelineError):
    """The answer to a person's request is no."""


class ContractBroken(PipelineError):
    """The data does not meet its contract; nothing downstream may run on it."""


class RegistryUnavailable(PipelineError):
    """The MLflow registry cannot be reached, or refuses: nothing is known of the champion."""


class ChampionUnknown(PipelineError):
    """It cannot be told who is champion: not that there is none. Nothing may be promoted."""


class ChampionUnusable(PipelineError):
    """The registry answers, and its champion cannot be loaded, or cannot score today's rows."""


FINE, NO, ATTENTION, USAGE, ENVIRONMENT = 0, 1, 2, 64, 65  # exit codes of `pipeline`


def to_install(extra: str) -> str:
    """Say how an extra of the engine is installed.

    >>> to_install("s3")
    'add s3 to the extras of "champion-engine[…]" in pyproject.toml, then `make lock` and `make setup`'
    """
    return f'add {extra} to the extras of "champion-engine[…]" in pyproject.toml, then `make lock` and `make setup`'
