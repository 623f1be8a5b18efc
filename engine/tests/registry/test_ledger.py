"""Whoever writes move n + 1 first has moved the champion; all others know that they have not."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from conftest import Server, environment_of

from champion.registry.ledger import Ledger

RACERS, ROUNDS = 4, 40
# Appends its move whenever told how many moves there are.
RACER = """
import sys
from mlflow import MlflowClient
from champion.core.errors import PipelineError
from champion.registry.ledger import Ledger, Move

uri, run_id, name = sys.argv[1:]
ledger = Ledger(MlflowClient(uri), run_id)
for line in sys.stdin:
    known = int(line)
    move = Move(
        action="promote", before=str(known), after=f"{known + 1}", model_sha256="", left_sha256=None, who=name,
        when="", why="", run_url="",
    )
    try:
        ledger.append(known, move)
    except PipelineError as error:
        print("lost:", error, flush=True)
    else:
        print("won", flush=True)
"""


@pytest.fixture
def ledger(server: Server) -> Ledger:
    """An empty ledger."""
    client = server.client()
    return Ledger(client, client.create_run(client.create_experiment("race")).info.run_id)


@pytest.fixture
def racers(server: Server, ledger: Ledger) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that append to the same ledger."""
    environment = environment_of()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, server.uri, ledger.run_id, f"racer {number}"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(RACERS)
    ]  # fmt: skip
    yield running
    for process in running:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@pytest.mark.slow
def test_of_many_that_append_at_once_one_wins(ledger: Ledger, racers: list[subprocess.Popen[str]]):
    """Every round, with whatever database behind the server; the others learn who did."""
    winners = []
    for known in range(ROUNDS):
        for process in racers:
            process.stdin.write(f"{known}\n")
            process.stdin.flush()
        said = [process.stdout.readline().strip() for process in racers]

        assert Counter(said)["won"] == 1, said
        winners.append(f"racer {said.index('won')}")
        lost = f"lost: champion is now v{known + 1}: {winners[-1]} was faster, see `pipeline history`. Run `dvc repro` to compare a candidate with it."
        assert said.count(lost) == RACERS - 1, said

    assert [move.who for move in ledger.moves()] == winners
