"""A server that asks for names, as a team has one: who may only read decides, and does not promote."""

from collections.abc import Iterator

import pytest
import requests
from conftest import World, environment_of
from servers import Server, mlflow_server

ADMIN, READER = ("admin", "a-password-of-the-admin"), ("reader", "a-password-of-the-reader")
SETTINGS = """[mlflow]
default_permission = READ
database_uri = sqlite:///{folder}/names.db
admin_username = {admin[0]}
admin_password = {admin[1]}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """MLflow with its own accounts: an admin, and one who may read."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "names.ini").write_text(SETTINGS.format(folder=folder, admin=ADMIN))
    settings = {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "names.ini"), "MLFLOW_FLASK_SERVER_SECRET_KEY": "for forms"}
    database = f"sqlite:///{folder}/shared.db"
    with mlflow_server(folder, database, environment_of() | settings, "--app-name", "basic-auth") as server:
        name, password = READER
        asked = {"username": name, "password": password}
        requests.post(
            f"{server.uri}/api/2.0/mlflow/users/create", json=asked, auth=ADMIN, timeout=60
        ).raise_for_status()
        yield server


def seen_by(server: Server, who: tuple[str, str]) -> dict[str, str]:
    return {**server.shared, "MLFLOW_TRACKING_USERNAME": who[0], "MLFLOW_TRACKING_PASSWORD": who[1]}


@pytest.mark.weekly
def test_a_reader_decides_and_does_not_promote(world: World, guarded: Server):
    """As the jobs Model and Promote do, had Promote the other job's account; nothing is left behind."""
    reader, writer = seen_by(guarded, READER), seen_by(guarded, ADMIN)
    world.pipeline("champion-from", "nobody", **writer)
    assert "v1 is champion" in world.repro(**writer)
    world.set(train__max_leaf_nodes=63)
    world.commit("Larger trees")

    assert "evaluate: promote" in world.run("make", "--silent", "model", **reader).stdout
    refused = world.run("make", "--silent", "promote", check=False, **reader)

    assert refused.returncode != 0
    assert "403" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert world.pipeline("history", **reader).stdout.count("→") == 1


def test_the_doctor_asks_without_a_name(world: World, guarded: Server):
    """A name in the environment proves nothing: the question is whether the server answers those who give none."""
    doctor = world.pipeline("doctor", **seen_by(guarded, READER)).stdout
    assert "ok       MLflow answers" in doctor
    assert "ok       MLflow asks who is there" in doctor

    wrong = world.pipeline("doctor", **seen_by(guarded, ("reader", "a guess"))).stdout
    assert "MISSING  MLflow answers: start it, or mend the address, or name and password" in wrong
    assert "asks who is there" not in wrong
