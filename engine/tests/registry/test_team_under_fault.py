"""Sixteen that promote at once on a real server with PostgreSQL, while the database is stopped and started under them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import environment_of
from servers import Server, mlflow_server, postgresql, postgresql_programs, unprivileged
from sqlalchemy import create_engine, text

from champion.registry.ledger import Ledger
from champion.registry.registry import Registry

NAME, RACERS, ROUNDS, RESTARTS = "raced", 16, 13, 4  # 208 rounds
ONCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
# Promotes its own version against whoever is champion, as often as told, and says each time what came of it.
RACER = """
import sys
from champion.core.errors import PipelineError, RegistryUnavailable
from champion.registry import tracking
from champion.registry.registry import Registry

name, number, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
for turn in range(rounds):
    try:
        with tracking.explained():
            known = Registry(name)
            champion = known.champion()
            if champion != number:
                known.set_champion(known.version(number), "promote", champion, f"{number} turn {turn}")
                print("won", turn, champion, flush=True)
    except RegistryUnavailable:
        print("unknown", turn, "", flush=True)
    except PipelineError:
        print("lost", turn, "", flush=True)
"""


@dataclass(frozen=True)
class Race:
    """What each racer said, and what the ledger has."""

    said: list[tuple[str, str, str, str]]  # racer, outcome, turn, the champion that it compared with
    ledger: Ledger
    alias: str


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    """A race on a database that is restarted under it."""
    folder = tmp_path_factory.mktemp("race")
    with (
        postgresql() as database,
        mlflow_server(folder, database, environment_of()) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("MLFLOW_TRACKING_URI", server.uri)
        with create_engine(database).connect() as connection:
            data = Path(connection.execute(text("show data_directory")).scalar_one())
        try:
            said = _raced(server, database, data)
            known = Registry(NAME)
            known.follow_ledger()
            yield Race(said, known.ledger(), str(known.alias()))
        finally:
            _control(data, "stop")  # the one that was started last is none of the fixture's


def _raced(server: Server, database: str, data: Path) -> list[tuple[str, str, str, str]]:
    known = Registry(NAME, create=True)
    experiment = known.ensure("A race")
    for number in range(RACERS):
        run = known.client.create_run(experiment)
        tags = {"model_sha256": f"{number:064x}", "candidate": f"{number:032x}"}
        known.client.create_model_version(NAME, f"runs:/{run.info.run_id}/model", run.info.run_id, tags=tags)
    environment = environment_of() | server.shared | ONCE
    running = [
        subprocess.Popen([sys.executable, "-c", RACER, NAME, str(number), str(ROUNDS)],
                         env=environment, stdout=subprocess.PIPE, text=True)
        for number in range(1, RACERS + 1)
    ]  # fmt: skip
    restarts = threading.Thread(target=_restart, args=(database, data, running))
    restarts.start()
    said = [
        (str(number), *f"{line} ".split(" ")[:3])
        for number, process in enumerate(running, start=1)
        for line in process.communicate()[0].splitlines()
    ]
    restarts.join()
    return said


def _restart(database: str, data: Path, running: list[subprocess.Popen[str]]) -> None:
    """Stop the database as a power cut does, and start it again, whenever some more have won."""
    for restarted in range(RESTARTS):
        while _moves(database) < 5 * (restarted + 1):
            if all(process.poll() is not None for process in running):
                return
            time.sleep(0.1)
        _control(data, "restart")


def _moves(database: str) -> int:
    with create_engine(database).connect() as connection:
        return int(connection.execute(text("select count(*) from params")).scalar_one())


def _control(data: Path, action: str) -> None:
    owner = {} if os.geteuid() else unprivileged()
    command = [
        postgresql_programs() / "pg_ctl",
        "-D",
        data,
        "-m",
        "immediate",
        "-w",
        "-l",
        data.parent / "again",
        action,
    ]
    subprocess.run(command, check=True, cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner)


@pytest.mark.weekly
def test_each_that_won_had_compared_with_the_champion_it_replaced(race: Race):
    """Linear: every move begins where the one before ended."""
    moves = race.ledger.moves()

    assert len(moves) > RACERS
    assert [move.before for move in moves[1:]] == [move.after for move in moves[:-1]]
    won = {(racer, turn): champion for racer, outcome, turn, champion in race.said if outcome == "won"}
    told = {(move.after, move.why.split()[-1]): str(move.before) for move in moves}
    assert all(told[each] == champion for each, champion in won.items())


@pytest.mark.weekly
def test_the_history_has_each_that_won_and_none_that_lost(race: Race):
    """Who was cut off does not know, and looks again: the ledger tells."""
    moves = [(move.after, move.why.split()[-1]) for move in race.ledger.moves()]
    by = {
        outcome: {(racer, turn) for racer, said, turn, _ in race.said if said == outcome}
        for outcome in ("won", "lost", "unknown")
    }

    assert len(moves) == len(set(moves))
    assert by["won"] <= set(moves)
    assert not by["lost"] & set(moves)
    assert set(moves) - by["won"] <= by["unknown"]
    assert race.alias == moves[-1][0]
