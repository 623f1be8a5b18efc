"""Yours: what has to happen when the champion moves. docs/hooks.md has examples: a message to Slack, never on Fridays.

Each hook runs in a process of its own. One that fails, or takes longer than SECONDS, changes nothing about the move; it
is reported, and called again at the next run. In CI a hook finds its secrets under `env` of the job that promotes.
"""

from datetime import datetime

from champion.core.documents.registry import Move

SECONDS = 60  # that a hook may take


def may_promote(now: datetime) -> str:
    """Return why nothing may be promoted now, such as "not on Fridays"; an empty text if it may."""
    return ""


def on_promoted(move: Move) -> None:
    """Do what a promotion needs; `move` says from which version to which, who, when and why."""


def on_rolled_back(move: Move) -> None:
    """Do what a rollback needs."""
