"""How the commands take it when thousands of candidates are on record: `python -m benchmarks.records [--quick]`.

The registry of a first champion is grown in its database, row by row as MLflow writes them: runs with their params, tags and
metrics, registered versions with their models, and the history of champions. Each command is then timed on both, in turns.
"""

import argparse
import json
import shutil
import sqlite3
import tempfile
import uuid
from pathlib import Path
from statistics import median

from benchmarks import speed
from champion.registry.addresses import follow

LIMIT = 2.0  # of the time with one version
HOLDOUTS = 200  # that so many candidates were judged on
PIPELINE, REPRO = ("python", "-m", "champion"), ["dvc", "repro", "--quiet"]
COMMANDS = {
    "status": [*PIPELINE, "status"],
    "history": [*PIPELINE, "history"],
    "lineage": [*PIPELINE, "lineage"],
    "gate": [*PIPELINE, "gate", "--fail-on", "held"],
    "rollback": [*PIPELINE, "rollback", "--yes"],
    "baseline and promote of a new candidate": REPRO,
}


def main() -> None:
    """Measure, and print a table."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.records", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a tenth of the records, one repeat")
    quick = arguments.parse_args().quick
    versions, runs, repeats = (200, 2_000, 1) if quick else (2_000, 20_000, 3)
    with tempfile.TemporaryDirectory() as temporary:
        few, many = Path(temporary) / "few", Path(temporary) / "many"
        two_champions(few)
        shutil.copytree(few, many, symlinks=True)
        follow(many / "mlflow.db", many / "mlartifacts")
        grow(many / "mlflow.db", versions, runs)
        for world in (few, many):
            speed.run(world, *REPRO)  # it has seen what is on record
        print(f"{versions:,} versions, {runs:,} runs; medians of {repeats} in turns\n")
        print("| command | seconds with 2 versions | with many | ratio (≤ 2) |\n|---|---|---|---|")
        for name, command in COMMANDS.items():
            pairs = [(seconds(few, command), seconds(many, command)) for _ in range(repeats)]
            one, all_of_them = (median(side) for side in zip(*pairs, strict=True))
            ratio = median(after / before for before, after in pairs)
            print(
                f"| {name} | {one:.1f} | {all_of_them:.1f} | {ratio:.2f}{'' if ratio <= LIMIT else ' (too slow)'} |",
                flush=True,
            )


def two_champions(world: Path) -> None:
    """Make a project with two champions."""
    speed.clone(world)
    speed.run(world, *REPRO)
    params = world / "params.yaml"
    params.write_text(
        params.read_text().replace("mode: superior", "mode: replace").replace("max_iter: 300", "max_iter: 200")
    )
    speed.run(world, "git", "commit", "--quiet", "--all", "--message", "Another")
    speed.run(world, *REPRO)


def grow(file: Path, versions: int, runs: int) -> None:
    """Put so many versions and runs on record before those that are there."""
    with sqlite3.connect(file) as database:
        last, its_run = database.execute("select version, run_id from model_versions order by version desc").fetchone()
        for number in range(runs):
            _run(database, its_run, uuid.UUID(int=number).hex, number)
        numbers = range(last + 1, last + 1 + versions)
        for number in numbers:
            _version(database, last, number, uuid.UUID(int=number).hex)
        _history(database, last, numbers)


def _copy(database: sqlite3.Connection, table: str, key: str, new: str | int, like: str | int) -> None:
    """Copy the rows of one key to another."""
    listed = ", ".join(row[1] for row in database.execute(f"pragma table_info({table})") if row[1] != key)
    database.execute(
        f"insert into {table} ({key}, {listed}) select ?, {listed} from {table} where {key} = ?", (new, like)
    )


def _run(database: sqlite3.Connection, like: str, new: str, number: int) -> None:
    for table in ("params", "tags", "latest_metrics", "metrics", "runs"):
        _copy(database, table, "run_uuid", new, like)
    for tag, value in {"candidate": new, "holdout": f"{number % HOLDOUTS:064x}"}.items():
        database.execute(
            "update tags set value = ? where run_uuid = ? and key = ?", (value, new, f"mlflow.pipeline.{tag}")
        )
    database.execute("update runs set start_time = start_time - ? where run_uuid = ?", (1000 * (number + 1), new))


def _version(database: sqlite3.Connection, like: int, number: int, run: str) -> None:
    for table in ("model_versions", "model_version_tags"):
        _copy(database, table, "version", number, like)
    database.execute("update model_versions set run_id = ? where version = ?", (run, number))
    database.execute(
        "update model_version_tags set value = ? where version = ? and key = 'mlflow.pipeline.candidate'", (run, number)
    )


def _history(database: sqlite3.Connection, last: int, numbers: range) -> None:
    """Let each of the new versions have been champion, and the one of before be it again."""
    ledger, text = database.execute(
        "select run_uuid, value from params where key glob '[0-9]*' order by key desc"
    ).fetchone()
    moved, before = json.loads(text), last
    for step, after in enumerate([*numbers, last], start=3):
        told = json.dumps({**moved, "before": str(before), "after": str(after)})
        database.execute("insert into params (run_uuid, key, value) values (?, ?, ?)", (ledger, f"{step:04}", told))
        before = after


def seconds(world: Path, command: list[str]) -> float:
    """Time a command; for a new candidate, and after a rollback, make what it needs first."""
    if "rollback" in command:
        alias = "select version from registered_model_aliases where alias = 'champion'"
        with sqlite3.connect(world / "mlflow.db") as database:
            (champion,) = database.execute(alias).fetchone()
        command = [*command, "1" if int(champion) != 1 else "2"]
    if "repro" in command:
        params = world / "params.yaml"
        text = params.read_text()
        seed = int(text.split("  seed: ")[1].split("\n")[0])
        params.write_text(text.replace(f"  seed: {seed}\n", f"  seed: {seed + 1}\n", 1))
        speed.run(world, "git", "commit", "--quiet", "--all", "--message", "Another seed")
        speed.run(world, *REPRO, "train")
    return speed.run(world, *command).seconds


if __name__ == "__main__":
    main()
