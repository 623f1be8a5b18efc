"""Tell Weights & Biases what is on record, where it is asked for; a promotion never waits for it, and never fails for it."""

import os

from champion.core.errors import to_install


def tell(name: str, own: str) -> str:
    """Send what Weights & Biases lacks of the registered model `name`, if `WANDB_PROJECT` says where; return what came of it.

    `own` is the run of the candidate that was just recorded, if there is one.
    """
    if not os.environ.get("WANDB_PROJECT"):
        return ""
    try:
        from champion.ext.wandb import wandb_runs  # noqa: PLC0415  # seconds, and few ask for it
        from champion.registry import registry  # noqa: PLC0415  # as above

        return f"W&B: {wandb_runs.catch_up(registry.Registry(name), own)}"
    except ImportError:
        return f"W&B: WANDB_PROJECT is set, and the package wandb is missing: {to_install('wandb')}"
    except Exception as error:  # noqa: BLE001  # wandb has exceptions of its own for each thing
        return f"W&B: not sent, the next run tries again. {type(error).__name__}: {str(error).strip()[:300]}"
