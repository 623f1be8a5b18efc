"""Tell Weights & Biases what is on record, where it is asked for; a promotion never waits for it, and never fails for it."""

import os


def catch_up(name: str, own: str = "") -> None:
    """Send what Weights & Biases lacks of the registered model `name`, if `WANDB_PROJECT` says where, and print a line.

    `own` is the run of the candidate that was just recorded, if there is one.
    """
    if not os.environ.get("WANDB_PROJECT"):
        return
    try:
        from pipelines.record import registry, wandb_runs  # noqa: PLC0415  # seconds, and few ask for it

        print(f"W&B: {wandb_runs.catch_up(registry.Registry(name), own)}")
    except ImportError:
        print("W&B: WANDB_PROJECT is set, and the package wandb is missing: `make setup` installs what is locked")
    except Exception as error:  # noqa: BLE001  # wandb has exceptions of its own for each thing
        print(f"W&B: not sent, the next run tries again. {type(error).__name__}: {str(error).strip()[:300]}")
