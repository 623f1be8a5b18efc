"""How the commands take it when thousands of candidates are on record: `python -m benchmarks.records [--quick]`.

The registry of a first champion is grown in its database, row by row as MLflow writes them: runs with their params, tags and
metrics, registered versions with their models, and the history of champions. Each command is then timed on both, in turns.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median

from benchmarks import speed

LIMIT = 2.0  # of the time with one version
HOLDOUTS = 200  # that so many candidates were judged on
COMMANDS = {
    "status": ["-m", "pipelines", "status"],
    "history": ["-m", "pipelines", "history"],
    "lineage": ["-m", "pipelines", "lineage"],
    "gate": ["-m", "pipelines", "gate", "--fail-on", "held"],
    "rollback": ["-m", "pipelines", "rollback", "--yes"],
    "baseline and promote of a new candidate": ["-m", "dvc", "repro", "--quiet"],
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
        for world in (few, many):
            move(few, world)
        grow(many / "mlflow.db", versions, runs)
        for world in (few, many):
            run(world, "-m", "dvc", "repro", "--quiet")  # it has seen what is on record
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
    run(world, "-m", "dvc", "repro", "--quiet")
    params = world / "params.yaml"
    params.write_text(
        params.read_text().replace("mode: superior", "mode: replace").replace("max_iter: 300", "max_iter: 200")
    )
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Another"], cwd=world, check=True)
    run(world, "-m", "dvc", "repro", "--quiet")


def move(old: Path, new: Path) -> None:
    """Let a copied project find its artifacts where they are now."""
    with sqlite3.connect(new / "mlflow.db") as database:
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location"),
                              ("logged_models", "artifact_location"), ("model_versions", "storage_location")):  # fmt: skip
            database.execute(f"update {table} set {column} = replace({column}, ?, ?)", (str(old), str(new)))


def grow(file: Path, versions: int, runs: int) -> None:
    """Put so many versions and runs on record before those that are there."""
    with sqlite3.connect(file) as database:
        champion = database.execute("select version, run_id, name from model_versions order by version desc").fetchone()
        for number in range(runs):
            _run(database, champion[1], uuid.UUID(int=number).hex, number)
        first = champion[0] + 1
        for number in range(first, first + versions):
            _version(database, champion, number, uuid.UUID(int=number).hex)
        _history(database, champion[0], first, versions)


def _run(database: sqlite3.Connection, like: str, new: str, number: int) -> None:
    for table in ("params", "tags", "latest_metrics", "metrics", "runs"):
        columns = [row[1] for row in database.execute(f"pragma table_info({table})") if row[1] != "run_uuid"]
        listed = ", ".join(columns)
        database.execute(
            f"insert into {table} (run_uuid, {listed}) select ?, {listed} from {table} where run_uuid = ?", (new, like)
        )
    for tag, value in {"candidate": new, "holdout": f"{number % HOLDOUTS:064x}"}.items():
        database.execute(
            "update tags set value = ? where run_uuid = ? and key = ?", (value, new, f"mlflow.pipeline.{tag}")
        )
    database.execute("update runs set start_time = start_time - ? where run_uuid = ?", (1000 * (number + 1), new))


def _version(database: sqlite3.Connection, like: tuple[int, str, str], number: int, run: str) -> None:
    for table in ("model_versions", "model_version_tags"):
        columns = [row[1] for row in database.execute(f"pragma table_info({table})") if row[1] != "version"]
        listed = ", ".join(columns)
        database.execute(
            f"insert into {table} (version, {listed}) select ?, {listed} from {table} where version = ?",
            (number, like[0]),
        )
    database.execute("update model_versions set run_id = ? where version = ?", (run, number))
    database.execute(
        "update model_version_tags set value = ? where version = ? and key = 'mlflow.pipeline.candidate'", (run, number)
    )


def _history(database: sqlite3.Connection, last: int, first: int, versions: int) -> None:
    """Let each of the new versions have been champion, and the one of before be it again."""
    ledger, text = database.execute(
        "select run_uuid, value from params where key glob '[0-9]*' order by key desc"
    ).fetchone()
    moved, before = json.loads(text), last
    for step, after in enumerate([*range(first, first + versions), last], start=3):
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
        subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Another seed"], cwd=world, check=True)
        run(world, "-m", "dvc", "repro", "--quiet", "train")
    start = time.perf_counter()
    run(world, *command)
    return time.perf_counter() - start


def run(world: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=world, env=os.environ, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 2):
        sys.exit(f"{arguments} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
