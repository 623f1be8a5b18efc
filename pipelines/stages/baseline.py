"""Turn the moving champion into files, or say that there is none yet. Reads the registry, never writes it."""

from pathlib import Path
from typing import Any

from pipelines.entry import run_stage
from pipelines.problem.source import NAME
from pipelines.record import files, lineage, location

NOBODY = {"champion": None, "obstacle": "", "rolled_back": "", "tries": 0}
NOTHING = {"run": None, "evaluation": None, "champion": None, "crowned": False, "alias": None}


def baseline(model: Path, split: Path, champion: Path, record: Path) -> None:
    """Write the champion's files, and what the registry already knows of this candidate.

    Once the candidate is champion itself, the one it beat stays its opponent: nothing is judged again.
    """
    candidate = lineage.inputs().candidate
    champion.mkdir(parents=True, exist_ok=True)
    database = location.database()
    if database is not None and not database.exists():  # do not pay for MLflow to learn that there is nothing
        files.write_json(champion / "identity.json", NOBODY)
        files.write_json(record, {"candidate": candidate, **NOTHING})
        print("baseline: there is no registry yet, and so no champion")
        return
    from pipelines.record import registry  # noqa: PLC0415  # costs seconds

    with registry.explained():
        identity, known = _look(
            registry.Registry(NAME), candidate, files.sha256(model), files.read_json(split), champion
        )
    files.write_json(champion / "identity.json", identity)
    files.write_json(record, {"candidate": candidate, **known})
    opponent = f"champion v{identity['champion']['version']}" if identity["champion"] else "nobody"
    print(f"baseline: the candidate {'is champion, it replaced' if known['crowned'] else 'will face'} {opponent}")


def _look(
    registry: Any, candidate: str, model: str, split: dict[str, Any], folder: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    run, head = registry.run_of(candidate), registry.champion()
    crowned = head is not None and head.tags["candidate"] == candidate
    opponent = head
    if crowned:
        beaten = head.tags["compared_with"]
        opponent = registry.version(beaten) if beaten else None
    identity: dict[str, Any] = {
        "champion": None,
        "obstacle": "",
        "rolled_back": registry.rolled_back(model),
        "tries": 0,
    }
    if opponent is not None:
        identity["champion"] = {name: opponent.tags[name] for name in ("candidate", "model_sha256", "lineage")}
        identity["champion"]["version"] = str(opponent.version)
        identity["obstacle"] = _fetch(registry, opponent, folder)
    judged = {model, opponent.tags["model_sha256"]} if opponent is not None else {model}
    identity["tries"] = registry.tries(split["holdout_sha256"], judged, run.info.start_time if run else None)
    known = {
        "run": run.info.run_id if run else None,
        "evaluation": run.data.tags.get("evaluation") if run else None,
        "champion": str(head.version) if head else None,
        "crowned": crowned,
        "alias": registry.alias(),
    }
    return identity, known


def _fetch(registry: Any, version: Any, folder: Path) -> str:
    """Download the champion; return why it cannot be used, empty if it can."""
    try:
        registry.download(version, ["model.skops", "card.json"], folder)
    except Exception as error:  # noqa: BLE001  # every store fails in its own way, and each means hold
        return f"the files of champion v{version.version} cannot be fetched: {str(error).splitlines()[0]}"
    if files.sha256(folder / "model.skops") != version.tags["model_sha256"]:
        return f"the model file of champion v{version.version} is not the one that was promoted: its digest differs"
    return ""


if __name__ == "__main__":
    run_stage(baseline)
