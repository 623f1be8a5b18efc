"""What registered model, alias and ledger say differently: the ledger counts, and people are told."""

from typing import TYPE_CHECKING

from champion.core.documents.monitor import Cause

if TYPE_CHECKING:
    from champion.registry.registry import Registry


def of_alias(name: str, alias: str | None, champion: str) -> str:
    """Say that the alias gives another version than the champion; empty if it does not.

    >>> of_alias("demand", "2", "2")
    ''
    """
    if alias == champion:
        return ""
    gives = f"v{alias}" if alias else "nothing"
    return (
        f"models:/{name}@champion gives {gives}: somebody moved the alias by hand, the champion is v{champion}. `dvc repro` "
        "puts it back; `pipeline rollback` makes another version champion"
    )


def told(registry: "Registry", champion: str) -> dict[Cause, str]:
    """Return what does not agree with the ledger, or will be lost with it, by where that is."""
    said: dict[Cause, str] = {
        "alias": of_alias(registry.name, registry.alias(), champion),
        "ledger": registry.ledger().deleted(),
    }
    return {where: what for where, what in said.items() if what}
